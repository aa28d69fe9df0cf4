"""The dimensions by which rules are narrowed down, the cheapest and most selective first."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable
from operator import itemgetter
from typing import Any

from msgspec import UNSET

from s3watch.detection.catalogue import Labels
from s3watch.detection.conditions import WHOLE_RECORD, fields_of, leaves
from s3watch.detection.field_values import fold
from s3watch.detection.index.classes import (
    NO_FIELDS,
    OF_ADDRESS,
    OF_CALLER,
    OF_CLIENT,
    Dimension,
    Preview,
)
from s3watch.facts.access import Access
from s3watch.facts.authentication import read_tls
from s3watch.facts.expectations import recall_verdict
from s3watch.facts.fields import REQUEST_MEMBERS
from s3watch.facts.identity import identify
from s3watch.facts.requests import parameter_names
from s3watch.facts.requests.parameter_names import find_undetermined, read_names
from s3watch.facts.resources import find_bucket_account, read_resources
from s3watch.ruleset import Condition, Detection
from s3watch.sources.cloudtrail import MAYBE_ABSENT, Record

_RAW_BUCKET = "requestParameters.bucketName"


def _name_bucket(access: Access) -> str | None:
    return access.record.request.bucket if access.record.request else None


BUCKET = Dimension(
    name="bucket",
    key=lambda access: (_name_bucket(access), access.bucket),
    determines=frozenset({"s3.bucket", "s3.bucket_labels", "s3.log_bucket", _RAW_BUCKET}),
    indexed=frozenset({"s3.bucket", _RAW_BUCKET}),
    texts=lambda access: {fold(_name_bucket(access) or ""), fold(access.bucket or "")},
)


def _undetermined_by_signing(access: Access) -> frozenset[str]:
    """Return the fields that the signing method does not determine: presigned URLs need a closer look."""
    if not access.additional.authentication:
        return _SIGNING_FIELDS
    return frozenset({"s3.presigned"}) if access.auth == "query" else NO_FIELDS


_SIGNING_FIELDS = frozenset({"s3.auth", "s3.presigned"})

EVENT = Dimension(
    name="event",
    key=lambda access: (
        access.record.event_name,
        access.record.error_code,
        access.record.error_message is UNSET,
        access.record.event_source,
        access.record.event_type,
        access.record.additional
        and (access.record.additional.signature, access.record.additional.authentication),
        access.operation,
        access.scope,
    ),
    determines=_SIGNING_FIELDS
    | {
        "eventName",
        "eventSource",
        "eventType",
        "errorCode",
        "s3.operation",
        "s3.scope",
        "s3.outcome",
        "s3.signature",
    },
    undetermined=_undetermined_by_signing,
    tells_absent=frozenset(MAYBE_ABSENT),
    indexed=frozenset({"eventName"}),
    texts=lambda access: (fold(access.record.event_name),),
)


def label_key(detections: Iterable[Detection], labels: Labels) -> Callable[[Labels], Hashable]:
    """Return what sets of a catalogue's labels are told apart by.

    It is whether there are any, unless a rule asks for their names, or for decoys and some are.
    """
    every = [leaf for each in detections for leaf in leaves(each.condition) if leaf.op != "exists"]
    asked = {"s3.label", "s3.decoy"} if any(label.is_decoy for label in labels) else {"s3.label"}
    apart = any(not asked.isdisjoint(fields_of(leaf)) for leaf in every)
    return id if apart else bool  # equal sets of labels are the same tuple


def of_bucket(_labels: Labels) -> Hashable:
    """Return what stands for the labels of an access to a bucket itself: it has none, but may be expected."""
    return "of the bucket"


def _labels(detections: Iterable[Detection], labels: Labels) -> Dimension:
    key = label_key(detections, labels)
    return Dimension(
        name="labels",
        key=lambda access: (of_bucket if access.scope == "bucket" else key)(access.labels),
        determines=frozenset({"s3.label", "s3.decoy", "s3.expected"}),
        undetermined=lambda access: (
            frozenset({"s3.expected"}) if access.labels or access.scope == "bucket" else NO_FIELDS
        ),
        max_values=1_000_000,  # only integers, and no more than the catalogue has sets
    )


def _recall_expected(preview: Preview) -> bool | None:
    record, _, bucket, operation, labels, _, _, identity = preview
    if not labels:
        return None
    home = find_bucket_account(read_resources(record.resources), bucket) or record.recipient
    principal = identify(identity, home).principal
    return recall_verdict(labels, principal, operation, record.vpc_endpoint or None)


EXPECTED = Dimension(
    name="expected",
    key=lambda access: access.expected,
    determines=frozenset({"s3.expected"}),
    read_preview=_recall_expected,
)

ADDRESS = Dimension(
    name="address",
    key=lambda access: access.record.source_ip,
    determines=frozenset({"sourceIPAddress", "s3.ip"}),
    read_preview=itemgetter(OF_ADDRESS),
)

TLS = Dimension(
    name="TLS",
    key=lambda access: bytes(access.record.tls),
    determines=frozenset({"tlsDetails", "s3.tls"}),
    undetermined=lambda access: NO_FIELDS if read_tls(access.record.tls) else frozenset({"s3.tls"}),
    read_preview=lambda preview: bytes(preview[0].tls),
)

CLIENT = Dimension(
    name="client",
    key=lambda access: access.record.user_agent,
    determines=frozenset({"userAgent", "s3.client"}),
    read_preview=itemgetter(OF_CLIENT),
)

# Facts that depend on whether a service or another account through it called
_BY_SERVICE = frozenset({"s3.principal_type", "s3.caller_account"})


def _find_kind(record: Record) -> Hashable:
    """Return what facts say of a caller and all its sessions; None if more than its identity counts."""
    caller = identify(bytes(record.identity), record.recipient)
    may_be_service = caller.type in ("service", "account", "unknown")
    return None if may_be_service else (caller.type, caller.account, caller.mfa, caller.service)


def _undetermined_by_identity(access: Access) -> frozenset[str]:
    raw = bytes(access.record.identity)
    may_name_service = b'"invokedBy"' in raw or b"\\" in raw  # which could be in the name
    return _BY_SERVICE if may_name_service and _find_kind(access.record) is None else NO_FIELDS


CALLER = Dimension(  # determines no principal names: they depend on the bucket's account
    name="caller",
    key=lambda access: bytes(access.record.identity),
    determines=_BY_SERVICE | {"userIdentity", "s3.mfa", "s3.calling_service"},
    undetermined=_undetermined_by_identity,
    read_preview=itemgetter(OF_CALLER),
)


def _caller(every: Collection[Condition]) -> Dimension:
    """Return the dimension of the caller; if no rule reads the identity itself, facts tell callers apart."""
    read = {field.partition(".")[0] for leaf in every for field in fields_of(leaf)}
    return CALLER if "userIdentity" in read else CALLER._replace(find_kind=_find_kind)


AT_EVENT, AT_LABELS = 1, 2  # indexes into the tuple that make() returns


def make(detections: Collection[Detection], labels: Labels) -> tuple[Dimension, ...]:
    """Return the dimensions that can narrow these detections down, with the labels of the catalogue."""
    every = [leaf for each in detections for leaf in leaves(each.condition)]
    words = {value for leaf in every if leaf.op == "keyword" for value in leaf.values}
    parameters = {field for leaf in every for field in fields_of(leaf) if _follows_from_names(field)}
    optional = ([_parameters(parameters)] if parameters else []) + ([_keywords(words)] if words else [])
    told = _labels(detections, labels)
    return (BUCKET, EVENT, told, EXPECTED, ADDRESS, TLS, CLIENT, _caller(every), *optional)


def _follows_from_names(field: str) -> bool:
    is_parameter = field.startswith(f"{parameter_names.PARAMETERS}.") and field not in REQUEST_MEMBERS
    return is_parameter or field in parameter_names.FACTS


def _parameters(fields: Collection[str]) -> Dimension:
    """Return the dimension of a request's parameters by name: what none of them names has no value."""
    return Dimension(
        name="parameters",
        key=lambda access: read_names(access.raw),
        determines=frozenset(fields),
        undetermined=lambda access: find_undetermined(read_names(access.raw), fields),
        read_preview=lambda preview: read_names(preview[1]),
        tells_absent=frozenset(fields),
    )


def _keywords(words: Collection[str]) -> Dimension:
    """Return the dimension of whether a record may contain any keyword, found in one pass over its bytes."""
    may_hold = _screen(words)
    return Dimension(
        name="keywords",
        key=lambda access: may_hold(bytes(access.raw)),
        determines=frozenset({WHOLE_RECORD}),
        undetermined=lambda access: frozenset({WHOLE_RECORD}) if may_hold(bytes(access.raw)) else NO_FIELDS,
        read_preview=lambda preview: may_hold(bytes(preview[1])),
    )


def _screen(values: Collection[str]) -> Callable[[bytes], bool]:
    """Compile a test of a record's bytes that is never False if the record contains any of the values.

    Plain words are in the bytes as they are in the record, unless there are escapes, or non-ASCII letters
    whose lower case is ASCII (the Kelvin sign). Words with JSON punctuation could be split by white space.
    """
    if not all(
        value.isascii() and set(value).isdisjoint('"\\{}[]:,') and value == value.strip() for value in values
    ):
        return lambda _: True
    import re2  # noqa: PLC0415  # adds 10 ms to a cold start, and few rule sets need it

    options: Any = re2.Options()
    options.never_capture = True
    pattern = re2.compile("|".join(re2.escape(value.lower()) for value in values), options)
    return lambda raw: not raw.isascii() or b"\\" in raw or pattern.search(raw.lower()) is not None

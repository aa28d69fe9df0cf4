"""What accesses have in common: dimensions by which rules are narrowed, cheapest and most telling first."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any

from s3watch.detection.conditions import WHOLE, leaves
from s3watch.detection.field_values import fold
from s3watch.detection.index.classes import NOTHING, Dimension, Glimpse
from s3watch.facts.access import Access
from s3watch.facts.expectations import recall_verdict
from s3watch.facts.identity import identify
from s3watch.facts.resources import find_bucket_account, read_resources
from s3watch.ruleset import Detection

_RAW_BUCKET = "requestParameters.bucketName"


def _name_bucket(access: Access) -> str | None:
    return access.record.request.bucket if access.record.request else None


BUCKET = Dimension(
    name="bucket",
    key=lambda access: (_name_bucket(access), access.bucket),
    settles=frozenset({"s3.bucket", "s3.bucket_labels", _RAW_BUCKET}),
    indexed=frozenset({"s3.bucket", _RAW_BUCKET}),
    texts=lambda access: {fold(_name_bucket(access) or ""), fold(access.bucket or "")},
)


def _leaves_open(access: Access) -> frozenset[str]:
    """Name what the signing does not settle: links need a second look, older records say little."""
    method = access.record.additional and access.record.additional.authentication
    if not method:
        return _HOW
    return frozenset({"s3.presigned"}) if method == "QueryString" else NOTHING


_HOW = frozenset({"s3.auth", "s3.presigned"})

EVENT = Dimension(
    name="event",
    key=lambda access: (
        access.record.event_name,
        access.record.error_code,
        access.record.event_source,
        access.record.event_type,
        access.record.additional
        and (access.record.additional.signature, access.record.additional.authentication),
        access.operation,
        access.scope,
    ),
    settles=_HOW
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
    unsure=_leaves_open,
    indexed=frozenset({"eventName"}),
    texts=lambda access: (fold(access.record.event_name),),
)

LABELS = Dimension(  # equal sets of labels are one tuple
    name="labels",
    key=lambda access: id(access.labels),
    settles=frozenset({"s3.label", "s3.expected"}),
    unsure=lambda access: frozenset({"s3.expected"}) if access.labels else NOTHING,
    most=1_000_000,  # numbers only, and no more than the catalogue makes
)


def _recall_expected(seen: Glimpse) -> bool:
    record, _, bucket, operation, labels = seen
    home = find_bucket_account(read_resources(record.resources), bucket) or record.recipient
    principal = identify(bytes(record.identity), home).principal
    return recall_verdict(labels, principal, operation, record.vpc_endpoint or None)


EXPECTED = Dimension(
    name="expected",
    key=lambda access: access.expected,
    settles=frozenset({"s3.expected"}),
    read=_recall_expected,
)

CLIENT = Dimension(
    name="client",
    key=lambda access: access.record.user_agent,
    settles=frozenset({"userAgent", "s3.client"}),
    read=lambda seen: seen[0].user_agent,
)

_BY_SERVICE = frozenset(
    {"s3.principal_type", "s3.caller_account"}
)  # a service, or another account by way of one

CALLER = Dimension(  # but not what it is called: that depends on whose the bucket is
    name="caller",
    key=lambda access: bytes(access.record.identity),
    settles=_BY_SERVICE | {"userIdentity", "s3.mfa"},
    unsure=lambda access: _BY_SERVICE if b'"invokedBy"' in bytes(access.record.identity) else NOTHING,
    read=lambda seen: bytes(seen[0].identity),
)

AT_EVENT, AT_LABELS = 1, 2  # places in what make() gives


def make(detections: Iterable[Detection]) -> tuple[Dimension, ...]:
    """Give the dimensions to narrow these detections by."""
    every = [leaf for each in detections for leaf in leaves(each.condition)]
    words = {value for leaf in every if leaf.op == "keyword" for value in leaf.values}
    return (BUCKET, EVENT, LABELS, EXPECTED, CLIENT, CALLER, *([_keywords(words)] if words else []))


def _keywords(words: Collection[str]) -> Dimension:
    """Make the dimension of whether a record may hold any keyword at all, in one pass over its bytes."""
    may_hold = _screen(words)
    return Dimension(
        name="keywords",
        key=lambda access: may_hold(bytes(access.raw)),
        settles=frozenset({WHOLE}),
        unsure=lambda access: frozenset({WHOLE}) if may_hold(bytes(access.raw)) else NOTHING,
        read=lambda seen: may_hold(bytes(seen[1])),
    )


def _screen(values: Collection[str]) -> Callable[[bytes], bool]:
    """Make a test that is never False where any of the values stands in the record.

    Plain words stand in the bytes as they stand in the record, unless these hold escapes or letters whose
    lower case is ASCII though they are not (the Kelvin sign). A word with punctuation could be torn apart
    by white space.
    """
    if not all(
        value.isascii() and set(value).isdisjoint('"\\{}[]:,') and value == value.strip() for value in values
    ):
        return lambda _: True
    import re2  # noqa: PLC0415  # costs a cold start 10 ms, and few rule sets need it

    options: Any = re2.Options()
    options.never_capture = True
    pattern = re2.compile("|".join(re2.escape(value.lower()) for value in values), options)
    return lambda raw: not raw.isascii() or b"\\" in raw or pattern.search(raw.lower()) is not None

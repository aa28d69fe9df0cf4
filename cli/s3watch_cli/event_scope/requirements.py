"""What a record of a plain call must say so that a detection could match it.

A plain call names its bucket itself, and its key unless it is a listing, so that what the matcher knows
follows from members that an event pattern can test. It is one of the events of which there are many.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import product
from types import SimpleNamespace
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace
from s3watch.detection import conditions
from s3watch.detection.answerable import find_answerable, is_supported
from s3watch.detection.catalogue import Catalogue
from s3watch.facts.access import Access
from s3watch.facts.extraction import extract
from s3watch.facts.identity import SSO_ROLE
from s3watch.facts.requests import parameter_names
from s3watch.globs import compile_glob, is_literal, unescape
from s3watch.ruleset import Condition, Label, Patterns, Ruleset
from s3watch.sources.cloudtrail import decode

from s3watch_cli.event_scope.clauses import (
    ABSENT,
    ALWAYS,
    NO_TEXT,
    PRESENT,
    Clauses,
    Leaf,
    both,
    either,
    is_none,
    where,
)
from s3watch_cli.event_scope.parameters import Home, encrypting_elsewhere, granting
from s3watch_cli.event_scope.texts import escape, leaves_of_condition, leaves_of_keys

SOURCE = "s3.amazonaws.com"
NAME, KEY, ERROR = "eventName", "requestParameters.key", "errorCode"
ROLE_NAME = "userIdentity.sessionContext.sessionIssuer.userName"
_ROLE = "role/"
_NO_ROLES = "AWSService", "FederatedUser", "IAMUser", "Root"  # types of callers that are never named as one
_OUTCOMES = ("success", "denied", "missing", "failed")
# What is the same for all plain calls of one event on one bucket. Only the functions know s3.log_bucket.
_BY_EVENT = frozenset(
    {
        "eventName", "eventSource", "s3.operation", "s3.scope", "s3.feed",
        "s3.bucket", "s3.bucket_labels", "requestParameters.bucketName",
    }
)  # fmt: skip
_KEYS = frozenset({"s3.key", KEY})
_SETTINGS = parameter_names.FACTS
_HEADERS = "requestParameters.x-amz-"  # whose values are text, so that one that is there is a leaf


class Calls(NamedTuple):
    """A kind of plain call: its events, and the request parameters of an example besides the bucket."""

    names: tuple[str, ...]
    example: dict[str, str]


# Not DeleteObject: where S3's own events arrive too, its record tells who made the delete that they report
ON_OBJECTS = Calls(
    (
        "GetObject", "HeadObject", "GetObjectAttributes", "GetObjectTagging", "ListParts",
        "PutObject", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload",
    ),
    {"key": "key"},
)  # fmt: skip
# Of any prefix: `$or` may not name `requestParameters.prefix`, because of the operator of that name. See
# RESERVED_FIELD_NAMES_IN_OR_RELATIONSHIP in https://github.com/aws/event-ruler
LISTINGS = Calls(("ListObjects", "ListObjectsV2", "ListObjectVersions"), {})
PLAIN_CALLS = (ON_OBJECTS, LISTINGS)


class Requirements:
    """Derives clauses of which each plain call on one bucket that a detection could match makes one true."""

    def __init__(self, ruleset: Ruleset, bucket: str, calls: Calls, home: Home, *, callers: bool) -> None:
        """Prepare for a bucket; `callers` leaves out expected callers, too, and not only objects."""
        self._ruleset, self._bucket, self._calls, self._home = ruleset, bucket, calls, home
        self._callers = callers

    def clauses(self) -> Clauses:
        """Return the clauses of all detections together."""
        names = where(NAME, (Leaf("is", name) for name in self._calls.names))
        asked = find_answerable(self._ruleset)
        detections = (each for each in asked if is_supported(each, "cloudtrail"))
        wanted = (self._require(each.condition) for each in detections)
        return either(clause for some in wanted for clause in both(some, names))

    def _require(self, condition: Condition, *, holds: bool = True) -> Clauses:
        """Return what follows from a condition that holds, or that does not."""
        if condition.op == "not":
            return self._require(condition.of[0], holds=not holds)
        if condition.op not in conditions.LOGICAL:
            return self._of_leaf(condition, holds=holds)
        parts = [self._require(part, holds=holds) for part in condition.of]
        if (condition.op == "and") is not holds:
            return either(clause for part in parts for clause in part)
        found: Clauses = (ALWAYS,)
        for part in parts:
            found = both(found, part)
        return found

    def _of_leaf(self, leaf: Condition, *, holds: bool) -> Clauses:
        if self._is_by_event(leaf):
            test = conditions.compile(leaf)
            names = (name for name, access in self._examples.items() if test(access) is holds)
            return where(NAME, (Leaf("is", name) for name in names))
        if not holds:
            return (ALWAYS,)
        by_catalogue = {
            "s3.label": self._of_label,
            "s3.expected": self._of_expected,
            "s3.decoy": self._of_decoy,
        }
        match leaf.field:
            case field if field in by_catalogue:
                return by_catalogue[field](leaf)
            case field if field in _KEYS:
                return _of_text(KEY, leaf) if self._calls is ON_OBJECTS else (ALWAYS,)
            case "s3.outcome":
                return _of_outcome(leaf)
            case "s3.principal" if leaf.op == "prefix":
                return _of_role(leaf)
            case field if field in _SETTINGS:
                return self._of_setting(leaf)
        return _of_detail(leaf)

    def _of_setting(self, leaf: Condition) -> Clauses:
        """Return which parameters a call must have to meet a condition on what it sets, if others do not."""
        if leaf.op.startswith("same") or any(map(conditions.compile(leaf), self._examples.values())):
            return (ALWAYS,)
        return encrypting_elsewhere(self._home) if leaf.field == "s3.kms_accounts" else granting()

    def _is_by_event(self, leaf: Condition) -> bool:
        """Return whether a condition has the same answer for all plain calls of one event on one bucket."""
        named = {"requestParameters", *(_KEYS if self._calls is ON_OBJECTS else ())}
        if leaf.op in ("null", "exists", "empty") and leaf.field in named:
            return True
        return _BY_EVENT.issuperset(conditions.fields_of(leaf))

    def _of_label(self, leaf: Condition) -> Clauses:
        if leaf.op == "exists" and leaf.values == ("true",):
            return self._labelled(self._labels)
        if leaf.op not in ("eq", "prefix", "suffix", "contains", "glob", "re"):
            return (ALWAYS,)
        test = conditions.text_test(leaf)
        return self._labelled(index for index in self._labels if test(self._ruleset.labels[index].name))

    def _of_expected(self, leaf: Condition) -> Clauses:
        """Return which objects, and whose calls, the catalogue says about what a condition asks for."""
        if leaf.op.startswith("same"):
            return (ALWAYS,)
        test = conditions.compile(leaf)
        said = {value for value in (True, False, None) if _accepts(test, expected=value)}
        if None in said:
            return (ALWAYS,)
        if said == {False} and self._callers:
            return self._unexpected
        return self._labelled(self._labels) if said else ()

    def _of_decoy(self, leaf: Condition) -> Clauses:
        """Return which keys are decoys, if a condition asks for them; any listing could name one."""
        if leaf.op.startswith("same"):
            return (ALWAYS,)
        test = conditions.compile(leaf)
        if _accepts(test, decoy=False):
            return (ALWAYS,)
        decoys = (index for index in self._labels if self._ruleset.labels[index].is_decoy)
        return self._labelled(decoys if _accepts(test, decoy=True) else ())

    def _labelled(self, labels: Iterable[int]) -> Clauses:
        """Return which keys have one of some labels; of listings nothing but that there are labels."""
        patterns = [pattern for label in labels for pattern in self._labels[label]]
        leaves = leaves_of_keys(patterns) if self._calls is ON_OBJECTS else None
        return where(KEY, leaves or ()) if leaves is not None or not patterns else (ALWAYS,)

    @cached_property
    def _unexpected(self) -> Clauses:
        """The calls that some label does not expect: of each event, on the labels that expect the same."""
        alike = defaultdict[tuple[str, frozenset[str]], list[int]](list)
        for name, label in product(self._calls.names, self._labels):
            operation = self._examples[name].operation
            alike[name, expected_callers(self._ruleset.labels[label], operation)].append(label)
        return either(
            clause
            for (name, callers), labels in alike.items()
            for clause in both(self._labelled(labels), where(NAME, [Leaf("is", name)], callers))
        )

    @cached_property
    def _labels(self) -> dict[int, list[str]]:
        """The labels that objects of the bucket may have, as indexes, each with its patterns over keys."""
        found = defaultdict[int, list[str]](list)
        for each in self._ruleset.patterns:
            if each.bucket == self._bucket:
                for pattern, label in _patterns(each):
                    found[label].append(pattern)
        for pattern, label in self._ruleset.wild:
            name, _, key = pattern.removeprefix("s3://").partition("/")
            if compile_glob(name)(self._bucket):
                found[label].append(key or "*")
        return dict(sorted(found.items()))

    @cached_property
    def _examples(self) -> dict[str, Access]:
        """An access by each event, by which conditions are tested that are about nothing else."""
        return {name: self._example(name) for name in self._calls.names}

    def _example(self, name: str) -> Access:
        request = {"bucketName": self._bucket, **self._calls.example}
        raw = msgspec.json.encode({"eventSource": SOURCE, "eventName": name, "requestParameters": request})
        (access,) = extract(decode(raw), raw)
        Catalogue(self._ruleset).label(access)
        return access


def _patterns(entries: Patterns) -> Iterator[tuple[str, int]]:
    """Yield all entries of a bucket as patterns over keys, each with its label."""
    yield from ((escape(key), label) for key, label in entries.exact)
    yield from ((f"{escape(prefix)}*", label) for prefix, label in entries.prefixes)
    yield from entries.globs


def _accepts(test: conditions.Test, **facts: Any) -> bool:
    known: Any = SimpleNamespace(**facts)
    return test(known)


def expected_callers(label: Label, operation: str) -> frozenset[str]:
    """Return the roles and users that a label expects to do something from anywhere, as far as names tell.

    A role named like those of Identity Center is not among them: its path decides whether it is one of these.
    """
    return frozenset(
        unescape(principal)
        for expected in label.expected
        if not expected.networks and (not expected.operations or operation in expected.operations)
        for principal in expected.principals
        if is_literal(principal) and _is_named(unescape(principal))
    )


def _is_named(principal: str) -> bool:
    kind, _, name = principal.partition("/")
    return kind in ("role", "user") and bool(name) and "/" not in name and not _is_like_sso(name)


def _is_like_sso(name: str) -> bool:
    return name.lower().startswith(SSO_ROLE.lower())


def _of_text(path: str, leaf: Condition) -> Clauses:
    leaves = leaves_of_condition(leaf)
    return (ALWAYS,) if leaves is None else where(path, leaves)


def _of_role(leaf: Condition) -> Clauses:
    """Return how the name of a session's role begins, or that only the session's ARN could have it."""
    if not all(value.lower().startswith(_ROLE) and value.lower() != _ROLE for value in leaf.values):
        return (ALWAYS,)
    named = leaves_of_condition(replace(leaf, values=tuple(each[len(_ROLE) :] for each in leaf.values)))
    unnamed = both(where(ROLE_NAME, NO_TEXT), where("userIdentity.type", is_none(*_NO_ROLES)))
    return (ALWAYS,) if named is None else either((*where(ROLE_NAME, named), *unnamed))


def _of_outcome(leaf: Condition) -> Clauses:
    if leaf.op.startswith("same"):
        return (ALWAYS,)
    test = conditions.compile(leaf)
    said = {outcome for outcome in _OUTCOMES if _accepts(test, outcome=outcome)}
    if said == {"success"}:
        return where(ERROR, NO_TEXT)
    return (ALWAYS,) if "success" in said else where(ERROR, [PRESENT] if said else [])


def _of_detail(leaf: Condition) -> Clauses:
    """Return what a condition on one member of the record implies, where that has one form only."""
    if leaf.field == "errorCode":
        return _of_text(ERROR, leaf)
    if leaf.field == "s3.signature":
        return _of_text("additionalEventData.SignatureVersion", leaf)
    if leaf.field == "s3.tls" and leaf.op == "eq" and leaf.values == ("none",):
        return where("additionalEventData.CipherSuite", (ABSENT, Leaf("is", None)))
    is_header = leaf.field.startswith(_HEADERS) and "." not in leaf.field.removeprefix(_HEADERS)
    says_nothing = (
        leaf.op == "null" or leaf.op.startswith("same") or (leaf.op == "exists" and "false" in leaf.values)
    )
    return where(leaf.field, [PRESENT]) if is_header and not says_nothing else (ALWAYS,)

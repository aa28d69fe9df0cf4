"""What a record of a plain call on an object must say so that a detection could match it.

A plain call names its bucket and its key itself, so that everything the matcher knows follows from members
that an event pattern can test. It is one of the events of which there are many; all others are passed on.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from types import SimpleNamespace
from typing import Any

import msgspec
from s3watch.detection import conditions
from s3watch.detection.catalogue import Catalogue
from s3watch.detection.matcher import is_supported
from s3watch.facts.access import Access
from s3watch.facts.extraction import extract
from s3watch.facts.identity import SSO_ROLE
from s3watch.facts.operations import classify_event
from s3watch.globs import compile_glob, is_literal, unescape
from s3watch.ruleset import Condition, Label, Ruleset
from s3watch.sources.cloudtrail import decode

from s3watch_cli.event_scope.clauses import (
    ABSENT,
    ALWAYS,
    NO_TEXT,
    PRESENT,
    Clause,
    Clauses,
    Leaf,
    both,
    either,
    where,
)
from s3watch_cli.event_scope.texts import leaves_of_condition, leaves_of_keys

# Not DeleteObject: where S3's own events arrive too, its record tells who made the delete that they report
PLAIN_EVENTS = (
    "GetObject", "HeadObject", "GetObjectAttributes", "GetObjectTagging", "ListParts",
    "PutObject", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload",
)  # fmt: skip
SOURCE = "s3.amazonaws.com"
NAME, KEY, ERROR = "eventName", "requestParameters.key", "errorCode"
_OUTCOMES = ("success", "denied", "missing", "failed")
# What is the same for all plain calls of one event on one bucket. Only the functions know s3.log_bucket.
_BY_EVENT = frozenset(
    {
        "eventName", "eventSource", "s3.operation", "s3.scope", "s3.feed",
        "s3.bucket", "s3.bucket_labels", "requestParameters.bucketName",
    }
)  # fmt: skip
_PRESENT = frozenset({"s3.key", "requestParameters", "requestParameters.key"})  # and not empty
_HEADERS = "requestParameters.x-amz-"  # whose values are text, so that one that is there is a leaf


class Requirements:
    """The clauses that imply no plain call on one bucket which some detection could match is left out."""

    def __init__(self, ruleset: Ruleset, bucket: str, *, callers: bool) -> None:
        """Prepare for a bucket; `callers` leaves out expected callers, too, and not only keys."""
        self._ruleset, self._bucket, self._callers = ruleset, bucket, callers
        self._patterns = [each for each in ruleset.patterns if each.bucket == bucket]
        self._wild = [
            (key or "*", label)
            for pattern, label in ruleset.wild
            for name, _, key in [pattern.removeprefix("s3://").partition("/")]
            if compile_glob(name)(bucket)
        ]

    def clauses(self) -> Clauses:
        """Return the clauses of all detections together."""
        detections = [each for each in self._ruleset.detections if is_supported(each, "cloudtrail")]
        return either(
            clause for each in detections for clause in both(self._require(each.condition), self._events())
        )

    def _events(self) -> Clauses:
        return where(NAME, (Leaf("is", name) for name in PLAIN_EVENTS))

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
        if _is_by_event(leaf):
            test = conditions.compile(leaf)
            names = (name for name, access in self._examples.items() if test(access) is holds)
            return where(NAME, (Leaf("is", name) for name in names))
        if not holds:
            return (ALWAYS,)
        match leaf.field:
            case "s3.label":
                return self._of_label(leaf)
            case "s3.expected":
                return self._of_expected(leaf)
            case "s3.key" | "requestParameters.key":
                return _of_text(KEY, leaf)
            case "s3.outcome" if self._callers:
                return _of_outcome(leaf)
        return _of_detail(leaf) if self._callers else (ALWAYS,)

    def _of_label(self, leaf: Condition) -> Clauses:
        if leaf.op == "exists" and leaf.values == ("true",):
            return self._labelled(self._labels)
        if leaf.op not in ("eq", "prefix", "suffix", "contains", "glob", "re"):
            return (ALWAYS,)
        test = conditions.text_test(leaf)
        return self._labelled(index for index in self._labels if test(self._ruleset.labels[index].name))

    def _of_expected(self, leaf: Condition) -> Clauses:
        """Return which keys, and of whose calls, the catalogue says what a condition asks for."""
        if leaf.op.startswith("same"):
            return (ALWAYS,)
        test = conditions.compile(leaf)
        said = {value for value in (True, False, None) if _accepts(test, expected=value)}
        if None in said:
            return (ALWAYS,)
        if said == {False} and self._callers:
            return either(
                clause
                for index in self._labels
                for clause in both(self._labelled([index]), self._unexpected(index))
            )
        return self._labelled(self._labels) if said else ()

    def _labelled(self, labels: Iterable[int]) -> Clauses:
        found: list[Clause] = []
        for label in labels:
            keys = leaves_of_keys(self._patterns, (key for key, index in self._wild if index == label), label)
            found += (ALWAYS,) if keys is None else where(KEY, keys)
        return either(found)

    def _unexpected(self, label: int) -> Clauses:
        """Return for each event whose calls the label does not expect."""
        return either(
            Clause(
                {NAME: frozenset({Leaf("is", name)})},
                expected_callers(self._ruleset.labels[label], operation),
            )
            for name in PLAIN_EVENTS
            for operation, _ in [classify_event(name, SOURCE, self._bucket, "key")]
        )

    @cached_property
    def _labels(self) -> list[int]:
        """The labels that objects of the bucket may have, as indexes."""
        own = (each for one in self._patterns for each in (*one.exact, *one.prefixes, *one.globs))
        return sorted({label for _, label in (*own, *self._wild)})

    @cached_property
    def _examples(self) -> dict[str, Access]:
        """An access by each event, by which conditions are tested that are about nothing else."""
        return {name: self._example(name) for name in PLAIN_EVENTS}

    def _example(self, name: str) -> Access:
        request = {"bucketName": self._bucket, "key": "key"}
        raw = msgspec.json.encode({"eventSource": SOURCE, "eventName": name, "requestParameters": request})
        (access,) = extract(decode(raw), raw)
        Catalogue(self._ruleset).label(access)
        return access


def _is_by_event(leaf: Condition) -> bool:
    """Return whether a condition has the same answer for all plain calls of one event on one bucket."""
    if leaf.op in ("null", "exists", "empty") and leaf.field in _PRESENT:
        return True
    return _BY_EVENT.issuperset(conditions.fields_of(leaf))


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

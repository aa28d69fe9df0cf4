"""A small compiled rule set, and hits on it, for tests that begin behind the compiler."""

from __future__ import annotations

import json
from typing import Any

from s3watch.detection.matcher import Hit, Matcher
from s3watch.facts.extraction import extract
from s3watch.ruleset import Condition, Detection, Expected, Label, Patterns, RuleException, Ruleset
from s3watch.sources.cloudtrail import decode

from tests.support.cloudtrail import as_bytes, make_record, make_role

NOW = 1795162443.0  # 2026-11-20T08:14:03Z, when make_record's access happens

UNEXPECTED = Detection(
    "unexpected-access",
    "A sensitive object was touched by somebody who is not expected to",
    "high",
    Condition(
        "and",
        of=(
            Condition("bool", field="s3.expected", values=("false",)),
            Condition("eq", field="s3.outcome", values=("success",)),
        ),
    ),
    ("s3.expected", "s3.outcome"),
)
DENIED = Detection(
    "denied-access",
    "Access to a sensitive object was denied",
    "low",
    Condition("eq", field="s3.outcome", values=("denied",)),
    ("s3.outcome",),
)
ANONYMOUS = Detection(
    "anonymous-access",
    "A sensitive object was touched by nobody in particular",
    "critical",
    Condition("eq", field="s3.principal_type", values=("anonymous",)),
    ("s3.principal_type",),
)
PAYROLL = Label(
    "payroll", "medium", "hr-security@example.com", (Expected(("role/payroll-app",), ("read", "write")),)
)
RULESET = Ruleset(
    buckets=("hr-data",),
    labels=(PAYROLL,),
    patterns=(Patterns("hr-data", prefixes=(("payroll/", 0),)),),
    detections=(UNEXPECTED, DENIED, ANONYMOUS),
)


def excepting(*exceptions: RuleException) -> Ruleset:
    """The rule set with exceptions."""
    return Ruleset(
        buckets=RULESET.buckets,
        labels=RULESET.labels,
        patterns=RULESET.patterns,
        detections=RULESET.detections,
        exceptions=exceptions,
    )


def make_hits(*records: dict[str, Any]) -> list[Hit]:
    """The hits of records on RULESET."""
    matcher = Matcher(RULESET)
    raws = [as_bytes(record) for record in records]
    return [result for raw in raws for result in matcher.match(decode(raw), raw) if isinstance(result, Hit)]


def make_reads(count: int, start: int = 0, **changes: Any) -> list[dict[str, Any]]:
    """Records of so many different requests, each for a key of its own."""
    return [
        make_record(
            key=f"payroll/{number}.csv", requestID=f"REQUEST{number:09}", eventID=f"event-{number}", **changes
        )
        for number in range(start, start + count)
    ]


def make_reads_by_names(count: int, start: int = 0) -> list[dict[str, Any]]:
    """Reads by one role, each under a source identity of its own, which callers choose."""
    records = make_reads(count, start)
    for number, record in enumerate(records, start):
        record["userIdentity"] = make_role("Shared")
        record["userIdentity"]["sessionContext"]["sourceIdentity"] = f"person-{number}"
    return records


def numbered(*records: dict[str, Any]) -> list[tuple[str, bytes]]:
    """Records with ids, as the pipeline takes them."""
    return [(f"message-{number}", as_bytes(record)) for number, record in enumerate(records)]


def first_access(record: dict[str, Any]) -> Any:
    """The first access of a record."""
    raw = json.dumps(record).encode()
    return extract(decode(raw), raw)[0]

"""Batches of records that go through `detect`, and a batch delete in the records that AWS writes of it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from s3watch.ledger.ledger import Ledger
from s3watch.ledger.memory_store import MemoryStore
from s3watch.pipelines.detect import Pipeline
from s3watch.pipelines.outcome import Outcome
from s3watch.ruleset import Ruleset

from tests.support.cloudtrail import make_record, make_resources, make_role
from tests.support.sensitive import NOW, RULESET, numbered


def run(*records: dict[str, Any], ruleset: Ruleset = RULESET) -> tuple[Outcome, MemoryStore]:
    store = MemoryStore()
    outcome = Pipeline(ruleset, Ledger(store)).run(numbered(*records), NOW)
    assert outcome.counts.balanced
    return outcome, store


def counts_of(outcome: Outcome) -> dict[str, int]:
    return {name: number for name, number in asdict(outcome.counts).items() if number}


CALL = make_record(
    eventName="DeleteObjects", key=None, userIdentity=make_role(), request={"delete": ""},
    resources=[
        {"type": "AWS::S3::Object", "ARNPrefix": "arn:aws:s3:::hr-data/"}, *make_resources("hr-data", None)
    ],
)  # fmt: skip


def make_deleted(key: str, **changes: Any) -> dict[str, Any]:
    """Return the record of one object of a batch delete."""
    return make_record(
        eventName="DeleteObject", key=key, eventType="AwsServiceEvent", eventID=f"deleted {key}",
        userIdentity={"accountId": "111122223333", "invokedBy": "AWS Internal"},
        sourceIPAddress="AWS Internal", requestParameters=None, **changes,
    )  # fmt: skip


def judge_deletes(*batches: list[dict[str, Any]]) -> tuple[Outcome, MemoryStore]:
    store = MemoryStore()
    pipeline = Pipeline(RULESET, Ledger(store))
    for batch in batches:
        assert counts_of(pipeline.run(numbered(*batch), NOW)) == {"received": len(batch), "held": len(batch)}
    return pipeline.evaluate_due_deletes(NOW + 31), store


DELETED = [make_deleted("payroll/a.csv"), make_deleted("payroll/b.csv"), make_deleted("public/c.csv")]

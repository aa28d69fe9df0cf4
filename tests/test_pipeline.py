from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest
from s3watch.errors import UnavailableError
from s3watch.ledger import Ledger
from s3watch.pipeline import Outcome, Pipeline
from s3watch.rules import Condition, Detection, RuleException, Ruleset
from s3watch.store_memory import MemoryStore

from tests.cloudtrail import make_record, make_resources, make_role
from tests.sensitive import NOW, RULESET, excepting, numbered

EXPECTED = make_record(userIdentity=make_role("payroll-app", "i-0abc"))


def run(*records: dict[str, Any], ruleset: Ruleset = RULESET) -> tuple[Outcome, MemoryStore]:
    store = MemoryStore()
    outcome = Pipeline(ruleset, Ledger(store)).run(numbered(*records), NOW)
    assert outcome.counts.balanced
    return outcome, store


def counts_of(outcome: Outcome) -> dict[str, int]:
    return {name: number for name, number in asdict(outcome.counts).items() if number}


def test_every_record_is_counted_as_what_became_of_it():
    outcome, store = run(make_record(), EXPECTED, make_record(bucket="elsewhere"))

    assert (counts_of(outcome), len(store.groups)) == ({"received": 3, "clean": 2, "hit": 1}, 1)


def test_an_unreadable_record_is_named_and_the_others_go_on():
    store = MemoryStore()
    records = [("broken", b"{"), *numbered(make_record())]
    outcome = Pipeline(RULESET, Ledger(store)).run(records, NOW)

    assert (counts_of(outcome), list(outcome.unreadable)) == (
        {"received": 2, "hit": 1, "failed": 1},
        ["broken"],
    )


def test_a_copy_is_one_record_with_two_accesses():
    copy = make_record(
        eventName="CopyObject",
        key="payroll/copy.csv",
        request={"x-amz-copy-source": "hr-data/payroll/q3.csv"},
    )
    outcome, store = run(copy)

    assert (counts_of(outcome), [group.count for group in store.groups.values()]) == (
        {"received": 1, "hit": 1},
        [2],
    )


def test_an_excepted_hit_is_counted_as_excluded():
    ruleset = excepting(RuleException("unexpected-access", "hr@example.com", "migration", "2026-12-31"))
    outcome, store = run(make_record(), ruleset=ruleset)

    assert (counts_of(outcome), store.groups) == ({"received": 1, "excluded": 1}, {})


def test_a_detection_that_raises_is_a_finding_and_hides_no_other():
    broken = Detection(
        "broken", "Broken", "high", Condition("gt", field="s3.nonsense", number=1), ("s3.nonsense",)
    )
    ruleset = Ruleset(
        buckets=RULESET.buckets,
        labels=RULESET.labels,
        patterns=RULESET.patterns,
        detections=(broken, *RULESET.detections),
    )
    outcome, store = run(make_record(), ruleset=ruleset)

    assert ([failure.rule for failure in outcome.rule_failures], len(store.groups)) == (["broken"], 1)


def test_records_whose_hits_were_not_recorded_are_handed_back():
    class Away(MemoryStore):
        def group(self, identity: str):
            raise UnavailableError("DynamoDB: away")

    records = numbered(make_record(bucket="elsewhere"), make_record())
    outcome = Pipeline(RULESET, Ledger(Away())).run(records, NOW)

    assert outcome.unrecorded == {"message-1"}


CALL = make_record(
    eventName="DeleteObjects", key=None, userIdentity=make_role(), request={"delete": ""},
    resources=[
        {"type": "AWS::S3::Object", "ARNPrefix": "arn:aws:s3:::hr-data/"}, *make_resources("hr-data", None)
    ],
)  # fmt: skip


def make_deleted(key: str, **changes: Any) -> dict[str, Any]:
    """The record of one object of a batch delete."""
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
    return pipeline.judge_due_deletes(NOW + 31), store


DELETED = [make_deleted("payroll/a.csv"), make_deleted("payroll/b.csv"), make_deleted("public/c.csv")]


@pytest.mark.parametrize(
    "batches",
    [[[CALL, *DELETED]], [[CALL], DELETED], [DELETED, [CALL]], [DELETED[:1], [CALL], DELETED[1:]]],
    ids=["together", "call first", "objects first", "call between"],
)
def test_a_batch_delete_is_judged_by_its_objects_and_its_caller(batches: list[list[dict[str, Any]]]):
    outcome, store = judge_deletes(*batches)
    (group,) = store.groups.values()

    assert (counts_of(outcome), group.count, group.keys, group.actor) == (
        {"received": 4, "hit": 4}, 2, ("payroll/a.csv", "payroll/b.csv"), "role/Analyst",
    )  # fmt: skip


def test_a_batch_delete_of_other_objects_is_clean():
    outcome, store = judge_deletes([CALL, make_deleted("public/c.csv")])

    assert (counts_of(outcome), store.groups) == ({"received": 2, "clean": 2}, {})


def test_a_batch_delete_whose_objects_never_come_says_that_keys_are_unknown():
    _, store = judge_deletes([CALL])
    (group,) = store.groups.values()

    assert (group.sighting.keys_unknown, group.label) == (True, "payroll")


def test_a_batch_delete_judged_again_counts_nothing_twice():
    store = MemoryStore()
    pipeline = Pipeline(RULESET, Ledger(store))
    pipeline.run(numbered(CALL, *DELETED), NOW)
    pipeline.judge_due_deletes(NOW + 31)
    outcome = pipeline.run(numbered(CALL, *DELETED), NOW + 90)
    (group,) = store.groups.values()

    assert (counts_of(outcome), group.count) == ({"received": 4, "hit": 4}, 2)


def test_a_batch_delete_that_was_denied_is_judged_at_once():
    outcome, store = run(CALL | {"errorCode": "AccessDenied"})
    (group,) = store.groups.values()

    assert (counts_of(outcome), group.rules) == ({"received": 1, "hit": 1}, ("denied-access",))


def test_deletes_in_a_bucket_without_sensitive_objects_are_not_kept():
    outcome, _ = run(make_record(bucket="elsewhere", eventName="DeleteObjects", key=None))

    assert counts_of(outcome) == {"received": 1, "clean": 1}

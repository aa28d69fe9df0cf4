"""Deletes that S3 itself reports, beside the records of CloudTrail."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace
from s3watch.ledger.ledger import Ledger
from s3watch.ledger.memory_store import MemoryStore
from s3watch.pipelines.detect import Pipeline
from s3watch.ruleset import Condition, Detection
from s3watch.sources.envelopes import Message, records

from tests.support.access_log import make_deletion
from tests.support.cloudtrail import as_bytes, make_event, make_record
from tests.support.detect_runs import CALL, make_deleted
from tests.support.sensitive import NOW, RULESET, numbered


def run_with_events(*batches: list[dict[str, Any]], until: float = NOW + 901) -> MemoryStore:
    """Evaluate records and S3's own events in the order they arrived, then run the sweeper."""
    store = MemoryStore()
    pipeline = Pipeline(RULED_BY_FEED, Ledger(store), with_events=True)
    for batch in batches:
        bodies = [as_bytes(each) if "detail-type" in each else make_event(each) for each in batch]
        found, unreadable = records([Message(str(n), body.decode()) for n, body in enumerate(bodies)])
        assert pipeline.run(found, NOW).counts.balanced
        assert not unreadable
    pipeline.evaluate_due_deletes(until)
    return store


TOLD_BY_S3 = Detection(
    "nobody-accounts", "Nobody accounts for it", "high",
    Condition("eq", field="s3.feed", values=("s3-event",)), ("s3.feed",),
)  # fmt: skip
RULED_BY_FEED = replace(RULESET, detections=(*RULESET.detections, TOLD_BY_S3))
SINGLE = make_record(eventName="DeleteObject", key="payroll/a.csv", eventID="single")
EVENTS = [make_deletion(object={"key": f"payroll/{name}.csv"}) for name in "ab"]


@pytest.mark.parametrize(
    "batches",
    [[EVENTS, [CALL]], [[CALL], EVENTS], [[CALL, *EVENTS]]],
    ids=["events first", "call first", "together"],
)
def test_object_deleted_events_give_a_batch_delete_its_keys(batches: list[list[dict[str, Any]]]):
    (group,) = run_with_events(*batches).groups.values()

    assert (group.actor, group.count, group.keys, group.evidence.keys_unknown) == (
        "role/Analyst", 2, ("payroll/a.csv", "payroll/b.csv"), False,
    )  # fmt: skip


def test_a_batch_delete_reported_by_records_and_events_counts_each_object_once():
    (group,) = run_with_events([CALL, *EVENTS, make_deleted("payroll/a.csv")]).groups.values()

    assert group.count == 2


@pytest.mark.parametrize(
    "batches", [[EVENTS[:1], [SINGLE]], [[SINGLE], EVENTS[:1]]], ids=["event first", "record first"]
)
def test_an_event_adds_nothing_to_the_record_of_a_single_delete(batches: list[list[dict[str, Any]]]):
    (group,) = run_with_events(*batches).groups.values()

    assert (group.actor, group.count) == ("role/Analyst", 1)


PUBLIC = {"key": "public/menu.pdf"}
HARMLESS = [make_deletion(object=PUBLIC), SINGLE | {"requestParameters": {"bucketName": "hr-data"} | PUBLIC}]


@pytest.mark.parametrize("batches", [[HARMLESS], [HARMLESS[::-1]]], ids=["event first", "record first"])
def test_a_delete_that_is_expected_by_its_record_is_clean(batches: list[list[dict[str, Any]]]):
    assert not run_with_events(*batches).groups


def test_an_event_without_a_record_is_evaluated_by_itself():
    store = run_with_events(EVENTS[:1])
    (group,) = store.groups.values()

    assert (group.actor, group.rules, group.count, group.keys) == (
        "111122223333", ("nobody-accounts",), 1, ("payroll/a.csv",),
    )  # fmt: skip


def test_an_event_waits_for_the_record_that_names_the_caller():
    assert not run_with_events(EVENTS[:1], until=NOW + 899).groups


def test_a_record_that_arrives_after_the_evaluation_is_not_counted_again():
    store = MemoryStore()
    pipeline = Pipeline(RULED_BY_FEED, Ledger(store), with_events=True)
    (event, _) = records([Message("1", as_bytes(EVENTS[0]).decode())])
    pipeline.run(event, NOW)
    pipeline.evaluate_due_deletes(NOW + 901)
    pipeline.run(numbered(SINGLE), NOW + 2000, "log_files")

    assert [group.count for group in store.groups.values()] == [1]


def test_a_delete_by_a_lifecycle_rule_alerts_nobody():
    expired = make_deletion(requester="s3.amazonaws.com", reason="Lifecycle Expiration")

    assert not run_with_events([expired], until=NOW + 901).groups

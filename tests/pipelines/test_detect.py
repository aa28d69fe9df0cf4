from __future__ import annotations

from collections.abc import Callable
from itertools import cycle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from s3watch.errors import UnavailableError
from s3watch.facts.extraction import extract
from s3watch.ledger.evidence import tally
from s3watch.ledger.ledger import Ledger
from s3watch.ledger.memory_store import MemoryStore
from s3watch.pipelines.detect import Pipeline
from s3watch.pipelines.outcome import Counts
from s3watch.ruleset import Condition, Detection, RuleException, Ruleset

from tests.support.broken_records import READABLE, make_raw
from tests.support.cloudtrail import make_record, make_role
from tests.support.detect_runs import CALL, DELETED, counts_of, run
from tests.support.sensitive import NOW, RULESET, excepting, make_reads, numbered

EXPECTED = make_record(userIdentity=make_role("payroll-app", "i-0abc"))


def test_every_record_is_counted_by_its_result():
    outcome, store = run(make_record(), EXPECTED, make_record(bucket="elsewhere"))

    assert (counts_of(outcome), len(store.groups)) == ({"received": 3, "clean": 2, "hit": 1}, 1)


def test_an_unreadable_record_is_named_and_the_others_are_evaluated():
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


def test_a_detection_that_raises_is_reported_and_hides_no_other():
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


def test_records_whose_hits_were_not_recorded_are_retried():
    class Away(MemoryStore):
        def group(self, identity: str):
            raise UnavailableError("DynamoDB: away")

    records = numbered(make_record(bucket="elsewhere"), make_record())
    outcome = Pipeline(RULESET, Ledger(Away())).run(records, NOW)

    assert outcome.unrecorded == {"message-1"}


@given(st.integers(1, 90), st.lists(st.integers(1, 4), min_size=1))
def test_records_that_were_not_reached_are_retried_and_in_the_end_all_are_counted_once(count, looks):
    reads, store, turns = numbered(*make_reads(count)), MemoryStore(), cycle(looks)
    pipeline, counts, left = Pipeline(RULESET, Ledger(store)), Counts(), reads
    while left:
        times = iter([False] * next(turns))
        outcome = pipeline.run(left, NOW, should_stop=lambda times=times: next(times, True))
        assert (
            outcome.unreached == outcome.unrecorded == {name for name, _ in left[counts_of(outcome)["hit"] :]}
        )
        counts.add(outcome.counts)
        left = [(name, raw) for name, raw in left if name in outcome.unrecorded]
    (group,) = store.groups.values()

    assert (counts, group.count) == (Counts(received=count, hit=count), count)


def test_a_record_on_which_the_matcher_itself_fails_is_rejected_alone(monkeypatch):
    store = MemoryStore()
    pipeline = Pipeline(RULESET, Ledger(store))
    match = pipeline._matcher.match

    def fail_on_put(record: Any, raw: bytes) -> Any:
        if record.event_name == "PutObject":
            raise RecursionError("too deep")
        return match(record, raw)

    monkeypatch.setattr(pipeline._matcher, "match", fail_on_put)
    outcome = pipeline.run(numbered(make_record(eventName="PutObject"), make_record()), NOW)

    assert outcome.counts.balanced
    assert (counts_of(outcome), outcome.unreadable) == (
        {"received": 2, "hit": 1, "failed": 1},
        {"message-0": "RecursionError: too deep"},
    )


@pytest.mark.parametrize("fault", READABLE)
def test_what_is_odd_in_a_record_does_not_hide_its_hit(fault: str):
    store = MemoryStore()
    outcome = Pipeline(RULESET, Ledger(store)).run([("odd", READABLE[fault](make_raw()))], NOW)

    assert (counts_of(outcome), len(store.groups)) == ({"received": 1, "hit": 1}, 1)


def fail_on(key: str, step: Callable[..., Any]) -> Callable[..., Any]:
    """A step that raises if the access it is given is to this key."""

    def fail(subject: Any, *rest: Any, **named: Any) -> Any:
        if f"'{key}'" in repr([getattr(hit, "access", hit).key for hit in subject]):
            raise ValueError("a fact cannot be computed")
        return step(subject, *rest, **named)

    return fail


REJECTED = {"message-1": "ValueError: a fact cannot be computed"}


def test_a_delete_whose_facts_cannot_be_computed_is_rejected_alone(monkeypatch: pytest.MonkeyPatch):
    def fail_on_delete(record: Any, raw: bytes, **named: Any) -> Any:
        if record.event_name == "DeleteObject":
            raise ValueError("a fact cannot be computed")
        return extract(record, raw, **named)

    monkeypatch.setattr("s3watch.pipelines.detect.extract", fail_on_delete)
    part = make_record(eventName="DeleteObject", eventType="AwsServiceEvent")
    outcome, store = run(make_record(), part, CALL)

    assert (counts_of(outcome), outcome.unreadable, len(store.groups)) == (
        {"received": 3, "hit": 1, "failed": 1, "held": 1}, REJECTED, 1,
    )  # fmt: skip


def test_a_hit_that_cannot_be_summarized_is_rejected_alone(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("s3watch.ledger.ledger.tally", fail_on("payroll/1.csv", tally))
    outcome, store = run(*make_reads(3))

    assert (counts_of(outcome), outcome.unreadable) == ({"received": 3, "hit": 2, "failed": 1}, REJECTED)
    assert [group.count for group in store.groups.values()] == [2]
    assert sorted(str(hit.access.key) for hit in outcome.hits) == ["payroll/0.csv", "payroll/2.csv"]


def test_a_copy_of_which_one_side_cannot_be_summarized_is_rejected_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("s3watch.ledger.ledger.tally", fail_on("payroll/copy.csv", tally))
    copy = make_record(
        eventName="CopyObject",
        key="payroll/copy.csv",
        request={"x-amz-copy-source": "hr-data/payroll/q3.csv"},
    )
    outcome, store = run(make_record(), copy)

    assert (counts_of(outcome), outcome.unreadable) == ({"received": 2, "hit": 1, "failed": 1}, REJECTED)
    assert sum(group.count for group in store.groups.values()) == 2


def test_a_late_batch_delete_that_cannot_be_evaluated_is_rejected_alone(monkeypatch: pytest.MonkeyPatch):
    store = MemoryStore()
    pipeline = Pipeline(RULESET, Ledger(store))
    pipeline.run(numbered(*DELETED[:1]), NOW)
    pipeline.evaluate_due_deletes(NOW + 31)
    monkeypatch.setattr("s3watch.ledger.ledger.tally", fail_on("payroll/a.csv", tally))
    outcome = pipeline.run(numbered(make_record(), CALL), NOW + 60)

    assert outcome.unreadable == REJECTED
    assert outcome.counts.balanced


def test_parts_of_a_batch_delete_are_retried_while_the_ledger_is_unavailable():
    class Away(MemoryStore):
        def batch_delete(self, request: str):
            raise UnavailableError("DynamoDB: away")

    outcome = Pipeline(RULESET, Ledger(Away())).run(numbered(CALL, make_record(bucket="elsewhere")), NOW)

    assert outcome.unrecorded == {"message-0"}


def test_a_record_of_which_only_a_broken_detection_is_left_counts_as_failed():
    broken = Detection("broken", "Broken", "high", Condition("gt", field="s3.nonsense", number=1))
    outcome, _ = run(make_record(), ruleset=replace(RULESET, detections=(broken,)))

    assert counts_of(outcome) == {"received": 1, "failed": 1}


@pytest.mark.parametrize(
    ("time", "groups"),
    [("9999-12-31T23:59:59Z", 2), ("9999-12-31T23:59:59-10:00", 1), ("0001-01-01T00:00:00+10:00", 1)],
    ids=["the last second", "after it", "before the first one"],
)
def test_a_time_at_the_edge_of_the_calendar_is_evaluated_like_any_other(time, groups):
    outcome, store = run(make_record(eventTime=time), make_record(requestID="OTHER"))

    assert (counts_of(outcome), len(store.groups)) == ({"received": 2, "hit": 2}, groups)


KEY, APP_KEY = (f"arn:aws:kms:eu-west-1:111122223333:key/{name}" for name in ("logs", "app"))
DISABLED = Detection(
    "log-file-key-disabled", "Disabled", "high",
    Condition("eq", field="eventName", values=("DisableKey",)), ("eventName",),
)  # fmt: skip


@pytest.mark.parametrize(
    ("keys", "result"), [(None, "hit"), ({KEY}, "clean"), ({KEY, APP_KEY}, "hit"), (set(), "clean")],
    ids=["any key", "another key", "this key among others", "no key"],
)  # fmt: skip
def test_of_calls_on_kms_keys_only_those_on_the_keys_of_log_files_count(keys, result):
    call = make_record(
        eventSource="kms.amazonaws.com",
        eventName="DisableKey",
        resources=[{"ARN": APP_KEY}],
        bucket="",
        key=None,
    )
    pipeline = Pipeline(replace(RULESET, detections=(DISABLED,)), Ledger(MemoryStore()), log_file_keys=keys)

    assert counts_of(pipeline.run(numbered(call), NOW)) == {"received": 1, result: 1}

"""Batch deletes: held for the records of their objects, and evaluated together with them."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace
from s3watch.errors import RecordError
from s3watch.ledger.ledger import Ledger
from s3watch.ledger.memory_store import MemoryStore
from s3watch.pipelines.detect import Pipeline
from s3watch.ruleset import Expected, Label, Patterns, Ruleset

from tests.support.cloudtrail import make_record, make_role, make_user
from tests.support.detect_runs import CALL, DELETED, counts_of, judge_deletes, make_deleted, run
from tests.support.sensitive import NOW, PAYROLL, RULESET, make_reads, numbered


def test_a_call_that_arrives_after_its_objects_were_evaluated_names_the_caller():
    store = MemoryStore()
    pipeline = Pipeline(RULESET, Ledger(store))
    pipeline.run(numbered(*DELETED[:1]), NOW)
    pipeline.evaluate_due_deletes(NOW + 31)
    pipeline.run(numbered(CALL), NOW + 60)

    assert [(group.actor, group.keys) for group in store.groups.values()] == [
        ("service/AWS Internal", ("payroll/a.csv",)),
        ("role/Analyst", ("payroll/a.csv",)),
    ]


@pytest.mark.parametrize(
    "batches",
    [[[CALL, *DELETED]], [[CALL], DELETED], [DELETED, [CALL]], [DELETED[:1], [CALL], DELETED[1:]]],
    ids=["together", "call first", "objects first", "call between"],
)
def test_a_batch_delete_is_evaluated_by_its_objects_and_its_caller(batches: list[list[dict[str, Any]]]):
    outcome, store = judge_deletes(*batches)
    (group,) = store.groups.values()

    assert (counts_of(outcome), group.count, group.keys, group.actor) == (
        {"received": 4, "hit": 4}, 2, ("payroll/a.csv", "payroll/b.csv"), "role/Analyst",
    )  # fmt: skip


def test_a_sensitive_object_among_a_thousand_others_is_reported():
    decoys = [make_deleted(f"public/{number}" + "x" * 900) for number in range(400)]
    _, store = judge_deletes([CALL, *decoys, make_deleted("payroll/q3.csv")])
    (group,) = store.groups.values()

    assert group.keys == ("payroll/q3.csv",)


def test_a_caller_who_is_named_only_after_the_evaluation_is_reported():
    _, store = judge_deletes([make_deleted("payroll/a.csv")])
    pipeline = Pipeline(RULESET, Ledger(store))
    pipeline.run(numbered(CALL), NOW + 2000)

    assert {group.actor for group in store.groups.values()} == {"service/AWS Internal", "role/Analyst"}


def test_a_batch_delete_that_cannot_be_evaluated_does_not_stop_the_others():
    store = MemoryStore()
    pipeline = Pipeline(RULESET, Ledger(store))
    pipeline.run(numbered(CALL, *DELETED), NOW)
    pipeline.run(numbered(CALL | {"requestID": "BROKEN"}), NOW - 10)
    store._deletes["BROKEN"] = replace(store._deletes["BROKEN"], call=b"{")

    with pytest.raises(RecordError):
        pipeline.evaluate_due_deletes(NOW + 31)
    assert [group.count for group in store.groups.values()] == [2]


def test_the_evaluation_stops_when_it_should_and_continues_the_next_time():
    store = MemoryStore()
    pipeline = Pipeline(RULESET, Ledger(store))
    pipeline.run(numbered(CALL, *DELETED), NOW)

    assert pipeline.evaluate_due_deletes(NOW + 31, should_stop=lambda: True).counts.received == 0
    assert pipeline.evaluate_due_deletes(NOW + 31).counts.received == 4


def test_a_batch_delete_of_other_objects_is_clean():
    outcome, store = judge_deletes([CALL, make_deleted("public/c.csv")])

    assert (counts_of(outcome), store.groups) == ({"received": 2, "clean": 2}, {})


def test_a_batch_delete_whose_objects_never_arrive_has_unknown_keys():
    _, store = judge_deletes([CALL])
    (group,) = store.groups.values()

    assert (group.evidence.keys_unknown, group.label) == (True, "payroll")


def test_a_batch_delete_that_is_evaluated_again_counts_nothing_twice():
    store = MemoryStore()
    pipeline = Pipeline(RULESET, Ledger(store))
    pipeline.run(numbered(CALL, *DELETED), NOW)
    pipeline.evaluate_due_deletes(NOW + 31)
    outcome = pipeline.run(numbered(CALL, *DELETED), NOW + 90)
    (group,) = store.groups.values()

    assert (counts_of(outcome), group.count) == ({"received": 4, "hit": 4}, 2)


def test_a_denied_batch_delete_is_evaluated_immediately():
    outcome, store = run(CALL | {"errorCode": "AccessDenied"})
    (group,) = store.groups.values()

    assert (counts_of(outcome), group.rules) == ({"received": 1, "hit": 1}, ("denied-access",))


def test_deletes_in_a_bucket_without_sensitive_objects_are_not_held():
    outcome, _ = run(make_record(bucket="elsewhere", eventName="DeleteObjects", key=None))

    assert counts_of(outcome) == {"received": 1, "clean": 1}


WHOLE = replace(RULESET, patterns=(Patterns("hr-data", prefixes=(("", 0),)),))


def test_a_batch_delete_whose_keys_can_not_excuse_the_caller_is_evaluated_at_once():
    outcome, store = run(CALL, ruleset=WHOLE)
    (group,) = store.groups.values()

    assert (counts_of(outcome), group.evidence.keys_unknown) == ({"received": 1, "hit": 1}, True)


def test_the_objects_of_a_batch_delete_that_was_evaluated_at_once_are_judged_by_its_call():
    store = MemoryStore()
    pipeline = Pipeline(WHOLE, Ledger(store))
    for batch in ([CALL], [make_deleted("payroll/a.csv"), make_deleted("tmp/b.csv")]):
        assert counts_of(pipeline.run(numbered(*batch), NOW)) == {"received": len(batch), "hit": len(batch)}
    (group,) = store.groups.values()

    assert (group.actor, group.count, group.keys) == ("role/Analyst", 2, ("payroll/a.csv", "tmp/b.csv"))


@pytest.mark.parametrize(
    ("ruleset", "identity"),
    [(RULESET, make_role()), (WHOLE, make_role("payroll-app"))],
    ids=["keys without a label", "a caller who may"],
)
def test_a_batch_delete_whose_keys_matter_waits_for_them(ruleset: Ruleset, identity: dict[str, Any]):
    label = replace(PAYROLL, expected=(Expected(("role/payroll-app",), ("delete",)),))
    outcome, _ = run(CALL | {"userIdentity": identity}, ruleset=replace(ruleset, labels=(label,)))

    assert counts_of(outcome) == {"received": 1, "held": 1}


def test_a_critical_key_among_a_thousand_others_is_reported():
    board = Label("board", "critical", "board@example.com")
    patterns = (Patterns("hr-data", prefixes=(("board/", 1), ("payroll/", 0))),)
    expecting = replace(PAYROLL, expected=(Expected(("role/Analyst",), ("delete",)),))
    ruleset = replace(RULESET, labels=(expecting, board), patterns=patterns)
    store = MemoryStore()
    pipeline = Pipeline(ruleset, Ledger(store))
    keys = [*(f"payroll/{'x' * 900}{n}" for n in range(999)), "board/minutes.pdf"]
    pipeline.run(numbered(CALL, *map(make_deleted, keys)), NOW)
    pipeline.evaluate_due_deletes(NOW + 31)

    assert [(group.label, group.level, group.keys) for group in store.groups.values()] == [
        ("board", "critical", ("board/minutes.pdf",))
    ]


def test_the_first_batch_deletes_of_a_principal_come_before_the_others_of_a_flood():
    store = MemoryStore()
    pipeline = Pipeline(RULESET, Ledger(store))
    flood = [CALL | {"requestID": f"FLOOD{n}", "eventID": f"f{n}"} for n in range(20)]
    pipeline.run(numbered(*flood), NOW)
    pipeline.run(numbered(CALL | {"userIdentity": make_user("thief"), "requestID": "THEFT"}), NOW + 1)

    assert "THEFT" in store.due_deletes(NOW + 60)[:5]


def test_a_batch_delete_from_a_log_file_is_counted_by_that_way():
    store = MemoryStore()
    pipeline = Pipeline(RULESET, Ledger(store, exact=1))
    pipeline.run(numbered(*make_reads(2)), NOW, "events")
    pipeline.run(numbered(CALL, make_deleted("payroll/a.csv")), NOW, "log_files")
    pipeline.evaluate_due_deletes(NOW + 31)
    (group,) = store.groups.values()

    assert list(group.counters.ways) == ["log_files"]


def test_a_call_judged_at_once_and_then_its_keys_count_each_object_once():
    whole = (Patterns("hr-data", prefixes=(("", 0),)),)
    store = MemoryStore()
    pipeline = Pipeline(replace(RULESET, patterns=whole), Ledger(store))
    for record in (CALL, make_deleted("payroll/a.csv"), make_deleted("payroll/b.csv")):
        pipeline.run(numbered(record), NOW)

    assert [group.count for group in store.groups.values()] == [2]


def test_a_prefix_in_the_url_of_a_batch_delete_does_not_hide_what_it_could_delete():
    named = CALL | {"requestParameters": CALL["requestParameters"] | {"prefix": "nothing/"}}
    outcome, _ = judge_deletes([named])

    assert counts_of(outcome) == {"received": 1, "hit": 1}


def test_a_batch_delete_that_the_index_still_lists_is_not_evaluated_again(monkeypatch: pytest.MonkeyPatch):
    store = MemoryStore()
    pipeline = Pipeline(RULESET, Ledger(store, exact=0))
    pipeline.run(numbered(CALL, make_deleted("payroll/a.csv")), NOW)
    due = store.due_deletes(NOW + 60)
    monkeypatch.setattr(store, "due_deletes", lambda now: due)
    for _ in range(2):
        pipeline.evaluate_due_deletes(NOW + 60)

    assert [group.count for group in store.groups.values()] == [1]

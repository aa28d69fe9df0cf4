from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest
from msgspec.structs import replace
from s3watch.errors import RecordError, UnavailableError
from s3watch.facts.extraction import extract
from s3watch.ledger.evidence import tally
from s3watch.ledger.ledger import Ledger
from s3watch.ledger.memory_store import MemoryStore
from s3watch.pipelines.detect import Outcome, Pipeline
from s3watch.ruleset import Condition, Detection, Expected, Label, Patterns, RuleException, Ruleset
from s3watch.sources.envelopes import Message, records

from tests.support.access_log import make_deletion
from tests.support.broken_records import READABLE, make_raw
from tests.support.cloudtrail import as_bytes, make_event, make_record, make_resources, make_role, make_user
from tests.support.sensitive import NOW, PAYROLL, RULESET, excepting, make_reads, numbered

EXPECTED = make_record(userIdentity=make_role("payroll-app", "i-0abc"))


def run(*records: dict[str, Any], ruleset: Ruleset = RULESET) -> tuple[Outcome, MemoryStore]:
    store = MemoryStore()
    outcome = Pipeline(ruleset, Ledger(store)).run(numbered(*records), NOW)
    assert outcome.counts.balanced
    return outcome, store


def counts_of(outcome: Outcome) -> dict[str, int]:
    return {name: number for name, number in asdict(outcome.counts).items() if number}


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
    outcome, store = run(make_record(), make_record(eventName="DeleteObject"), CALL)

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


def test_a_delete_by_a_lifecycle_rule_waits_for_no_record():
    expired = make_deletion(requester="s3.amazonaws.com", reason="Lifecycle Expiration")
    (group,) = run_with_events([expired], until=NOW).groups.values()

    assert group.actor == "service/lifecycle"


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


DELETED = [make_deleted("payroll/a.csv"), make_deleted("payroll/b.csv"), make_deleted("public/c.csv")]


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


@pytest.mark.parametrize(
    ("time", "groups"),
    [("9999-12-31T23:59:59Z", 2), ("9999-12-31T23:59:59-10:00", 1), ("0001-01-01T00:00:00+10:00", 1)],
    ids=["the last second", "after it", "before the first one"],
)
def test_a_time_at_the_edge_of_the_calendar_is_evaluated_like_any_other(time, groups):
    outcome, store = run(make_record(eventTime=time), make_record(requestID="OTHER"))

    assert (counts_of(outcome), len(store.groups)) == ({"received": 2, "hit": 2}, groups)


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

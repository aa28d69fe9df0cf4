from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec import structs
from s3watch.alerts.alert import BucketFacts, Evidence
from s3watch.errors import ConflictError, UnavailableError
from s3watch.facts.batch_deletes import PART_WAIT, BatchDelete, DeletedObject
from s3watch.ledger.claims import name_of
from s3watch.ledger.counters import Sums
from s3watch.ledger.evidence import tally
from s3watch.ledger.ledger import ATTEMPTS, CHUNK, Ledger
from s3watch.ledger.memory_store import MemoryStore
from s3watch.ledger.principals import MOST_GROUPS, GroupKey, group_key
from s3watch.ledger.store import Store
from s3watch.times import WEEKS, window_start

from tests.support.cloudtrail import ANONYMOUS, OTHER, SSO_PATH, as_bytes, make_record, make_role, make_user
from tests.support.sensitive import DENIED, NOW, first_access, make_hits, make_reads, make_reads_by_names


def only_group(store: Store):
    (identity,) = store.due_groups(NOW + 1e9)
    return store.group(identity)


def test_hits_of_one_actor_on_one_label_are_one_group(store: Store):
    Ledger(store).record(make_hits(*make_reads(3)), "events", NOW)

    group = only_group(store)
    assert (group.count, group.actor, group.label, group.outcome) == (3, "role/Analyst", "payroll", "success")


def test_what_is_known_without_a_call_is_told_of_each_hit_first_or_not(store: Store):
    ledger = Ledger(store, know=lambda evidence: structs.replace(evidence, account_names=((OTHER, "Acme"),)))
    for number in (1, 2, 3):
        ledger.record(make_hits(*make_reads(1, start=number)), "events", NOW)

    assert only_group(store).evidence.account_names == ((OTHER, "Acme"),)


def test_what_is_known_without_a_call_is_told_of_what_was_asked_too():
    store = MemoryStore()

    def know(evidence: Evidence) -> Evidence:
        names = ((OTHER, "Acme"),) if evidence.bucket_facts else ()
        return structs.replace(evidence, account_names=names)

    Ledger(store, know=know, enrich=enriching([])).record(make_hits(*make_reads(1)), "events", NOW)

    assert only_group(store).evidence.account_names == ((OTHER, "Acme"),)


def test_a_redelivered_batch_counts_nothing(store: Store):
    ledger, hits = Ledger(store), make_hits(*make_reads(3))
    ledger.record(hits, "events", NOW)
    ledger.record(hits, "events", NOW + 60)

    assert only_group(store).count == 3


def test_a_redelivery_in_another_batch_counts_only_what_is_new(store: Store):
    ledger = Ledger(store)
    ledger.record(make_hits(*make_reads(3)), "events", NOW)
    ledger.record(make_hits(*make_reads(4, start=1)), "events", NOW + 60)

    assert only_group(store).count == 5


def test_records_of_one_request_from_two_trails_are_one_access(store: Store):
    copies = [make_record(eventID="trail-one"), make_record(eventID="trail-two")]
    Ledger(store).record(make_hits(*copies), "events", NOW)

    assert only_group(store).count == 1


def test_both_accounts_copies_of_a_request_are_one_group(store: Store):
    ours = make_record(userIdentity=make_role("Intruder", account=OTHER))
    theirs = make_record(
        userIdentity={"type": "AWSAccount", "principalId": "AROAEXAMPLE:x", "accountId": OTHER},
        eventID="copy",
    )
    ledger = Ledger(store)
    ledger.record(make_hits(ours), "events", NOW)
    ledger.record(make_hits(theirs), "events", NOW)

    assert only_group(store).count == 1


def test_another_actor_gets_a_separate_group(store: Store):
    hits = make_hits(make_record(), make_record(userIdentity=make_user(), requestID="OTHER"))
    Ledger(store).record(hits, "events", NOW)

    assert len(store.due_groups(NOW + 1e9)) == 2


def test_a_caller_who_claims_to_be_somebody_else_gets_a_separate_group(store: Store):
    alice = make_role("AWSReservedSSO_HR_0123456789abcdef", "alice@example.com", path=SSO_PATH)
    forger = make_role("evil")
    forger["sessionContext"]["sourceIdentity"] = "alice@example.com"
    hits = make_hits(make_record(userIdentity=alice), make_record(userIdentity=forger, requestID="OTHER"))
    Ledger(store).record(hits, "events", NOW)

    assert len(store.due_groups(NOW + 1e9)) == 2


def test_a_copy_that_arrives_hours_later_belongs_to_the_same_group(store: Store):
    ledger, hits = Ledger(store), make_hits(make_record())
    ledger.record(hits, "events", NOW)
    ledger.record(hits, "log_files", NOW + 8 * 3600)

    assert only_group(store).count == 1


def test_what_one_way_dropped_and_another_brings_counts(store: Store):
    ledger = Ledger(store)
    ledger.record(make_hits(*make_reads(100)), "events", NOW)
    ledger.record(make_hits(*make_reads(190)), "log_files", NOW + 300)

    assert (only_group(store).count, only_group(store).due) == (190, NOW + 900)


def test_more_hits_than_many_writes_take_are_all_recorded():
    store = MemoryStore()
    ledger = Ledger(store, exact=10**9)
    left = ledger.record(make_hits(*make_reads(CHUNK * (ATTEMPTS + 5))), "log_files", NOW)

    assert (left, only_group(store).count) == ([], CHUNK * (ATTEMPTS + 5))


def test_of_a_batch_the_worst_act_is_reported_first_and_the_rest_with_it():
    records = [*make_reads(89), make_record(eventName="DeleteObject", requestID="DELETE")]
    store = MemoryStore()
    Ledger(store).record(make_hits(*records), "events", NOW)
    (alert,) = [message.alert for message in store.messages.values() if message.topic == "mail"]

    assert (alert.evidence.event_name, alert.acts) == ("DeleteObject", (("delete", 1), ("read", 89)))


def test_an_urgent_message_shows_the_hit_that_is_new_not_a_worse_one_of_the_batch():
    store = MemoryStore()
    ledger = Ledger(store)
    ledger.record(make_hits(make_record(eventName="DeleteObject")), "events", NOW)
    copy = make_record(
        eventName="CopyObject", requestID="COPY", bucket="elsewhere",
        request={"x-amz-copy-source": "hr-data/payroll/2026/q3.csv"},
    )  # fmt: skip
    ledger.record(make_hits(make_record(eventName="DeleteObject", requestID="MORE"), copy), "events", NOW)
    alerts = [message.alert for message in store.messages.values() if message.topic == "mail"]

    assert [(alert.kind, alert.evidence.act) for alert in alerts] == [
        ("first", "delete"),
        ("worse", "copy-out"),
    ]


def test_a_principal_that_opens_too_many_groups_gets_one_for_the_rest(store: Store):
    ledger = Ledger(store)
    ledger.record(make_hits(*make_reads_by_names(MOST_GROUPS + 30)), "events", NOW)
    ledger.record(make_hits(*make_reads_by_names(MOST_GROUPS + 40)), "log_files", NOW)
    groups = [store.group(identity) for identity in store.due_groups(NOW + 1e9)]

    assert sorted(group.count for group in groups) == [1] * MOST_GROUPS + [40]
    assert [(group.actor, group.turn) for group in groups if group.is_overflow] == [("role/Shared", 51)]


def test_a_flood_of_one_principal_leaves_another_its_own_group(store: Store):
    ledger = Ledger(store)
    ledger.record(make_hits(*make_reads_by_names(MOST_GROUPS + 1)), "events", NOW)
    ledger.record(make_hits(make_record(userIdentity=make_user(), requestID="OTHER")), "events", NOW)

    groups = [store.group(identity) for identity in store.due_groups(NOW + 1e9)]
    assert [group.turn for group in groups if group.actor == "user/bob"] == [1]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)], ids=["in order", "in another"])
def test_users_of_the_same_name_in_three_accounts_are_three_groups(order: tuple[int, ...]):
    store = MemoryStore()
    accounts = ("111122223333", "444455556666", "777788889999")
    for number in order:
        record = make_record(userIdentity=make_user("deploy", accounts[number]), requestID=f"R{number}")
        Ledger(store).record(make_hits(record), "events", NOW)

    assert len(store.groups) == 3


def test_a_late_record_opens_a_group_that_says_how_late_it_is(store: Store):
    Ledger(store).record(make_hits(make_record()), "events", NOW + 7200)

    assert only_group(store).late == 7200


def test_beyond_the_limit_a_group_counts_without_claims(store: Store):
    ledger = Ledger(store, exact=10)
    for start in range(0, 60, 20):
        ledger.record(make_hits(*make_reads(20, start)), "events", NOW)

    group = only_group(store)
    assert (group.count, group.exact, group.claimed.count) == (60, False, 20)


def test_of_100_000_hits_only_the_first_few_hundred_write_claims():
    store = MemoryStore()
    ledger = Ledger(store)
    for start in range(0, 3000, 500):
        ledger.record(make_hits(*make_reads(500, start)), "events", NOW)

    assert (only_group(store).count, len(store.claims)) == (3000, 270)


def test_two_concurrent_batches_lose_nothing():
    store = MemoryStore()  # moto is not thread-safe; the local AWS proves it for DynamoDB
    ledger = Ledger(store)
    batches = [make_hits(*make_reads(5, start)) for start in range(0, 40, 5)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda hits: ledger.record(hits, "events", NOW), batches))

    group = only_group(store)
    assert (group.count, group.sequence, len(store.messages)) == (40, 1, 3)


def test_bytes_keys_and_addresses_are_added_up(store: Store):
    Ledger(store).record(make_hits(*make_reads(12)), "events", NOW)

    group = only_group(store)
    assert (group.sums.bytes_out, group.distinct_keys, group.ips) == (12 * 28441, 12, ("203.0.113.7",))


def test_hits_are_returned_when_the_store_is_unavailable():
    class Away(MemoryStore):
        def group(self, identity: str):
            raise UnavailableError("DynamoDB: away")

    hits = make_hits(*make_reads(3))
    assert Ledger(Away()).record(hits, "events", NOW) == hits


def test_a_busy_group_does_not_hold_up_the_others():
    class Busy(MemoryStore):
        def write(self, before: Any, after: Any, *others: Any, **more: Any) -> None:
            if after.actor == "user/bob":
                raise ConflictError
            super().write(before, after, *others, **more)

    store, hits = Busy(), make_hits(make_record(userIdentity=make_user()), make_record(requestID="OTHER"))

    assert Ledger(store).record(hits, "events", NOW) == hits[:1]
    assert [group.actor for group in store.groups.values()] == ["role/Analyst"]


@pytest.mark.parametrize(
    "changes",
    [{"requestID": "OTHER"}, {"key": "payroll/other.csv"}, {"eventName": "HeadObject"}],
    ids=["request", "key", "operation"],
)
def test_another_request_object_or_operation_is_another_access(changes: dict[str, str]):
    assert name_of(first_access(make_record())) != name_of(first_access(make_record(**changes)))


def test_an_access_without_a_label_belongs_to_its_bucket():
    access = first_access(make_record(bucket="elsewhere"))

    assert group_key(access, NOW).label == ""


def test_parts_of_a_batch_delete_wait_for_each_other(store: Store):
    ledger = Ledger(store)
    assert ledger.hold([BatchDelete("R1", call=b"{}")], NOW) == []
    assert ledger.hold([BatchDelete("R1", objects=(DeletedObject("a", None, "e1"),))], NOW + 1) == []

    kept = store.batch_delete("R1")
    assert (kept.call, len(kept.objects), kept.due, kept.records) == (b"{}", 1, NOW + PART_WAIT, 2)


def delete_call(**changes: Any) -> BatchDelete:
    return BatchDelete("R1", call=as_bytes(make_record(eventName="DeleteObjects", key=None, **changes)))


SINGLE = BatchDelete("R1", complete=True)  # as a record of a delete of one object
TRUE, FORGED = delete_call(), delete_call(userIdentity=make_role("payroll-app"))


@pytest.mark.parametrize("forged", [FORGED, SINGLE], ids=["another caller's call", "a delete of one object"])
def test_a_forged_part_before_a_batch_delete_does_not_silence_it(store: Store, forged: BatchDelete):
    ledger = Ledger(store)
    ledger.hold([forged], NOW)

    assert ledger.hold([TRUE], NOW + 1) == [TRUE]


@pytest.mark.parametrize("forged", [FORGED, SINGLE], ids=["another caller's call", "a delete of one object"])
def test_a_forged_part_after_a_batch_delete_does_not_silence_it(store: Store, forged: BatchDelete):
    ledger = Ledger(store)
    ledger.hold([TRUE], NOW)
    ledger.hold([forged], NOW + 1)

    kept = store.batch_delete("R1")
    assert (kept.call, kept.due) == (TRUE.call, NOW + PART_WAIT)


@pytest.mark.parametrize("forged", [FORGED, SINGLE], ids=["another caller's call", "a delete of one object"])
def test_a_forged_part_in_the_same_batch_does_not_silence_a_batch_delete(store: Store, forged: BatchDelete):
    assert Ledger(store).hold([forged, TRUE], NOW) == [TRUE]


@pytest.mark.parametrize(
    "records",
    [
        ({}, {"eventID": "of another trail"}),
        (
            {"userIdentity": make_user("alice", OTHER), "recipientAccountId": OTHER},
            {"userIdentity": {"type": "AWSAccount", "principalId": "AIDAEXAMPLE", "accountId": OTHER}},
        ),
    ],
    ids=["two trails", "both accounts"],
)
def test_records_of_one_batch_delete_are_one(store: Store, records: tuple[dict[str, Any], ...]):
    ledger, (first, second) = Ledger(store), (delete_call(**record) for record in records)
    ledger.hold([first], NOW)

    assert ledger.hold([second], NOW + 1) == []


def test_a_part_that_arrives_after_the_evaluation_is_evaluated_with_the_known_parts(store: Store):
    ledger = Ledger(store)
    ledger.hold([BatchDelete("R1", call=b"{}")], NOW)
    ledger.mark_evaluated(store.batch_delete("R1"), NOW + PART_WAIT)
    part = BatchDelete("R1", objects=(DeletedObject("late", None, "e2"),))

    (late,) = ledger.hold([part], NOW + 90)
    assert (late.call, late.objects, late.records) == (b"{}", part.objects, 1)


def test_a_call_that_arrives_after_the_evaluation_is_evaluated_with_all_objects(store: Store):
    ledger = Ledger(store)
    early, late = (BatchDelete("R1", objects=(DeletedObject(name, None, name),)) for name in ("a", "b"))
    ledger.hold([early], NOW)
    ledger.mark_evaluated(store.batch_delete("R1"), NOW + PART_WAIT)

    (found,) = ledger.hold([late, BatchDelete("R1", call=b"{}")], NOW + 90)
    assert ([one.key for one in found.objects], found.records) == (["a", "b"], 2)


def test_a_batch_delete_whose_parts_arrived_during_the_evaluation_stays_due(store: Store):
    ledger = Ledger(store)
    ledger.hold([BatchDelete("R1", call=b"{}")], NOW)
    judged = store.batch_delete("R1")
    ledger.hold([BatchDelete("R1", objects=(DeletedObject("a", None, "e1"),))], NOW + 31)
    ledger.mark_evaluated(judged, NOW + 31)

    assert store.due_deletes(NOW + 60) == ["R1"]


def test_a_tally_is_recorded_once_for_each_name(store: Store):
    (hit,) = make_hits(make_record())
    key, added = GroupKey("FINDING", "payroll", "hr-security@example.com"), tally([hit])
    for name in ("update 1", "update 1", "update 2"):
        Ledger(store).record_tally(key, name, added, "findings", NOW)

    assert only_group(store).claimed == Sums({"read": 2}, bytes_out=2 * 28441)


def test_hits_of_one_group_from_two_hours_are_one_write():
    store = MemoryStore()
    records = [
        make_record(eventTime=f"2026-11-20T{hour}:14:03Z", requestID=f"R{hour}") for hour in ("08", "09")
    ]
    Ledger(store).record(make_hits(*records), "log_files", NOW)

    assert [message.alert.count for message in store.messages.values()] == [2] * 3


def test_of_two_copies_of_an_access_in_a_batch_the_worse_is_recorded(store: Store):
    worse, copy = make_hits(make_record(), make_record())
    Ledger(store).record([replace(copy, detections=(DENIED,)), worse], "events", NOW)

    group = only_group(store)
    assert (group.count, group.level, group.rules) == (1, "high", ("unexpected-access",))


def enriching(asked: list[str]) -> Any:
    """An enricher that notes the keys it is asked about."""

    def enrich(evidence: Evidence, now: float) -> Evidence:
        assert now >= NOW
        asked.append(evidence.key)
        return structs.replace(evidence, bucket_facts=BucketFacts("enabled"))

    return enrich


def test_a_hit_that_opens_a_group_is_enriched_once_for_all_topics():
    store, asked = MemoryStore(), list[str]()
    ledger = Ledger(store, enrich=enriching(asked))
    ledger.record(make_hits(*make_reads(3)), "events", NOW)
    opened = only_group(store)
    ledger.record(make_hits(*make_reads(5, start=3)), "events", NOW + 60)  # only counted

    assert [one.alert.evidence.bucket_facts for one in store.messages.values()] == [
        BucketFacts("enabled")
    ] * 3
    assert opened.evidence.bucket_facts == BucketFacts("enabled")
    assert len(asked) == 1


def test_the_access_that_a_roll_up_shows_is_enriched_too():
    store, asked = MemoryStore(), list[str]()
    ledger = Ledger(store, enrich=enriching(asked))
    ledger.record(make_hits(*make_reads(1)), "events", NOW)
    ledger.record(make_hits(*make_reads(2, start=1)), "events", NOW + 60)
    ledger.roll_up(only_group(store).id, NOW + 900)

    alerts = [one.alert for one in store.messages.values() if one.alert.kind == "rollup"]
    assert [alert.evidence.bucket_facts for alert in alerts] == [BucketFacts("enabled")] * 3
    assert only_group(store).evidence.bucket_facts == BucketFacts("enabled")
    assert len(asked) == 2


def test_a_worse_hit_is_enriched_too_past_the_exact_count_as_well():
    store, asked = MemoryStore(), list[str]()
    ledger = Ledger(store, enrich=enriching(asked), exact=1)
    ledger.record(make_hits(*make_reads(2)), "events", NOW)
    ledger.record(make_hits(make_record(eventName="DeleteObject", requestID="D1")), "events", NOW + 60)

    worse = [one.alert for one in store.messages.values() if one.alert.kind == "worse"]
    assert [one.evidence.bucket_facts for one in worse] == [BucketFacts("enabled")] * 3
    assert len(asked) == 2


def read_by_anyone(number: int, now: float) -> dict[str, Any]:
    """A read without credentials; each address comes sixteen times."""
    time, ip = f"{datetime.fromtimestamp(now, UTC):%Y-%m-%dT%H:%M:%SZ}", f"198.51.100.{number // 16}"
    return make_reads(1, number, userIdentity=ANONYMOUS, eventTime=time, sourceIPAddress=ip)[0]


def test_what_strangers_reach_for_weeks_is_one_thread_that_speaks_ever_less_often():
    store, start = MemoryStore(), window_start(NOW, WEEKS)
    ledger = Ledger(store)
    for hour in range(int(WEEKS) // 3600 - 1):
        ledger.record(make_hits(read_by_anyone(hour, start + hour * 3600)), "events", start + hour * 3600)
        ledger.roll_up_due(start + hour * 3600 + 1800)

    told = [one.alert for one in store.messages.values() if one.topic == "machines"]
    assert {one.id for one in told} == {only_group(store).id}
    assert [(one.last - start) / 3600 for one in told] == [0, 2, 4, 8, 16, 32, 64, 128, 256, 512]
    assert (told[-1].count, told[-1].distinct_ips, told[-1].news.ips) == (513, 33, 16)


def test_twice_as_much_as_was_told_of_a_state_is_told_soon_past_the_claims_too(store: Store):
    start = window_start(NOW, WEEKS)
    ledger = Ledger(store, exact=4)
    ledger.record(make_hits(*(read_by_anyone(number, start) for number in range(8))), "events", start)
    ledger.roll_up_due(start + 901)
    later = start + 100 * 3600
    ledger.roll_up_due(later)
    ledger.record(make_hits(*(read_by_anyone(number, later) for number in range(8, 15))), "events", later)
    few = only_group(store).due
    ledger.record(make_hits(read_by_anyone(15, later)), "events", later)

    assert (few, only_group(store).due) == (start + 128 * 3600, start + 101 * 3600)

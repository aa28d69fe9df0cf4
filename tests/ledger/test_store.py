"""What holds for both stores: the reference in memory, and DynamoDB."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from s3watch.errors import ConflictError
from s3watch.ledger.claims import Claim
from s3watch.ledger.counters import Sums
from s3watch.ledger.groups import Group, open_group
from s3watch.ledger.ledger import Ledger
from s3watch.ledger.messages import Message, announce
from s3watch.ledger.slots import Slot
from s3watch.ledger.store import Store
from s3watch.posture.digest import Digest, summarize
from s3watch.posture.grants import Grant, Posture
from s3watch.posture.review_state import Correction, ReviewState

from tests.support.hits import make_tally
from tests.support.sensitive import NOW, make_hits, make_reads

DIGEST = summarize(Posture((Grant("*", "read", "ACL"),)))
KNOWN = ReviewState(
    "hr-data", DIGEST, day="2026-11-20", attempts=1,
    corrections=(Correction("cause", "acl", {"Grants": []}, 1795162443.5),),
)  # fmt: skip


def test_a_bucket_without_a_review_has_no_posture(store):
    assert store.reviewed("hr-data") == ReviewState("hr-data")


def test_a_review_is_read_as_it_was_written(store):
    store.keep_reviewed(store.reviewed("hr-data"), KNOWN)
    first = store.reviewed("hr-data")
    store.keep_reviewed(first, ReviewState("hr-data", Digest()))

    assert first.version == 1
    assert (first.digest, first.corrections) == (KNOWN.digest, KNOWN.corrections)
    assert store.reviewed("hr-data") == ReviewState("hr-data", Digest(), version=2)


@pytest.mark.parametrize("known", [0, 1], ids=["the first review", "a later one"])
def test_the_second_of_two_concurrent_reviews_is_a_conflict(store, known):
    for _ in range(known):
        store.keep_reviewed(store.reviewed("hr-data"), KNOWN)
    before = store.reviewed("hr-data")
    store.keep_reviewed(before, KNOWN)

    with pytest.raises(ConflictError):
        store.keep_reviewed(before, KNOWN)


@pytest.fixture
def group(store: Store) -> Group:
    """A group of two accesses, past its claims."""
    Ledger(store, exact=2).record(make_hits(*make_reads(2)), "events", NOW)
    return read_only_group(store)


def read_only_group(store: Store) -> Group:
    (identity,) = store.due_groups(NOW + 1e9)
    found = store.group(identity)
    assert found
    return found


def test_a_group_is_read_as_it_was_written(store: Store, group: Group):
    changed = replace(group, keys=("payroll/gehälter.csv",), urgent=(NOW,), closed=True, due=NOW)
    store.write(group, changed, (), NOW)

    assert store.group(group.id) == replace(changed, version=group.version + 1)


def test_a_write_based_on_an_old_version_is_a_conflict(store: Store, group: Group):
    store.write(group, replace(group, sequence=5), (), NOW)

    with pytest.raises(ConflictError):
        store.write(group, replace(group, sequence=6), (), NOW)


def test_a_claim_that_is_taken_is_named_and_nothing_is_written(store: Store, group: Group):
    store.write(group, group, [Claim("mine", "said")], NOW)
    current = read_only_group(store)

    with pytest.raises(ConflictError) as conflict:
        store.write(current, replace(current, sequence=9), [Claim("new"), Claim("mine")], NOW)
    assert (conflict.value.claimed, store.group(group.id)) == ({"mine": "said"}, current)


def test_what_was_counted_blindly_survives_a_write_that_did_not_read_it(store: Store, group: Group):
    store.count(group.id, "events", Sums({"read": 5, "copy-out": 1}, 1, 2), NOW + 9)
    store.write(group, replace(group, sequence=2), (), NOW)

    assert (read_only_group(store).sums.acts, read_only_group(store).latest) == (
        {"read": 7, "copy-out": 1}, NOW + 9,
    )  # fmt: skip


def test_a_group_is_not_closed_over_what_was_counted_since_it_was_read(store: Store, group: Group):
    store.count(group.id, "events", Sums({"read": 1}), NOW)
    current = read_only_group(store)
    store.count(group.id, "events", Sums({"read": 1}), NOW)

    with pytest.raises(ConflictError):
        store.write(current, replace(current, closed=True), (), NOW)


def test_a_group_is_not_closed_over_the_first_that_was_counted(store: Store, group: Group):
    store.count(group.id, "events", Sums({"read": 1}), NOW)

    with pytest.raises(ConflictError):
        store.write(group, replace(group, closed=True), (), NOW)


@pytest.mark.parametrize("changes", [{"closed": True}, {"exact": True}], ids=["closed", "exact"])
def test_nothing_is_counted_blindly_in_a_group_that_is(store: Store, group: Group, changes: dict[str, bool]):
    store.write(group, replace(group, **changes), (), NOW)

    with pytest.raises(ConflictError):
        store.count(group.id, "events", Sums({"read": 1}), NOW)


def test_nothing_is_counted_in_a_group_that_is_missing(store: Store):
    with pytest.raises(ConflictError):
        store.count("GONE", "events", Sums({"read": 1}), NOW)


def test_turns_are_counted_with_the_group_that_is_opened(store: Store):
    tally = make_tally()
    for number in range(2):
        group = open_group(f"G{number}", "payroll", "", tally, NOW)
        store.write(None, group, (), NOW, turns="alice#7")

    assert (store.turns("alice#7"), store.turns("bob#7"), store.take_turn("alice#7", NOW)) == (2, 0, 3)


def put(store: Store, *levels: str, waits: bool = False) -> list[Message]:
    """Messages of new groups, all due now."""
    put: list[Message] = []
    for number, level in enumerate(levels):
        tally = make_tally(level=level)
        group, messages = announce(
            open_group(f"G{level}{number}", "", "", tally, NOW), "first", NOW, rule="r"
        )
        messages = tuple(replace(one, due=NOW - number, waits=waits) for one in messages)
        store.write(None, group, (), NOW, messages=messages)
        put += messages
    return put


def test_due_messages_come_by_queue_then_by_time(store: Store):
    put(store, "high", "critical", "high")
    put(store, "low", waits=True)

    assert store.due_messages("mail", NOW) == [
        "mail#Gcritical1#1", "mail#Ghigh2#1", "mail#Ghigh0#1", "mail#Glow0#1",
    ]  # fmt: skip
    assert store.due_messages("chat", NOW - 1) == ["chat#Gcritical1#1", "chat#Ghigh2#1"]


def test_a_message_is_leased_by_one_sender_at_a_time(store: Store):
    message, *_ = put(store, "high")
    leased = store.lease(message.id, NOW, NOW + 60)

    assert leased == replace(message, leased_until=NOW + 60, due=NOW + 60)
    assert [store.lease(message.id, NOW + s, NOW + 90) is None for s in (0, 59, 60)] == [True, True, False]


def test_a_leased_message_is_due_when_its_lease_expires(store: Store):
    message, *_ = put(store, "high")
    store.lease(message.id, NOW, NOW + 60)

    assert [store.due_messages("mail", NOW + s) for s in (59, 60)] == [[], [message.id]]


def test_a_postponed_message_is_due_in_the_queue_it_waits_in(store: Store):
    first, *_ = put(store, "high", "critical")
    leased = store.lease(first.id, NOW, NOW + 60)
    store.postpone(leased, NOW, waits=True)

    assert store.due_messages("mail", NOW)[-1] == first.id
    assert store.lease(first.id, NOW, NOW + 60).waits


def test_a_lease_that_has_expired_postpones_nothing(store: Store):
    message, *_ = put(store, "high")
    first = store.lease(message.id, NOW, NOW + 60)
    second = store.lease(message.id, NOW + 61, NOW + 121)
    store.postpone(first, NOW, waits=True)

    assert (store.due_messages("mail", NOW + 62), second.waits) == ([], False)


def test_messages_that_were_sent_are_sent_by_nobody_else(store: Store):
    messages = put(store, *["high"] * 12)
    store.mark_sent([message for message in messages if message.topic != "chat"], NOW)

    assert [len(store.due_messages(topic, NOW)) for topic in ("mail", "chat", "machines")] == [0, 12, 0]
    assert store.lease(messages[0].id, NOW, NOW + 60) is None


def test_what_is_added_to_slots_twice_is_there_once(store: Store):
    store.add_to_slots("series#1", {12: Slot(frozenset({b"a", b"b"})), 14: Slot(more=3)}, NOW)
    after = store.add_to_slots("series#1", {12: Slot(frozenset({b"b", b"c"}))}, NOW)

    assert after == {12: Slot(frozenset({b"a", b"b", b"c"})), 14: Slot(more=3)}
    assert store.slots("series#1") == after


def test_slots_to_which_nothing_was_added_are_empty(store: Store):
    assert store.slots("series#1") == {}

"""What a snoozed group tells, and when: what can wait waits for the end, what is worse goes at once."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from s3watch.alerts.alert import Alert, Snooze, Verdict
from s3watch.errors import RefusedError
from s3watch.findings.guardduty import read
from s3watch.findings.loose_json import Document
from s3watch.ledger.groups import Group, closes_at
from s3watch.ledger.ledger import Ledger
from s3watch.ledger.memory_store import MemoryStore
from s3watch.ledger.messages import TOPICS, roll_up
from s3watch.ledger.silence.snoozes import snooze_group
from s3watch.ledger.store import Store
from s3watch.ledger.verdicts import give_verdict

from tests.support.cloudtrail import make_record
from tests.support.hits import EVIDENCE, add, make_group, make_tally
from tests.support.sample_findings import guardduty
from tests.support.sensitive import NOW, make_hits, make_reads

ANALYST = "arn:aws:sts::111122223333:assumed-role/Analyst/carol"
HOUR, END = 3600.0, NOW + 1e9
UNTIL = NOW + 4 * HOUR  # after the end of the group, at 12:15
DELETE = make_record(eventName="DeleteObject", requestID="DELETE", eventID="delete")


def snooze(store: Store, until: float = UNTIL, now: float = NOW + 60) -> Snooze:
    """Snooze the only group."""
    held = Snooze(until, ANALYST, now, "we look into it")
    snooze_group(store, only_group(store), held, now)
    return held


def only_group(store: Store) -> Group:
    (identity,) = store.due_groups(END)
    group = store.group(identity)
    assert group
    return group


def told(store: Store, group: Group) -> list[Alert]:
    """The mails of a group that are not sent."""
    leased = [
        store.lease(f"mail#{group.id}#{number}", END, END + 60) for number in range(1, group.sequence + 1)
    ]
    return [one.alert for one in leased if one]


@pytest.fixture
def ledger(store: Store) -> Ledger:
    """A ledger with a group of one read, whose first message is written."""
    ledger = Ledger(store, exact=4)
    ledger.record(make_hits(*make_reads(1)), "events", NOW)
    return ledger


def test_a_snooze_is_kept_with_its_group_with_who_and_when(store: Store, ledger: Ledger):
    assert only_group(store).snooze != snooze(store) == only_group(store).snooze


def test_what_came_meanwhile_is_told_in_one_roll_up_when_it_is_over(store: Store, ledger: Ledger):
    held = snooze(store)
    for minute in range(1, 7):  # beyond the four that are claimed, too
        ledger.record(make_hits(*make_reads(1, minute)), "events", NOW + 60 * minute)
        ledger.roll_up_due(NOW + minute * HOUR / 2)
    waiting = only_group(store)
    assert (waiting.sequence, waiting.due, waiting.count) == (1, UNTIL, 7)

    assert ledger.roll_up_due(UNTIL) == len(TOPICS)
    first, last = told(store, only_group(store))
    assert (first.snooze, last.kind, last.count, last.snooze) == (None, "rollup", 7, held)


def test_after_it_roll_ups_go_on(store: Store, ledger: Ledger):
    snooze(store)
    ledger.roll_up_due(UNTIL)
    ledger.record(make_hits(*make_reads(1, 1)), "events", UNTIL + 60)

    assert UNTIL < only_group(store).due <= UNTIL + HOUR


def test_what_is_worse_is_told_at_once(store: Store, ledger: Ledger):
    held = snooze(store)
    ledger.record(make_hits(DELETE), "events", NOW + 120)
    group = only_group(store)

    assert [(one.kind, one.evidence.act, one.snooze) for one in told(store, group)] == [
        ("first", "read", None), ("worse", "delete", held),
    ]  # fmt: skip
    assert group.due >= UNTIL


def test_an_end_that_comes_meanwhile_is_told_when_it_is_over(store: Store, ledger: Ledger):
    ledger.record(make_hits(*make_reads(1, 1)), "events", NOW + 10)
    identity, end = only_group(store).id, closes_at(only_group(store))
    snooze(store, end + HOUR)
    ledger.roll_up_due(end)
    assert (only_group(store).sequence, only_group(store).due) == (1, end + HOUR)

    ledger.roll_up_due(end + HOUR)
    ended = store.group(identity)
    assert ended
    assert (ended.closed, [one.kind for one in told(store, ended)]) == (True, ["first", "closed"])


def test_another_snooze_counts_instead_and_one_that_is_over_ends_it(store: Store, ledger: Ledger):
    ledger.record(make_hits(*make_reads(1, 1)), "events", NOW + 10)
    snooze(store)
    snooze(store, UNTIL + HOUR, NOW + 120)
    assert only_group(store).due == UNTIL + HOUR

    snooze(store, NOW + 180, NOW + 180)
    assert (only_group(store).due, ledger.roll_up_due(NOW + 900)) == (NOW + 900, len(TOPICS))


def test_a_verdict_on_a_snoozed_group_is_a_verdict(store: Store, ledger: Ledger):
    held = snooze(store)
    give_verdict(store, only_group(store), Verdict("expected", ANALYST, NOW + 90), NOW + 90)
    group = only_group(store)

    assert (group.is_quiet, group.snooze, group.due) == (True, held, max(UNTIL, closes_at(group)))


def test_a_roll_up_that_is_due_all_the_same_is_held():
    group = replace(
        make_group(2), snooze=Snooze(UNTIL, ANALYST, NOW), due=NOW + 900
    )  # as of an older version

    assert roll_up(group, NOW + 900) == (replace(group, due=max(UNTIL, closes_at(group))), ())


def test_a_finding_that_its_service_closes_is_told_at_once():
    found = read(Document(guardduty()))
    evidence = replace(EVIDENCE, finding=found, time=NOW)
    known = replace(make_group(evidence=evidence), snooze=Snooze(UNTIL, ANALYST, NOW), due=None)
    more = make_tally(2, evidence=replace(evidence, finding=replace(found, count=9), time=NOW + 10))
    after, waits = add(known, more, NOW + 10)
    archived = replace(evidence, finding=replace(found, state="archived"), time=NOW + 20)
    _, end = add(after, make_tally(evidence=archived), NOW + 20)

    assert (after.due, waits, {one.alert.kind for one in end}) == (UNTIL, (), {"closed"})


def test_a_group_that_has_ended_is_not_snoozed(store: Store, ledger: Ledger):
    group = only_group(store)
    ledger.roll_up_due(closes_at(group))
    ended = store.group(group.id)
    assert ended

    with pytest.raises(RefusedError, match="the alert has ended, there is nothing to hold"):
        snooze_group(store, ended, Snooze(END, ANALYST, NOW), NOW)


def test_whoever_has_not_read_the_latest_message_does_not_snooze_it(store: Store, ledger: Ledger):
    seen = only_group(store)
    ledger.record(make_hits(DELETE), "events", NOW)

    with pytest.raises(RefusedError, match="look at it, then judge"):
        snooze_group(store, seen, Snooze(UNTIL, ANALYST, NOW), NOW)


ACCESSES = st.tuples(
    st.sampled_from(["GetObject", "PutObject", "DeleteObject", "PutObjectAcl"]), st.integers(0, 5)
)


@given(st.lists(ACCESSES, max_size=12), st.integers(0, 12))
def test_a_snooze_puts_off_nothing_that_could_not_wait(accesses: list[tuple[str, int]], at: int):
    """What is told before its end is what is told without one where no sweep comes: then all is told."""
    stores = MemoryStore(), MemoryStore()
    for store in stores:
        ledger = Ledger(store)
        ledger.record(make_hits(*make_reads(1)), "events", NOW)
        for number, (name, key) in enumerate(accesses):
            if number == at and store is stores[0]:
                snooze(store)
            record = make_record(
                eventName=name, key=f"payroll/{key}.csv", requestID=f"R{number}", eventID=f"e{number}"
            )
            ledger.record(make_hits(record), "events", NOW + 60 + number)
            if store is stores[0] and number >= at:
                ledger.roll_up_due(UNTIL - 1)
    snoozed, other = map(only_group, stores)

    assert [_said(one) for one in told(stores[0], snoozed)] == [_said(one) for one in told(stores[1], other)]
    Ledger(stores[0]).roll_up_due(max(UNTIL, snoozed.due or 0))
    assert not any(group.has_news for group in stores[0].groups.values())


def _said(alert: Alert) -> tuple[Any, ...]:
    return alert.kind, alert.level, alert.acts, alert.rules, alert.evidence

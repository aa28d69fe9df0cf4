from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from msgspec.structs import replace
from s3watch.alerts.alert import Judgement, Verdict
from s3watch.errors import BusyError, ConflictError, RefusedError
from s3watch.findings.guardduty import read
from s3watch.findings.loose_json import Document
from s3watch.ledger.groups import Group, closes_at, fold
from s3watch.ledger.ledger import Ledger
from s3watch.ledger.memory_store import MemoryStore
from s3watch.ledger.messages import TOPICS, roll_up
from s3watch.ledger.store import Store
from s3watch.ledger.verdicts import give_verdict

from tests.support.cloudtrail import make_record
from tests.support.hits import EVIDENCE, add, make_group, make_tally
from tests.support.sample_findings import guardduty
from tests.support.sensitive import NOW, make_hits, make_reads

ANALYST = "arn:aws:sts::111122223333:assumed-role/Analyst/carol"
END = NOW + 1e9
SAID: dict[str, Any] = {"count": 1, "acts": ("read",), "rules": ("unexpected-access",)}  # of make_reads(1)
DELETE = make_record(eventName="DeleteObject", requestID="DELETE", eventID="delete")


def judge(store: Store, judgement: Judgement = "expected", now: float = NOW + 60) -> Verdict:
    """Give a verdict on the only group; returns it as it is kept, with what it is about."""
    verdict = Verdict(judgement, ANALYST, now, "month's end")
    give_verdict(store, only_group(store), verdict, now)
    return replace(verdict, **SAID)


def only_group(store: Store) -> Group:
    (identity,) = store.due_groups(END)
    group = store.group(identity)
    assert group
    return group


def messages(store: Store, group: Group) -> list[tuple[str, str]]:
    """The kind and the topic of each message that is not sent, by number."""
    numbers = range(1, group.sequence + 1)
    names = [(number, f"{topic}#{group.id}#{number}") for number in numbers for topic in TOPICS]
    leased = [store.lease(name, END, END + 60) for _, name in names]
    return [(one.alert.kind, one.topic) for one in leased if one]


def to_all(*kinds: str) -> list[tuple[str, str]]:
    return [(kind, topic) for kind in kinds for topic in TOPICS]


class Interrupted(MemoryStore):
    """Lets others write just before a verdict is stored."""

    def __init__(self, *steps: Any) -> None:
        super().__init__()
        self.steps = list(steps)

    def judge(self, before: Group, after: Group, now: float) -> None:
        if self.steps:
            self.steps.pop(0)()
        super().judge(before, after, now)


@pytest.fixture
def ledger(store: Store) -> Ledger:
    """A ledger with a group of one read, whose first message is written."""
    ledger = Ledger(store, exact=4)
    ledger.record(make_hits(*make_reads(1)), "events", NOW)
    return ledger


def test_a_verdict_is_kept_with_its_group_with_who_and_when(store: Store, ledger: Ledger):
    verdict = judge(store)

    assert only_group(store).verdict == verdict


def test_after_a_closing_verdict_hits_count_and_are_told_at_the_end_only(store: Store, ledger: Ledger):
    judge(store)
    for minute in range(1, 7):  # beyond the four that are claimed, too
        ledger.record(make_hits(*make_reads(1, minute)), "events", NOW + 60 * minute)
    written = ledger.roll_up_due(NOW + 3600)
    group = only_group(store)

    assert (group.count, group.due, written) == (7, closes_at(group), 0)
    ledger.roll_up_due(closes_at(group))
    assert messages(store, store.group(group.id)) == to_all("first", "closed")


@pytest.mark.parametrize("judgement", ["expected", "false-positive", "true-positive"])
def test_the_end_says_the_verdict(store: Store, ledger: Ledger, judgement: Judgement):
    verdict = judge(store, judgement)
    group = only_group(store)
    ledger.roll_up_due(closes_at(group))

    assert store.lease(f"machines#{group.id}#2", END, END + 60).alert.verdict == verdict


def test_a_judged_group_that_ends_without_anything_new_says_so_to_machines_only(store: Store, ledger: Ledger):
    judge(store)
    group = only_group(store)
    ledger.roll_up_due(closes_at(group))

    assert messages(store, store.group(group.id)) == [*to_all("first"), ("closed", "machines")]


def test_a_roll_up_that_was_due_is_not_told_once_the_group_is_judged(store: Store, ledger: Ledger):
    ledger.record(make_hits(*make_reads(1, 1)), "events", NOW + 10)
    due = only_group(store).due
    judge(store)

    assert (due, ledger.roll_up_due(NOW + 900)) == (NOW + 900, 0)
    assert only_group(store).due == closes_at(only_group(store))


def test_what_is_worse_is_told_at_once_and_overtakes_the_verdict(store: Store, ledger: Ledger):
    judge(store)
    ledger.record(make_hits(DELETE), "events", NOW + 120)
    group = only_group(store)
    (worse,) = [store.lease(f"mail#{group.id}#2", END, END + 60).alert]

    assert (worse.kind, worse.evidence.act, worse.verdict.overtaken) == ("worse", "delete", True)
    ledger.record(make_hits(*make_reads(1, 1)), "events", NOW + 130)
    assert (ledger.roll_up_due(NOW + 900), only_group(store).sequence) == (3, 3)


def test_what_was_overtaken_can_be_judged_again(store: Store, ledger: Ledger):
    judge(store)
    ledger.record(make_hits(DELETE), "events", NOW + 120)
    judge(store, now=NOW + 180)
    ledger.record(make_hits(*make_reads(1, 1)), "events", NOW + 190)

    assert (ledger.roll_up_due(NOW + 3600), only_group(store).is_quiet) == (0, True)


def test_after_true_positive_roll_ups_go_on_and_say_it(store: Store, ledger: Ledger):
    verdict = judge(store, "true-positive")
    ledger.record(make_hits(*make_reads(1, 1)), "events", NOW + 70)
    ledger.roll_up_due(NOW + 900)
    group = only_group(store)

    assert messages(store, group) == to_all("first", "rollup")
    assert only_group(store).verdict == verdict


def test_true_positive_instead_of_expected_tells_at_the_next_roll_up_what_was_not_told(
    store: Store, ledger: Ledger
):
    judge(store)
    ledger.record(make_hits(*make_reads(1, 1)), "events", NOW + 70)
    judge(store, "true-positive", NOW + 80)

    assert (only_group(store).due, ledger.roll_up_due(NOW + 900)) == (NOW + 900, 3)


def test_a_verdict_puts_off_neither_a_roll_up_nor_an_end_that_is_due(store: Store, ledger: Ledger):
    ledger.record(make_hits(*make_reads(1, 1)), "events", NOW + 10)
    judge(store, "true-positive", NOW + 1000)
    rollup = only_group(store).due
    end = closes_at(only_group(store))
    judge(store, "expected", end + 5)

    assert (rollup, ledger.roll_up_due(end + 6)) == (NOW + 900, 3)


def test_a_roll_up_that_is_due_all_the_same_is_not_told():
    known = replace(make_group(), verdict=Verdict("expected", ANALYST, NOW))
    group = replace(fold(known, make_tally(3), NOW + 10), due=NOW + 900)  # as of a version without verdicts

    assert roll_up(group, NOW + 900) == (replace(group, due=closes_at(group)), ())


def test_a_judged_finding_is_told_again_only_when_its_service_closes_it_or_rates_it_worse():
    found = read(Document(guardduty()))
    evidence = replace(EVIDENCE, finding=found, time=NOW)
    known = replace(make_group(evidence=evidence), verdict=Verdict("expected", ANALYST, NOW), due=None)
    more = make_tally(2, evidence=replace(evidence, finding=replace(found, count=9), time=NOW + 10))
    archived = replace(evidence, finding=replace(found, state="archived"), time=NOW + 20)
    after, told = add(known, more, NOW + 10)
    _, end = add(after, make_tally(evidence=archived), NOW + 20)

    assert (after.has_news, after.due, told) == (True, None, ())
    assert {(one.alert.kind, one.alert.verdict.overtaken) for one in end} == {("closed", False)}


def test_a_closed_group_can_be_judged_and_what_comes_late_is_told_with_the_verdict(
    store: Store, ledger: Ledger
):
    group = only_group(store)
    end = closes_at(group)
    ledger.roll_up_due(end)
    verdict = Verdict("expected", ANALYST, end + 60)
    give_verdict(store, store.group(group.id), verdict, end + 60)
    closed = store.group(group.id)
    ledger.record(make_hits(*make_reads(1, 1)), "log_files", end + 120)
    ledger.roll_up_due(end + 7200)

    verdict = replace(verdict, **SAID)
    assert (closed.closed, closed.due, closed.verdict) == (True, None, verdict)
    late = store.lease(f"mail#{group.id}#3", END, END + 60).alert
    assert (late.kind, late.count, late.verdict) == ("closed", 2, verdict)


def test_a_verdict_that_meets_another_write_is_stored_with_what_that_wrote():
    store = Interrupted(lambda: ledger.record(make_hits(*make_reads(1, 1)), "events", NOW + 59))
    ledger = Ledger(store)
    ledger.record(make_hits(*make_reads(1)), "events", NOW)
    verdict = judge(store)

    assert (only_group(store).count, only_group(store).verdict) == (2, verdict)


def test_a_verdict_that_meets_worse_news_is_not_stored_since_nobody_has_read_it():
    store = Interrupted(lambda: ledger.record(make_hits(DELETE), "events", NOW + 59))
    ledger = Ledger(store)
    ledger.record(make_hits(*make_reads(1)), "events", NOW)

    with pytest.raises(RefusedError, match="a message about it was just written; look at it, then judge"):
        judge(store)
    assert only_group(store).verdict is None


def test_a_verdict_on_what_is_gone_is_refused(store: Store, ledger: Ledger):
    group = only_group(store)
    store = MemoryStore()

    with pytest.raises(RefusedError, match="the alert is not there any more"):
        give_verdict(store, group, Verdict("expected", ANALYST, NOW), NOW)


def test_a_verdict_that_always_meets_another_write_gives_up(monkeypatch: pytest.MonkeyPatch):
    store = MemoryStore()
    Ledger(store).record(make_hits(*make_reads(1)), "events", NOW)

    def conflict(*_: Any) -> None:
        raise ConflictError

    monkeypatch.setattr(store, "judge", conflict)
    with pytest.raises(BusyError, match="too many concurrent writes"):
        judge(store)


def test_nothing_is_lost_between_writers_and_verdicts(store: Store, ledger: Ledger):
    def record(number: int) -> list[Any]:
        return ledger.record(make_hits(*make_reads(2, 1 + 2 * number)), "events", NOW + number)

    def verdict(number: int) -> None:
        judge(store, now=NOW + number)

    with ThreadPoolExecutor(4) as pool:
        left = list(pool.map(record, range(20)))
        list(pool.map(verdict, range(10)))
        left += list(pool.map(lambda n: (record(n), verdict(n))[0], range(20, 30)))

    group = only_group(store)
    assert (sum(map(len, left)), group.count, group.is_quiet) == (0, 61, True)

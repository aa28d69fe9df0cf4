from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
from s3watch.alerts.sns_message import Publication
from s3watch.aws.dynamodb_store import DynamoDBStore
from s3watch.errors import UnavailableError
from s3watch.ledger.groups import FIRST_ROLLUP
from s3watch.ledger.ledger import Ledger, group_key
from s3watch.ledger.memory_store import MemoryStore
from s3watch.ledger.outbox import LEASE
from s3watch.ledger.store import Store
from s3watch.pipelines.notify import Delivery, Topics

from tests.support.cloudtrail import make_record, make_user
from tests.support.ledger_table import TABLE
from tests.support.sensitive import NOW, RULESET, make_hits, make_reads

DETECTIONS = {detection.rule: detection for detection in RULESET.detections}


@dataclass
class Outside:
    """What is outside our process: the topics, which can be made to fail."""

    mails: list[Publication] = field(default_factory=list)
    chats: list[Publication] = field(default_factory=list)
    away: set[str] = field(default_factory=set)

    def topics(self) -> Topics:
        return Topics(self._topic("alerts", self.mails), self._topic("chat", self.chats))

    def _topic(self, name: str, inbox: list[Publication]) -> Callable[[Publication], None]:
        def publish(publication: Publication) -> None:
            if name in self.away:
                raise UnavailableError(f"SNS: {name} is away")
            inbox.append(publication)

        return publish


def kinds(publications: list[Publication]) -> list[str]:
    return [publication.attributes["kind"]["StringValue"] for publication in publications]


@pytest.fixture
def outside() -> Outside:
    return Outside()


@pytest.fixture
def delivery(store: Store, outside: Outside) -> Delivery:
    return Delivery(store, outside.topics(), DETECTIONS)


def record(store: Store, *records: dict[str, Any], now: float = NOW) -> list[str]:
    """Record hits and return the ids of the groups."""
    Ledger(store).record(make_hits(*records), "events", now)
    return list(store.due_groups(now + 1e9))


def test_a_pending_message_goes_to_both_topics_once(store: Store, delivery: Delivery, outside: Outside):
    (group,) = record(store, make_record())

    assert [delivery.deliver(group, NOW), delivery.deliver(group, NOW + 1)] == [True, False]
    assert (kinds(outside.mails), kinds(outside.chats)) == (["first"], ["first"])


def test_a_second_sender_leaves_a_leased_message_alone(store: Store, outside: Outside):
    (group,) = record(store, make_record())
    other = Delivery(store, outside.topics(), DETECTIONS)
    answers: list[bool] = []

    def publish(publication: Publication) -> None:
        answers.append(other.deliver(group, NOW))

    first = Delivery(store, Topics(publish, outside.mails.append), DETECTIONS)

    assert (first.deliver(group, NOW), answers) == (True, [False])


def test_a_burst_of_100_000_events_is_at_most_three_messages_and_none_is_lost(outside: Outside):
    store = MemoryStore()
    ledger, delivery = Ledger(store), Delivery(store, outside.topics(), DETECTIONS)
    for batch in range(200):  # one group, 500 at a time, over 15 minutes
        now = NOW + batch * 4.5
        ledger.record(make_hits(*make_reads(500, batch * 500)), "events", now)
        for group in store.groups:
            delivery.deliver(group, now)
        delivery.sweep(now)
    in_the_first_quarter_hour = len(outside.mails)
    delivery.sweep(NOW + 1e6)

    findings = [json.loads(json.loads(mail.message)["sqs"]) for mail in outside.mails]
    assert (in_the_first_quarter_hour <= 3, findings[-1]["count"]) == (True, 100_000)


def test_hits_after_the_first_message_are_reported_by_the_roll_up(
    store: Store, delivery: Delivery, outside: Outside
):
    (group,) = record(store, make_record())
    delivery.deliver(group, NOW)
    record(store, *make_reads(6))
    delivery.sweep(NOW + FIRST_ROLLUP)

    finding = json.loads(json.loads(outside.mails[-1].message)["sqs"])
    assert (kinds(outside.mails), finding["count"]) == (["first", "rollup"], 7)


def test_the_sweeper_sends_what_the_stream_did_not(store: Store, delivery: Delivery, outside: Outside):
    record(store, make_record())
    delivery.sweep(NOW + 59)
    delivery.sweep(NOW + 61)

    assert kinds(outside.mails) == ["first"]


def test_a_message_that_sns_did_not_accept_stays_pending(store: Store, delivery: Delivery, outside: Outside):
    (group,) = record(store, make_record())
    outside.away = {"alerts"}
    with pytest.raises(UnavailableError):
        delivery.deliver(group, NOW)
    outside.away = set()
    delivery.sweep(NOW + 1)

    assert kinds(outside.mails) == ["first"]


def test_a_failing_chat_topic_causes_no_second_e_mail(store: Store, delivery: Delivery, outside: Outside):
    (group,) = record(store, make_record())
    outside.away = {"chat"}
    with pytest.raises(UnavailableError):
        delivery.deliver(group, NOW)
    outside.away = set()
    delivery.sweep(NOW + 1)

    assert (kinds(outside.mails), kinds(outside.chats)) == (["first"], ["first"])


def test_a_message_that_cannot_be_sent_does_not_stop_the_others(store: Store, outside: Outside):
    record(store, make_record(), make_record(userIdentity=make_user(), requestID="OTHER"))
    tries: list[Publication] = []

    def publish(publication: Publication) -> None:
        tries.append(publication)
        if len(tries) == 1:
            raise UnavailableError("SNS: away for a moment")
        outside.mails.append(publication)

    with pytest.raises(UnavailableError):
        Delivery(store, Topics(publish, outside.chats.append), DETECTIONS).sweep(NOW + 61)

    assert kinds(outside.mails) == ["first"]


def make_crowd(people: int) -> list[dict[str, Any]]:
    return [
        make_record(userIdentity=make_user(f"user-{n}"), requestID=f"REQUEST{n}", eventID=f"e{n}")
        for n in range(people)
    ]


def test_many_groups_at_once_become_a_few_messages_and_one_digest(
    store: Store, delivery: Delivery, outside: Outside
):
    for group in record(store, *make_crowd(30)):
        delivery.deliver(group, NOW)
    delivery.sweep(NOW + 1)

    assert kinds(outside.mails) == ["first"] * 8 + ["digest"]
    assert store.due_groups(NOW + 1e9) == []


def test_a_critical_message_is_sent_while_others_are_held_back(
    store: Store, delivery: Delivery, outside: Outside
):
    for group in record(store, *make_crowd(30)):
        delivery.deliver(group, NOW)
    critical = make_record(
        userIdentity={"type": "AWSAccount", "principalId": "", "accountId": "anonymous"}, requestID="CRITICAL"
    )
    before = set(store.due_groups(NOW + 1e9))
    (group,) = set(record(store, critical)) - before

    assert (delivery.deliver(group, NOW), outside.mails[-1].attributes["severity"]["StringValue"]) == (
        True,
        "critical",
    )


def test_a_held_back_message_waits_for_the_sweep(store: Store, delivery: Delivery, outside: Outside):
    groups = record(store, *make_crowd(12))
    sent = [delivery.deliver(group, NOW) for group in groups]
    before = [store.group(group) for group in groups]
    again = [delivery.deliver(group, NOW + 1) for group in groups]  # as the stream does for every write

    assert (sent.count(True), any(again), [store.group(group) for group in groups]) == (8, False, before)


def test_a_message_that_a_topic_refused_waits_for_the_sweep(
    store: Store, delivery: Delivery, outside: Outside
):
    (group,) = record(store, make_record())
    outside.away = {"chat"}
    with pytest.raises(UnavailableError):
        delivery.deliver(group, NOW)
    before = (store.group(group), store.rate("alerts"))

    assert (delivery.deliver(group, NOW + 1), (store.group(group), store.rate("alerts"))) == (False, before)


def test_a_digest_is_mailed_once_although_chat_fails(store: Store, delivery: Delivery, outside: Outside):
    for group in record(store, *make_crowd(14)):
        delivery.deliver(group, NOW)
    outside.away = {"chat"}
    for minute in range(1, 4):
        with pytest.raises(UnavailableError):
            delivery.sweep(NOW + minute * 60)
    outside.away = set()
    delivery.sweep(NOW + 300)

    assert kinds(outside.mails) == ["first"] * 8 + ["digest"]
    assert (kinds(outside.chats)[-1], store.due_groups(NOW + 1e9)) == ("digest", [])


def test_critical_messages_are_not_delayed_by_a_flood_of_others(
    store: Store, delivery: Delivery, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("s3watch.aws.dynamodb_store.MOST_DUE", 10)  # groups that one sweep takes up
    record(store, *make_crowd(14))
    before = set(store.due_groups(NOW + 1e9))
    nobody = {"type": "AWSAccount", "principalId": "", "accountId": "anonymous"}
    critical = set(record(store, make_record(userIdentity=nobody, requestID="WORST"))) - before
    delivery.sweep(NOW + 61)

    assert [store.group(group).reported for group in critical] == [1]


def test_messages_held_back_by_a_sweep_are_in_its_digest(store: Store, delivery: Delivery, outside: Outside):
    record(store, *make_crowd(14))  # the stream never woke notify
    delivery.sweep(NOW + 61)

    assert (kinds(outside.mails), store.due_groups(NOW + 1e9)) == (["first"] * 8 + ["digest"], [])


def test_a_group_that_cannot_be_read_does_not_stop_the_others(table: Any, outside: Outside):
    store = DynamoDBStore(table, TABLE)
    groups = record(store, *make_crowd(3))
    table.update_item(
        TableName=TABLE, Key={"pk": {"S": f"group#{groups[0]}"}}, UpdateExpression="SET body = :body",
        ExpressionAttributeValues={":body": {"B": b"{"}},
    )  # fmt: skip

    with pytest.raises(msgspec.DecodeError):
        Delivery(store, outside.topics(), DETECTIONS).sweep(NOW + 61)
    assert kinds(outside.mails) == ["first"] * 2


class KilledError(BaseException):
    """Ends the process; our code must not catch it."""


class Fatal:
    """Passes some calls on to what it wraps, then kills the process before or after one."""

    def __init__(self, inner: Any, calls: int, *, after: bool) -> None:
        self._inner, self._calls, self._after = inner, calls, after

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            self._calls -= 1
            if self._calls == 0 and not self._after:
                raise KilledError
            answer = getattr(self._inner, name)(*args, **kwargs)
            if self._calls == 0:
                raise KilledError
            return answer

        return call


def work(store: Any, mails: Any, records: list[dict[str, Any]], now: float) -> None:
    """Process a batch completely: detect records it, the stream invokes notify, the schedule the sweeper."""
    Ledger(store).record(make_hits(*records), "events", now)
    delivery = Delivery(store, Topics(mails.append, lambda publication: None), DETECTIONS)
    for group in store.due_groups(now + 1e9):
        delivery.deliver(group, now)
    delivery.sweep(now)


def kill_points() -> Iterator[tuple[int, bool, bool]]:
    """Yield the points before and after each call that leaves the process: to the store, to SNS."""
    for calls in range(1, 40):
        for after in (False, True):
            yield calls, after, False
    yield 1, False, True
    yield 1, True, True


@pytest.mark.parametrize(
    ("calls", "after", "at_sns"),
    list(kill_points()),
    ids=str,
)
def test_a_process_killed_between_any_two_steps_loses_nothing(
    store: Store, calls: int, after: bool, at_sns: bool
):
    mails: list[Publication] = []
    records = [*make_reads(3), make_record(userIdentity=make_user(), requestID="OTHER")]
    fatal_store = store if at_sns else Fatal(store, calls, after=after)
    fatal_mails = Fatal(mails, calls, after=after) if at_sns else mails
    with suppress(KilledError):
        work(fatal_store, fatal_mails, records, NOW)
    groups = [store.group(group_key(hit.access, NOW).group) for hit in make_hits(*records)]
    marked = {group.id for group in groups if group and group.reported}
    sent_and_not_marked = len(mails) - len(marked)
    work(store, mails, records, NOW + LEASE + 60)  # SQS delivers the batch again
    Delivery(store, Topics(mails.append, lambda publication: None), DETECTIONS).sweep(NOW + 1e6)

    findings = [json.loads(json.loads(mail.message)["sqs"]) for mail in mails]
    counts = {finding["finding_info"]["uid"]: finding["count"] for finding in findings}
    assert (sorted(counts.values()), store.due_groups(NOW + 1e9)) == ([1, 3], [])
    assert len(mails) == 2 + sent_and_not_marked, "twice only between SNS's answer and the mark"

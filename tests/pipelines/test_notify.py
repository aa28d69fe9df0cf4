from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from s3watch.alerts.sns_message import Publication
from s3watch.aws.dynamodb_store import DynamoDBStore
from s3watch.errors import BusyError, ConflictError, UnavailableError
from s3watch.ledger.groups import FIRST_ROLLUP
from s3watch.ledger.ledger import Ledger
from s3watch.ledger.memory_store import MemoryStore
from s3watch.ledger.messages import TOPICS, UNSENT, Topic
from s3watch.ledger.store import Store
from s3watch.pipelines.notify import LEASE, PATIENCE, SENDING, Delivery, Publish

from tests.support.cloudtrail import ANONYMOUS, make_record, make_user
from tests.support.ledger_table import TABLE
from tests.support.sensitive import NOW, RULESET, make_hits, make_reads, make_reads_by_names

DETECTIONS = {detection.rule: detection for detection in RULESET.detections}


@dataclass
class Outside:
    """What is outside our process: the topics, which can be made to fail, and the clock."""

    inbox: dict[Topic, list[Publication]] = field(default_factory=lambda: {topic: [] for topic in TOPICS})
    away: set[Topic] = field(default_factory=set)
    now: float = NOW

    def clock(self) -> float:
        return self.now

    def topics(self) -> dict[Topic, Publish]:
        return {topic: self._topic(topic) for topic in TOPICS}

    def _topic(self, name: Topic) -> Publish:
        def publish(publication: Publication) -> None:
            if name in self.away:
                raise UnavailableError(f"SNS: {name} is away")
            self.inbox[name].append(publication)

        return publish

    def kinds(self, topic: Topic = "mail") -> list[str]:
        return [one.attributes["kind"]["StringValue"] for one in self.inbox[topic]]

    def counts(self) -> list[int]:
        return [json.loads(one.message)["count"] for one in self.inbox["machines"]]


@pytest.fixture
def outside() -> Outside:
    return Outside()


@dataclass
class Account:
    """The ledger and the delivery, and what runs them."""

    store: Store
    outside: Outside
    seen: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.store)
        self.delivery = Delivery(self.store, self.outside.topics(), DETECTIONS)

    def record(self, *records: dict[str, Any]) -> None:
        self.ledger.record(make_hits(*records), "events", self.outside.now)

    def new_messages(self) -> list[str]:
        """All messages that are new, once each, also those that wait, which the stream does not report."""
        later = self.outside.now + 1e9
        ids = [name for topic in TOPICS for name in self.store.due_messages(topic, later)]
        new = [name for name in ids if name not in self.seen]
        self.seen.update(new)
        return new

    def notify(self) -> dict[Topic, str]:
        return self.delivery.deliver(self.new_messages(), self.outside.clock).failures

    def sweep(self, after: float = 0) -> None:
        """Run the sweep, some seconds later."""
        self.outside.now += after
        try:
            self.delivery.sweep(self.outside.clock)
        finally:
            self.ledger.roll_up_due(self.outside.now)

    def left(self) -> list[str]:
        return [name for topic in TOPICS for name in self.store.due_messages(topic, self.outside.now + 1e9)]


@pytest.fixture
def account(store: Store, outside: Outside) -> Account:
    return Account(store, outside)


def test_a_message_goes_to_each_topic_once(account: Account, outside: Outside):
    account.record(make_record())
    messages = account.new_messages()
    sent = [account.delivery.deliver(messages, outside.clock).sent for _ in range(2)]

    assert (sent, [outside.kinds(topic) for topic in TOPICS]) == ([3, 0], [["first"]] * 3)


def test_a_second_sender_leaves_a_leased_message_alone(store: Store, outside: Outside):
    account, others = Account(store, outside), list[int]()
    account.record(make_record())
    messages = account.new_messages()[:1]

    def publish(publication: Publication) -> None:
        others.append(account.delivery.deliver(messages, outside.clock).sent)

    first = Delivery(store, dict.fromkeys(TOPICS, publish), DETECTIONS)

    assert (first.deliver(messages, outside.clock).sent, others) == (1, [0])


class CountedStore(MemoryStore):
    """A store that counts its writes."""

    writes = 0

    def write(self, *arguments: Any, **more: Any) -> None:
        self.writes += 1
        super().write(*arguments, **more)

    def count(self, *arguments: Any) -> None:
        self.writes += 1
        super().count(*arguments)


def test_200_000_events_of_one_group_are_few_mails_and_writes_and_none_is_lost(outside: Outside):
    account = Account(CountedStore(), outside)
    account.record(*make_reads(500))
    hits = make_hits(*make_reads(500, 500))  # past the claims the same ones count again
    for batch in range(1, 400):  # 500 at a time, over five and a half hours
        outside.now = NOW + batch * 50.0
        account.ledger.record(hits, "events", outside.now)
        account.notify()
        account.sweep()
    account.sweep(7 * 3600)
    account.notify()

    assert (outside.counts()[-1], len(outside.inbox["mail"]) <= 20) == (200_000, True)
    assert account.store.writes < 200_000 / 20
    assert [one for one in outside.kinds()[1:] if one not in ("rollup", "closed")] == []


def test_among_ten_thousand_names_of_one_principal_another_s_critical_alert_is_told_at_once(outside: Outside):
    account = Account(MemoryStore(), outside)
    for batch in range(20):
        outside.now = NOW + batch * 3
        account.record(*make_reads_by_names(500, batch * 500))
        account.notify()
        if batch == 10:
            account.record(make_record(userIdentity=ANONYMOUS, requestID="CRITICAL"))
            account.notify()
            assert "anonymous" in outside.inbox["mail"][-1].subject

    assert len(account.store.groups) == 52


def test_hits_after_the_first_message_are_reported_by_the_roll_up(account: Account, outside: Outside):
    account.record(make_record())
    account.notify()
    account.record(*make_reads(6))
    account.sweep(FIRST_ROLLUP)
    account.notify()

    assert (outside.kinds(), outside.counts()) == (["first", "rollup"], [1, 7])


def test_the_sweeper_sends_what_the_stream_did_not(account: Account, outside: Outside):
    account.record(make_record())
    account.sweep(UNSENT - 1)
    account.sweep(1)

    assert [outside.kinds(topic) for topic in TOPICS] == [["first"]] * 3


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_that_is_away_holds_up_no_other_and_loses_nothing(
    account: Account, outside: Outside, topic: Topic
):
    outside.away = {topic}
    account.record(make_record())
    failures = account.notify()
    others = [outside.kinds(one) for one in TOPICS if one != topic]
    outside.away = set()
    account.sweep(1)

    assert (list(failures), others) == ([topic], [["first"]] * 2)
    assert [outside.kinds(one) for one in TOPICS] == [["first"]] * 3


def test_a_topic_that_was_away_for_hours_learns_all_that_the_others_did(account: Account, outside: Outside):
    outside.away = {"chat"}
    for hour in range(6):
        account.record(*make_reads(500, hour * 500))
        account.notify()
        with suppress(UnavailableError):
            account.sweep(3600)
        account.notify()
    outside.away = set()
    account.sweep(60)
    newest = json.dumps(json.loads(outside.inbox["chat"][-1].message))

    assert (outside.counts()[-1], "3,000" in newest, account.left()) == (3000, True, [])


def test_a_message_that_cannot_be_sent_does_not_stop_those_of_other_topics(
    account: Account, outside: Outside
):
    outside.away = {"mail"}
    account.record(make_record())
    with pytest.raises(UnavailableError, match="mail is away"):
        account.sweep(UNSENT)

    assert [outside.kinds(topic) for topic in TOPICS] == [[], ["first"], ["first"]]


def make_crowd(people: int, start: int = 0) -> list[dict[str, Any]]:
    return [
        make_record(userIdentity=make_user(f"user-{n}"), requestID=f"REQUEST{n}", eventID=f"e{n}")
        for n in range(start, start + people)
    ]


def test_many_groups_at_once_become_a_few_messages_and_one_digest(account: Account, outside: Outside):
    account.record(*make_crowd(30))
    account.notify()
    account.sweep(UNSENT)  # in which there is a token more

    assert outside.kinds() == outside.kinds("chat") == ["first"] * 9 + ["digest"]
    assert (outside.kinds("machines"), account.left()) == (["first"] * 30, [])


def test_a_critical_message_is_sent_while_others_are_held_back(account: Account, outside: Outside):
    account.record(*make_crowd(30))
    account.notify()
    account.record(make_record(userIdentity=ANONYMOUS, requestID="CRITICAL"))
    account.notify()

    assert outside.inbox["mail"][-1].attributes["severity"]["StringValue"] == "critical"


def test_a_topic_whose_tokens_are_used_up_costs_no_more_calls(outside: Outside):
    account = Account(MemoryStore(), outside)
    account.record(*make_crowd(300))
    mails = [name for name in account.new_messages() if name.startswith("mail")]
    calls: list[str] = []
    account.store.lease = lambda *arguments: (
        calls.append(arguments[0])
        or MemoryStore.lease(  # type: ignore[method-assign]  # counts
            account.store, *arguments
        )
    )
    account.delivery.deliver(mails, outside.clock)

    assert len(calls) == 9


def test_a_group_in_a_digest_is_told_by_its_newest_message(account: Account, outside: Outside):
    account.record(*make_crowd(20))
    account.notify()
    deletion = make_record(eventName="DeleteObject", userIdentity=make_user("user-19"), requestID="DELETE")
    account.record(deletion)
    account.sweep(UNSENT)
    digest = json.loads(outside.inbox["mail"][-1].message)["email"]

    assert (digest.count("user/user-19"), "deleted" in digest, account.left()) == (1, True, [])


def test_critical_messages_are_not_delayed_by_a_flood_of_others(
    account: Account, outside: Outside, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("s3watch.aws.dynamodb_store.MOST_DUE", 10)  # messages of a queue that one sweep takes
    account.record(*make_crowd(14))
    account.record(make_record(userIdentity=ANONYMOUS, requestID="WORST"))
    account.sweep(UNSENT)

    assert outside.inbox["mail"][0].attributes["severity"]["StringValue"] == "critical"


def test_a_digest_lists_the_first_groups_of_each_principal_before_the_others_of_a_flood(
    account: Account, outside: Outside
):
    flood = make_reads(12)
    for number, record in enumerate(flood):
        record["userIdentity"] = make_user("mallory") | {"sessionContext": {"sourceIdentity": f"id-{number}"}}
    account.record(*flood)
    account.record(*make_crowd(8))
    account.sweep(UNSENT)
    digest = json.loads(outside.inbox["mail"][-1].message)["email"]
    lines = [line for line in digest.splitlines() if "payroll: " in line]
    told = ["mallory" if ": user/mallory " in line else "user" for line in lines]

    assert (told[-8:], "user" in told[:-8]) == (["mallory"] * 8, True)


def test_messages_that_cannot_be_read_do_not_stop_other_topics(table: Any, outside: Outside):
    account = Account(DynamoDBStore(table, TABLE), outside)
    account.record(make_record())
    broken = next(name for name in account.new_messages() if name.startswith("mail"))
    table.update_item(
        TableName=TABLE, Key={"pk": {"S": f"message#{broken}"}}, UpdateExpression="SET body = :body",
        ExpressionAttributeValues={":body": {"B": b"{"}},
    )  # fmt: skip

    with pytest.raises(BusyError, match="cannot be read"):
        account.sweep(UNSENT)
    assert [outside.kinds(topic) for topic in TOPICS] == [[], ["first"], ["first"]]


def test_nothing_is_published_when_the_lease_is_about_to_expire(account: Account, outside: Outside):
    account.record(make_record())
    leased = account.store.lease

    def slowly(*arguments: Any) -> Any:
        message = leased(*arguments)
        outside.now += LEASE - SENDING + 1
        return message

    account.store.lease = slowly  # type: ignore[method-assign]  # a store that answers late
    account.delivery.deliver(account.new_messages(), outside.clock)

    assert [outside.kinds(topic) for topic in TOPICS] == [[], [], []]
    account.store.lease = leased  # type: ignore[method-assign]  # as before
    account.sweep(LEASE)
    assert [outside.kinds(topic) for topic in TOPICS] == [["first"]] * 3


def test_a_token_that_somebody_else_takes_first_is_taken_again(outside: Outside):
    account = Account(MemoryStore(), outside)
    account.record(make_record())
    spend, conflicts = account.store.spend, [True] * 19

    def contended(*arguments: Any) -> None:
        if conflicts and conflicts.pop():
            raise ConflictError
        spend(*arguments)

    account.store.spend = contended  # type: ignore[method-assign]  # a busy token bucket
    account.notify()

    assert outside.kinds() == ["first"]


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


def ignore(publication: Publication) -> None:
    """A topic that nobody reads."""


def work(store: Any, findings: Any, records: Sequence[dict[str, Any]], now: float) -> None:
    """Process a batch completely: detect records it, the stream invokes notify, the schedule the sweeper."""
    Ledger(store).record(make_hits(*records), "events", now)
    topics: dict[Topic, Publish] = {"mail": ignore, "chat": ignore, "machines": findings.append}
    delivery = Delivery(store, topics, DETECTIONS)
    delivery.deliver(store.due_messages("machines", now + 1e9), lambda: now)
    delivery.sweep(lambda: now)


def name_of(finding: Publication) -> str:
    return f"machines#{json.loads(finding.message)['metadata']['uid'].replace('-', '#')}"


def kill_points() -> Iterator[tuple[int, bool, bool]]:
    """Yield the points before and after each call that leaves the process: to the store, to SNS."""
    for calls in range(1, 40):
        for after in (False, True):
            yield calls, after, False
    yield 1, False, True
    yield 1, True, True


@pytest.mark.parametrize(("calls", "after", "at_sns"), list(kill_points()), ids=str)
def test_a_process_killed_between_any_two_steps_loses_nothing(
    store: Store, calls: int, after: bool, at_sns: bool
):
    findings: list[Publication] = []
    records = [*make_reads(3), make_record(userIdentity=make_user(), requestID="OTHER")]
    fatal_store = store if at_sns else Fatal(store, calls, after=after)
    fatal_topic = Fatal(findings, calls, after=after) if at_sns else findings
    with suppress(KilledError):
        work(fatal_store, fatal_topic, records, NOW)
    twice = [name_of(one) for one in findings if name_of(one) in store.due_messages("machines", NOW + 1e9)]
    work(store, findings, records, NOW + LEASE + 60)  # SQS delivers the batch again

    counts = {name_of(finding): json.loads(finding.message)["count"] for finding in findings}
    assert (sorted(counts.values()), store.due_messages("machines", NOW + 1e9)) == ([1, 3], [])
    assert len(findings) == 2 + len(twice), "twice only between SNS's answer and the deletion"


def test_a_message_that_can_not_be_leased_does_not_hold_up_the_digest(outside: Outside):
    account = Account(MemoryStore(), outside)
    account.record(*make_crowd(40))
    leased, calls = account.store.lease, [0]

    def refused_now_and_then(*arguments: Any) -> Any:
        calls[0] += 1
        if calls[0] % 10 == 0:
            raise UnavailableError("DynamoDB: throttled")
        return leased(*arguments)

    account.store.lease = refused_now_and_then  # type: ignore[method-assign]  # a store that refuses some calls
    with pytest.raises(UnavailableError, match="throttled"):
        account.sweep(UNSENT)

    assert outside.kinds() == ["first"] * 8 + ["digest"]
    assert len(account.left()) < 40 * 3 / 5


def opening(number: int, grantee: dict[str, str]) -> dict[str, Any]:
    grants = {"AccessControlList": {"Grant": [{"Grantee": grantee, "Permission": "READ"}]}}
    return make_record(
        eventName="PutObjectAcl", request={"AccessControlPolicy": grants}, requestID=f"ACL{number}",
        eventID=f"acl-{number}",
    )  # fmt: skip


def test_of_messages_that_wait_together_the_worst_is_shown_in_full(account: Account, outside: Outside):
    for number in range(6):
        account.record(opening(number, {"xsi:type": "CanonicalUser", "ID": f"bait-{number}"}))
    account.notify()
    everyone = {"xsi:type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers"}
    account.record(opening(6, everyone))
    account.record(opening(7, {"xsi:type": "CanonicalUser", "ID": "bait-7"}))
    account.sweep()
    mail = outside.inbox["mail"][-1]

    assert "to everyone and 1 more such call" in mail.subject
    assert "since the last message: opened access 2 times" in json.loads(mail.message)["email"]


def copied_to(*numbers: int) -> list[dict[str, Any]]:
    """A copy to a bucket of its own for each number."""
    return [
        make_record(
            eventName="CopyObject", bucket=f"elsewhere-{n}", key="a.csv", requestID=f"COPY{n}",
            request={"x-amz-copy-source": f"hr-data/payroll/{n}.csv"},
        )
        for n in numbers
    ]  # fmt: skip


def unnamed(outside: Outside, topic: Topic, number: int) -> list[int]:
    """Which of the copies' destinations no message to a topic has named."""
    texts = [one.message for one in outside.inbox[topic]]
    return [n for n in range(number) if not any(f"elsewhere-{n}" in text for text in texts)]


@pytest.mark.parametrize("topic", TOPICS)
def test_of_copies_in_one_batch_each_destination_is_named(outside: Outside, topic: Topic):
    account = Account(MemoryStore(), outside)
    account.record(*copied_to(*range(9)))
    account.notify()

    assert (outside.kinds(topic), unnamed(outside, topic, 9)) == (["first"], [])


@pytest.mark.parametrize("crowd", [0, 1], ids=["of one group", "of several"])
@pytest.mark.parametrize("topic", TOPICS)
def test_what_joins_a_digest_names_each_destination(outside: Outside, topic: Topic, crowd: int):
    outside.away, account = {topic}, Account(MemoryStore(), outside)
    for number in range(9):
        account.record(*copied_to(number))
        account.notify()
    account.record(*make_crowd(crowd))
    outside.away = set()
    account.sweep(UNSENT)

    assert unnamed(outside, topic, 9) == []


def test_a_message_that_its_topic_refuses_does_not_hold_up_the_others_of_the_topic(outside: Outside):
    account = Account(MemoryStore(), outside)
    account.record(make_record(userIdentity=ANONYMOUS, requestID="CRITICAL"), make_record())
    publish = outside.topics()["mail"]

    def refuse_critical(publication: Publication) -> None:
        if publication.attributes["severity"]["StringValue"] == "critical":
            raise UnavailableError("SNS: InvalidParameter")
        publish(publication)

    account.delivery = Delivery(account.store, outside.topics() | {"mail": refuse_critical}, DETECTIONS)
    for _ in range(2):
        with pytest.raises(UnavailableError, match="InvalidParameter"):
            account.sweep(UNSENT)

    assert outside.kinds() == ["first"]


def test_a_sweep_tries_a_topic_that_is_away_three_times(outside: Outside):
    account, calls = Account(MemoryStore(), outside), list[Publication]()
    account.record(*make_crowd(9))

    def away(publication: Publication) -> None:
        calls.append(publication)
        raise UnavailableError("SNS: away")

    account.delivery = Delivery(account.store, outside.topics() | {"machines": away}, DETECTIONS)
    with pytest.raises(UnavailableError, match="away"):
        account.sweep(UNSENT)

    assert (len(calls), len(outside.inbox["mail"])) == (PATIENCE, 9)


def test_a_critical_message_without_a_token_comes_first_in_the_next_sweep(outside: Outside):
    account = Account(MemoryStore(), outside)
    account.record(*(read for name in range(21) for read in of_names(f"user-{name}", 50)))
    outside.now += 30
    for _ in range(12):  # all tokens of the topic
        before = account.store.rate("mail")
        account.store.spend("mail", before, before.take(outside.now, critical=True) or before)
    account.record(make_record(userIdentity=ANONYMOUS, requestID="CRITICAL"))
    critical = [one.id for one in account.store.messages.values() if one.topic == "mail" and one.is_critical]
    account.delivery.deliver(critical, outside.clock)
    account.sweep(UNSENT)

    assert [one.subject.partition(" ")[0] for one in outside.inbox["mail"]] == ["[CRITICAL]", "[HIGH]"]


def of_names(user: str, count: int) -> list[dict[str, Any]]:
    """Reads by one user under as many names."""
    return [
        make_record(
            userIdentity=make_user(user) | {"sessionContext": {"sourceIdentity": f"name-{number}"}},
            requestID=f"{user}-{number}",
        )
        for number in range(count)
    ]

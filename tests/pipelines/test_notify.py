from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from s3watch.alerts.sns_message import Publication
from s3watch.aws.dynamodb_store import DynamoDBStore
from s3watch.errors import BusyError, UnavailableError
from s3watch.ledger.groups import FIRST_ROLLUP
from s3watch.ledger.memory_store import MemoryStore
from s3watch.ledger.messages import TOPICS, UNSENT, Topic
from s3watch.ledger.store import Store
from s3watch.pipelines.notify import LEASE, SENDING, Delivery

from tests.support.cloudtrail import ANONYMOUS, make_record
from tests.support.deliveries import DETECTIONS, Account, Outside
from tests.support.ledger_table import TABLE
from tests.support.sensitive import NOW, make_hits, make_reads, make_reads_by_names


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

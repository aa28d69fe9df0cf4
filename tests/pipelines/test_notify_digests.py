"""More messages than are sent one by one: the pace of a topic, and its digests."""

from __future__ import annotations

import json
from typing import Any

import pytest
from s3watch.alerts.sns_message import Publication
from s3watch.errors import ConflictError, UnavailableError
from s3watch.ledger.memory_store import MemoryStore
from s3watch.ledger.messages import TOPICS, UNSENT, Topic
from s3watch.pipelines.notify import PATIENCE, Delivery

from tests.support.cloudtrail import ANONYMOUS, make_record, make_user
from tests.support.deliveries import DETECTIONS, Account, Outside
from tests.support.sensitive import make_reads


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
    assert "since the last message opened access 2 times" in json.loads(mail.message)["email"]


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

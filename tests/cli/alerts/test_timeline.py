"""What happened to an alert when, as `s3watch show` tells it."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace
from s3watch.alerts.alert import Snooze, Verdict
from s3watch.aws.dynamodb_listing import Messages, WaitingMessage
from s3watch.ledger.groups import Group
from s3watch.ledger.messages import Gist, SentMessage
from s3watch_cli.alerts.description import alert_as_it_is
from s3watch_cli.alerts.timeline import (
    LISTED,
    History,
    describe_timeline,
    describe_waiting,
    messages,
    recipients,
    timeline,
)

from tests.support.hits import FIRST, make_group
from tests.support.sensitive import NOW

READ = Gist("first", "high", 1, (("read", 1),))
DELETED = Gist("worse", "critical", 4, (("delete", 2),))
CAROL = "arn:aws:sts::111122223333:assumed-role/Responder/carol"


def sent(topic: Any, gist: Gist = READ, time: float = 2, sequence: int = 1, **changes: Any) -> SentMessage:
    return SentMessage(topic, FIRST, sequence, gist, NOW + time, **changes)


def history(*messages_sent: SentMessage, waiting: Any = (), subscribers: Any = None) -> History:
    return History(Messages(tuple(waiting), messages_sent), subscribers)


def lines(group: Group, *messages_sent: SentMessage) -> list[str]:
    """The words of each moment, without its time."""
    told = timeline(group, alert_as_it_is(group), history(*messages_sent))
    return [line.partition("UTC: ")[2] for line in told]


def test_it_begins_with_the_first_event_and_its_record():
    assert timeline(make_group(), alert_as_it_is(make_group()), history()) == [
        "2026-11-20 08:13 UTC: the first event", "2026-11-20 08:14 UTC: recorded here"
    ]  # fmt: skip


def test_topics_that_got_the_same_in_the_same_minute_share_a_line():
    told = lines(make_group(), sent("mail"), sent("chat", time=3), sent("machines", time=400))

    assert told[2:] == [
        "message 1, the first, high (read 1; 1 access in all), sent to mail, chat",
        "message 1, the first, high (read 1; 1 access in all), sent to machines",
    ]


def test_what_was_told_in_a_digest_says_so():
    (*_, told) = lines(make_group(), sent("mail", DELETED, 60, 2, in_digest=True))

    assert told == "message 2, worse news, critical (deleted 2; 4 accesses in all), sent to mail in a digest"


def test_what_people_decided_stands_where_it_was_decided():
    verdict = Verdict("expected", CAROL, NOW + 90, "month's end", overtaken=True)
    snooze = Snooze(NOW + 3600, CAROL, NOW + 30)
    told = lines(replace(make_group(), verdict=verdict, snooze=snooze), sent("mail", time=60))

    assert [line.split(",")[0] for line in told[2:]] == [
        "snoozed until 2026-11-20 09:14 UTC", "message 1", "verdict expected"
    ]  # fmt: skip
    assert told[-1].endswith(
        'by role/Responder (carol) on 2026-11-20 08:15 UTC, "month\'s end", and worse came after it'
    )


def test_a_program_reads_the_same_moments():
    group = make_group()
    told = describe_timeline(group, alert_as_it_is(group), history(sent("mail"), sent("chat")))

    assert told == [
        {"time": "2026-11-20T08:13:03Z", "event": "began"},
        {"time": "2026-11-20T08:14:03Z", "event": "recorded"},
        {
            "time": "2026-11-20T08:14:05Z", "event": "sent", "message": 1, "kind": "first", "level": "high",
            "accesses": 1, "acts": {"read": 1}, "topics": ["mail", "chat"], "in_digest": False,
        },
    ]  # fmt: skip


def waiting(*, in_digest: bool = False, leased_until: float = 0) -> WaitingMessage:
    return WaitingMessage("mail", 2, DELETED, in_digest, NOW + 15, leased_until)


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (waiting(), "waits; the sweep sends it after 2026-11-20 08:14 UTC if nothing has before"),
        (waiting(in_digest=True), "waits for the next digest"),
        (waiting(leased_until=NOW + 60), "is being sent, and sent again if that fails"),
    ],
    ids=["at once", "digest", "leased"],
)
def test_a_message_that_waits_says_for_what(one, said):
    group = replace(make_group(), sequence=2)
    told = messages(group, history(sent("mail"), waiting=[one]))

    assert told == ["2 messages", f"message 2, worse news, to mail {said}"]


def test_a_program_reads_what_a_message_says_that_waits():
    assert describe_waiting(waiting(in_digest=True)) == {
        "topic": "mail", "message": 2, "in_digest": True, "due": "2026-11-20T08:14:18Z", "being_sent": False,
        "kind": "worse", "level": "critical", "accesses": 4, "acts": {"delete": 2},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("known", "said"),
    [([3], "messages 1, 2"), ([1, 3], "message 2")],
    ids=["two", "one"],
)
def test_messages_of_which_nothing_is_kept_are_named(known, said):
    group = replace(make_group(), sequence=3)
    told = messages(group, history(*[sent("mail", sequence=number) for number in known]))

    assert told == [
        "3 messages, none of them waits",
        f"nothing is kept of {said}",
    ]


def test_the_topics_are_named_if_nobody_knows_who_is_subscribed():
    assert recipients(make_group(), history()) == ["the topics mail, chat, machines"]


def test_those_subscribed_now_are_named_by_topic():
    subscribed = {
        "mail": [
            {"protocol": "email", "endpoint": "carol@example.com"},
            {"protocol": "sms", "endpoint": "+31600000000"},
        ],
        "chat": [],
    }

    assert recipients(make_group(), history(subscribers=subscribed)) == [
        "mail: subscribed now carol@example.com (email), +31600000000 (sms)",
        "chat: nobody is subscribed now",
        "machines: nothing is known",
    ]


def test_of_many_subscribers_some_are_named():
    many = [{"protocol": "email", "endpoint": f"user{number}@example.com"} for number in range(LISTED + 3)]
    (mail, *_) = recipients(make_group(), history(subscribers={"mail": many}))

    assert mail.count("(email)") == LISTED
    assert mail.endswith(", and 3 others")

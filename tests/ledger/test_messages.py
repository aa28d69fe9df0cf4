from __future__ import annotations

import pytest
from msgspec.structs import replace
from s3watch.alerts.alert import PATIENT
from s3watch.ledger.groups import Group, Tally, fold
from s3watch.ledger.messages import (
    TOPICS,
    UNSENT,
    URGENT,
    Gist,
    Message,
    SentMessage,
    announce,
    gist_of,
    next_morning,
    roll_up,
    sent_messages,
    topic_of,
)
from s3watch.ruleset import Severity
from s3watch.times import read_time

from tests.support.hits import add, make_group, make_tally, open_first
from tests.support.sensitive import NOW


def kinds(messages: tuple[Message, ...]) -> list[tuple[str, str]]:
    return [(message.topic, message.alert.kind) for message in messages]


def test_the_first_hits_are_a_message_to_each_topic():
    group, messages = open_first(make_tally())

    assert kinds(messages) == [(topic, "first") for topic in TOPICS]
    assert [(message.due, message.waits) for message in messages] == [(NOW + UNSENT, False)] * 3
    assert (group.sequence, group.has_news) == (1, False)


def test_a_message_shows_the_hit_that_could_not_wait():
    _, messages = add(make_group(5), make_tally(act="delete", rules=("unexpected-delete",)))

    alert = messages[0].alert
    assert (alert.kind, alert.evidence.act, alert.rule) == ("worse", "delete", "unexpected-delete")
    assert (alert.acts, alert.news.acts) == ((("delete", 1), ("read", 5)), (("delete", 1),))


def test_the_gist_of_a_message_has_its_news_and_the_number_of_all():
    _, (first, *_) = open_first(make_tally(5))
    _, (worse, *_) = add(make_group(5), make_tally(act="delete", rules=("unexpected-delete",)))

    assert gist_of(first.alert) == Gist("first", "high", 5, (("read", 5),))
    assert gist_of(worse.alert) == Gist("worse", "high", 6, (("delete", 1),))


def test_of_messages_that_were_sent_stays_what_they_said_and_when():
    _, (mail, *_) = open_first(make_tally())
    other = replace(mail, alert=replace(mail.alert, id="G2"))
    gist = gist_of(mail.alert)

    assert sent_messages([mail], NOW) == [SentMessage("mail", "G1", 1, gist, NOW)]
    assert sent_messages([mail, other], NOW) == [
        SentMessage("mail", name, 1, gist, NOW, in_digest=True) for name in ("G1", "G2")
    ]


def test_a_roll_up_goes_to_each_topic_and_says_all():
    group, messages = roll_up(fold(make_group(), make_tally(4), NOW + 10), NOW + 900)

    assert kinds(messages) == [(topic, "rollup") for topic in TOPICS]
    assert (messages[0].alert.count, messages[0].alert.news.acts) == (5, (("read", 4),))
    assert not group.has_news


def test_a_roll_up_before_it_is_due_changes_nothing():
    group = fold(make_group(), make_tally(), NOW + 10)

    assert roll_up(group, NOW + 899) == (group, ())


def test_a_group_that_ends_without_news_says_so_to_machines_only():
    group = make_group()
    closed, messages = roll_up(group, group.due)

    assert (kinds(messages), closed.closed) == ([("machines", "closed")], True)


def test_a_group_that_ends_with_news_says_so_to_all():
    group = fold(make_group(), make_tally(), NOW + 6.1 * 3600)
    _, messages = roll_up(group, group.due)

    assert kinds(messages) == [(topic, "closed") for topic in TOPICS]


def worsen(group: Group, times: int, now: float) -> tuple[Group, list[bool]]:
    waits = []
    for number in range(times):
        tally = make_tally(act="opened", target=f"PutBucketPolicy {now} {number}")
        group, messages = add(group, tally, now + number)
        waits.append(messages[0].waits)
    return group, waits


def test_beyond_six_an_hour_urgent_messages_join_the_digest():
    group, waits = worsen(make_group(), URGENT + 2, NOW)
    _, later = worsen(group, 1, NOW + 3700)

    assert (waits, later) == ([False] * (URGENT - 1) + [True] * 3, [False])


def test_machines_get_each_message_by_itself():
    group, _ = worsen(make_group(), URGENT, NOW)
    _, messages = announce(group, "worse", NOW)

    assert {message.topic: message.waits for message in messages} == {
        "mail": True, "chat": True, "machines": False,
    }  # fmt: skip


def test_the_later_groups_of_a_principal_wait_for_the_digest():
    _, messages = announce(replace(make_group(), turn=5), "first", NOW)

    assert [message.waits for message in messages] == [True, True, False]


@pytest.mark.parametrize("topic", TOPICS)
def test_the_id_of_a_message_names_its_topic(topic: str):
    _, messages = open_first(make_tally())
    (message,) = (one for one in messages if one.topic == topic)

    assert (message.id, topic_of(message.id)) == (f"{topic}#G1#1", topic)


def test_an_id_without_a_topic_is_refused():
    with pytest.raises(ValueError, match="no topic of a message: group"):
        topic_of("group#G1#1")


def low(hits: int = 1, level: Severity = "low") -> Tally:
    return make_tally(hits, level=level, rules=("sigv2-request",))


@pytest.mark.parametrize(
    ("now", "morning"),
    [
        ("2026-11-20T06:59:59", "2026-11-20T07:00:00"),
        ("2026-11-20T07:00:00", "2026-11-21T07:00:00"),
        ("2026-11-20T23:00:00", "2026-11-21T07:00:00"),
    ],
    ids=["just before", "just then", "at night"],
)
def test_the_morning_is_the_next_seven_o_clock(now: str, morning: str):
    assert next_morning(read_time(now) or 0) == read_time(morning)


@pytest.mark.parametrize("level", sorted(PATIENT))
def test_what_interrupts_nobody_waits_for_the_morning_but_not_for_machines(level: Severity):
    _, messages = open_first(low(level=level))
    waiting = {message.topic: (message.waits, message.due) for message in messages}

    assert waiting == {
        "mail": (True, next_morning(NOW)),
        "chat": (True, next_morning(NOW)),
        "machines": (False, NOW + UNSENT),
    }


def test_what_is_added_to_it_waits_too():
    group, _ = open_first(low())
    _, messages = roll_up(fold(group, low(4), NOW + 10), NOW + 900)

    assert [(message.topic, message.due) for message in messages if message.waits] == [
        ("mail", next_morning(NOW + 900)), ("chat", next_morning(NOW + 900))
    ]  # fmt: skip


def test_what_is_worse_does_not_wait_with_it():
    group, _ = open_first(low())
    _, messages = add(group, make_tally(level="high"))

    assert [(message.waits, message.alert.kind) for message in messages] == [(False, "worse")] * 3

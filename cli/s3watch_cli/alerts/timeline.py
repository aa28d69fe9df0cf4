"""Tells what happened to an alert when: its first event, what was sent to which topic, what people decided.

The ledger keeps for 15 days when SNS accepted a message and what it said in short, and of verdicts and
snoozes the latest one. Who got a message from SNS it does not know.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from s3watch.alerts.alert import Alert, Kind
from s3watch.alerts.rows import numbers, snooze, verdict
from s3watch.aws.dynamodb_listing import Messages, WaitingMessage
from s3watch.ledger.groups import Group
from s3watch.ledger.messages import Gist, SentMessage, topics_of
from s3watch.text import clean_address, count, short_timestamp, to_utc, truncate_list

from s3watch_cli.alerts.subscribers import Subscribers

LISTED = 20  # subscribers of a topic
KINDS: dict[Kind, str] = {
    "first": "the first", "worse": "worse news", "rollup": "roll-up", "reopened": "reopened",
    "closed": "the end",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class History:
    """What is known of an alert besides its group."""

    messages: Messages
    subscribers: Subscribers | None  # None: that could not be found out


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened; its time is in epoch seconds."""

    time: float
    event: str  # for machines
    words: str
    facts: dict[str, Any]


def timeline(group: Group, alert: Alert, history: History) -> list[str]:
    """Return a line for each moment, the earliest first."""
    return [f"{short_timestamp(one.time)}: {one.words}" for one in _moments(group, alert, history)]


def describe_timeline(group: Group, alert: Alert, history: History) -> list[dict[str, Any]]:
    """Return the values of each moment, the earliest first."""
    return [
        {"time": iso(one.time), "event": one.event} | one.facts for one in _moments(group, alert, history)
    ]


def _moments(group: Group, alert: Alert, history: History) -> list[Moment]:
    found = [
        Moment(group.first, "began", "the first event", {}),
        Moment(group.opened, "recorded", "recorded here", {}),
        *_sendings(alert, history.messages.sent),
        *_decisions(group),
    ]
    return sorted(found, key=lambda one: one.time)  # stable: of one time in the order above


def _sendings(alert: Alert, sent: Sequence[SentMessage]) -> Iterator[Moment]:
    """Yield one moment for the topics that got the same message within the same minute."""

    def alike(one: SentMessage) -> tuple[int, int, bool]:
        return int(one.time // 60), one.sequence, one.in_digest

    for (_, sequence, in_digest), some in groupby(sorted(sent, key=alike), key=alike):
        told = list(some)
        gist, topics = told[0].gist, [one.topic for one in told]
        words = f"message {sequence}, {_words(gist, alert)}, sent to {', '.join(topics)}"
        facts = {"message": sequence, **describe_gist(gist), "topics": topics, "in_digest": in_digest}
        yield Moment(told[0].time, "sent", f"{words} in a digest" if in_digest else words, facts)


def _words(gist: Gist, alert: Alert) -> str:
    acts = numbers.acts(gist.acts, alert)
    total = f"{count(gist.count, 'access')} in all"
    return f"{KINDS[gist.kind]}, {gist.level} ({f'{acts}; ' if acts else ''}{total})"


def _decisions(group: Group) -> Iterator[Moment]:
    if given := group.verdict:
        yield Moment(given.time, "judged", f"verdict {verdict.lines(given)[0]}", {"verdict": given.judgement})
    if held := group.snooze:
        yield Moment(held.time, "snoozed", f"snoozed {snooze.lines(held)[0]}", {"until": iso(held.until)})


def messages(group: Group, history: History) -> list[str]:
    """Say how many messages there are, which of them wait, and of which nothing is kept."""
    waiting, sent = history.messages.waiting, history.messages.sent
    written = count(group.sequence, "message")
    known = {one.sequence for one in waiting} | {one.sequence for one in sent}
    lost = [number for number in range(1, group.sequence + 1) if number not in known]
    return [
        written if waiting else f"{written}, none of them waits",
        *([f"nothing is kept of {_numbered(lost)}"] if lost else []),
        *map(_waits, waiting),
    ]


def _numbered(numbers_: Sequence[int]) -> str:
    shown = ", ".join(truncate_list([str(one) for one in numbers_], len(numbers_), LISTED))
    return f"message {shown}" if len(numbers_) == 1 else f"messages {shown}"


def _waits(one: WaitingMessage) -> str:
    name = f"message {one.sequence}, {KINDS[one.gist.kind]}, to {one.topic}"
    if one.in_digest:
        return f"{name} waits for the next digest"
    if one.leased_until:
        return f"{name} is being sent, and sent again if that fails"
    return f"{name} waits; the sweep sends it after {short_timestamp(one.due)} if nothing has before"


def recipients(group: Group, history: History) -> list[str]:
    """Name the topics, and who is subscribed to each now; that somebody got a message nobody can say here."""
    if history.subscribers is None:
        return [f"the topics {', '.join(topics_of(group))}"]
    return [f"{topic}: {_named(history.subscribers.get(topic))}" for topic in topics_of(group)]


def _named(subscribers: Sequence[Any] | None) -> str:
    if not subscribers:
        return "nobody is subscribed now" if subscribers is not None else "nothing is known"
    shown = [f"{clean_address(one['endpoint'])} ({one['protocol']})" for one in subscribers[:LISTED]]
    return f"subscribed now {', '.join(truncate_list(shown, len(subscribers), LISTED))}"


def describe_gist(gist: Gist) -> dict[str, Any]:
    """Return the values of what a message says in short."""
    return {"kind": gist.kind, "level": gist.level, "accesses": gist.count, "acts": dict(gist.acts)}


def describe_waiting(one: WaitingMessage) -> dict[str, Any]:
    """Return the values of a message that waits."""
    place = {"topic": one.topic, "message": one.sequence, "in_digest": one.in_digest}
    sending = {"due": iso(one.due), "being_sent": bool(one.leased_until)}
    return place | sending | describe_gist(one.gist)


def iso(time: float) -> str:
    """Return a time, in epoch seconds, as machines read it."""
    moment: datetime = to_utc(time)
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")

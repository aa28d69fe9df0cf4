"""Runs the year through the rules, and says of each alert what it is about, and of each story how it was told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from s3watch.ruleset import Ruleset, rank
from s3watch_cli.history.batches import Batch, screen_by
from s3watch_cli.replay import Replayer
from s3watch_cli.replay_messages import MessageReplayer

from benchmarks.year.calls import DAY, Call, event_id
from benchmarks.year.life import BEGIN, Life
from benchmarks.year.stories import STORIES, Story

AT_ONCE = 2000  # records of a batch, as in the function that reads log files
_ALERT = re.compile(r"\b01[0-9A-HJKMNP-TV-Z]{24}\b")  # an alert's id in a mail


@dataclass(slots=True)
class Year:
    """What happened, and what was told of it."""

    days: int
    records: int = 0
    alerts: list[dict[str, Any]] = field(default_factory=list)  # as `s3watch replay` writes them
    mails: int = 0
    told: dict[str, float] = field(default_factory=dict)  # by alert: when its first mail was sent
    why: dict[str, Call] = field(default_factory=dict)  # by event id: calls that somebody should hear of

    @property
    def undue(self) -> list[dict[str, Any]]:
        """The alerts of which every call is ordinary."""
        return [each for each in self.alerts if not self.reasons_of(each)]

    def reasons_of(self, alert: dict[str, Any]) -> list[str]:
        """Return what an alert is about that somebody should hear of, the first one first."""
        return list(dict.fromkeys(self.why[each].why for each in alert["events"] if each in self.why))

    def alerts_of(self, story: Story) -> list[dict[str, Any]]:
        """Return the alerts of a story, in the order in which they were told."""
        own = [each for each in self.alerts if story.name in self.reasons_of(each)]
        return sorted(own, key=lambda each: self.told.get(each["alert"], 0.0))

    def damage_of(self, story: Story) -> float | None:
        """Return when a story's damage is done; None if it has not come to it."""
        own = (
            call.time for call in self.why.values() if call.why == story.name and call.event == story.damage
        )
        return min(own, default=None)


def find_faults(year: Year, story: Story) -> Iterator[str]:
    """Say what is wrong with how a story was told."""
    alerts = year.alerts_of(story)
    if not alerts:
        yield "not found"
        return
    if max(rank(each["level"]) for each in alerts) < rank(story.level):
        yield f"told as {alerts[0]['level']}, not {story.level}"
    if [each["first"] for each in alerts] != sorted(each["first"] for each in alerts):
        yield "told in another order"
    damage, first = year.damage_of(story), year.told.get(alerts[0]["alert"])
    if story.warned and damage is not None and (first is None or first >= damage):
        yield "told only when the damage was done"


def run(ruleset: Ruleset, life: Life, days: int = 365) -> Year:
    """Run so many days, as if each record had arrived when it was written."""
    year, replayer, mailer = Year(days), Replayer(ruleset), MessageReplayer(ruleset)
    screen = screen_by(ruleset)
    for records, time in _batches(year, life):
        kept = screen(records)
        batch = Batch((), len(records) - len(kept.records), time, kept.records, kept.rules)
        replayer.take(batch)
        mailer.take(batch)
    replayer.finish()
    year.alerts = list(replayer.alerts())
    for mail in mailer.mails():
        year.mails += 1
        for alert in _ALERT.findall(mail["body"]):
            year.told.setdefault(alert, datetime.fromisoformat(mail["at"]).timestamp())
    return year


def _batches(year: Year, life: Life) -> Iterator[tuple[list[tuple[str, bytes]], float]]:
    records: list[tuple[str, bytes]] = []
    for number, call in enumerate(calls_of(life, year.days)):
        if call.why:
            year.why[event_id(number)] = call
        records.append((str(number), call.write(number)))
        year.records += 1
        if len(records) == AT_ONCE:
            yield records, call.time
            records = []
    if records:
        yield records, call.time


def calls_of(life: Life, days: int) -> Iterator[Call]:
    """Yield all calls of so many days, ordinary and not, in the order of their times."""
    begun: list[Call] = []
    for day in range(days):
        begin, end = BEGIN.timestamp() + day * DAY, BEGIN.timestamp() + (day + 1) * DAY
        for story in STORIES:
            if story.day == day:
                begun += [replace(call, why=story.name) for call in story.calls(begin + DAY * 10 / 24)]
        yield from sorted([*life.calls_of(day), *(each for each in begun if each.time < end)], key=_time)
        begun = [each for each in begun if each.time >= end]


def _time(call: Call) -> float:
    return call.time

"""Writes the mails of the operations topic: problems that begin and end, and the summary of a day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import tzinfo
from typing import NamedTuple

from s3watch.alerts.sns_message import Publication
from s3watch.canary import is_canary
from s3watch.health.gaps import Gap, describe
from s3watch.health.state import Change, Open
from s3watch.ledger.groups import Group
from s3watch.ruleset import SEVERITIES, RuleException
from s3watch.text import clean, clean_name, count, duration, short_timestamp, shorten, to_ascii, truncate_list
from s3watch.times import DAY, day_of

LISTED = 10  # names in a line of the summary
SOON = 14 * DAY  # seconds before its end at which an exception is named: time to ask its owner
WIDTH = 99  # characters of a subject: SNS takes fewer than 100


class Text(NamedTuple):
    """A mail."""

    subject: str
    body: str

    def publication(self) -> Publication:
        """Return it as a plain message."""
        return Publication(shorten(to_ascii(self.subject), WIDTH), self.body, {}, structured=False)


def write_change(stack: str, change: Change, now: float, zone: tzinfo) -> Text:
    """Write what begins, each with what to do, and what has ended."""
    begun = [clean(each.what) for each in change.begun]
    ended = [clean(each.what) for each in change.ended]
    more = f" (and {len(begun) - 1} more)" if len(begun) > 1 else ""
    said = f"{begun[0]}{more}" if begun else f"over: {ended[0]}"
    lines = [
        *(line for each in change.begun for line in (f"- {clean(each.what, 500)}", f"  {each.instead}")),
        *([""] if begun and ended else []),
        *(f"- over after {duration(now - each.since)}: {clean(each.what, 500)}" for each in change.ended),
        *_still_open([each for each in change.after.open if each.since < now], zone),
    ]
    return Text(f"[{stack}] {said}", "\n".join([*lines, ""]))


def _still_open(problems: Sequence[Open], zone: tzinfo) -> Iterator[str]:
    if problems:
        yield "\nStill so:"
        yield from (
            f"- since {short_timestamp(each.since, zone)}: {clean(each.what, 500)}" for each in problems
        )


class Day(NamedTuple):
    """What the ledger has of a day."""

    groups: Sequence[Group]
    exceptions: Sequence[RuleException]
    open: Sequence[Open]
    gaps: Sequence[Gap] = ()


def write_summary(stack: str, day: Day, now: float, zone: tzinfo) -> Text:
    """Write the summary of the last 24 hours: also a sign of life, so that its absence says something."""
    recent = [each for each in day.groups if each.latest > now - DAY and not is_canary(each.rules)]
    unjudged = [each for each in recent if each.verdict is None]
    lines = [
        f"Alerts: {len(recent)}{_levels(recent)}",
        f"Without a verdict: {len(unjudged)}" if recent else "",
        _row("Busiest labels", ((each.label, each.count) for each in recent)),
        _row("Denied", ((_caller(each), each.count) for each in recent if each.outcome == "denied")),
        _row(
            "New here", ((_caller(each), each.count) for each in recent if each.evidence.earlier.first_seen)
        ),
        *_ending(day.exceptions, now),
        *([f"Problems: {len(day.open)}"] if day.open else ["Problems: none"]),
        *(f"- since {short_timestamp(each.since, zone)}: {clean(each.what, 500)}" for each in day.open),
        *([f"Gaps in the trail: {len(day.gaps)}"] if day.gaps else []),
        *(f"- {clean(describe(each, zone), 500)}" for each in day.gaps),
    ]
    gaps = f", {count(len(day.gaps), 'gap')} in the trail" if day.gaps else ""
    subject = f"[{stack}] {day_of(now)}: {count(len(recent), 'alert')}, {_problems(len(day.open))}{gaps}"
    return Text(subject, "\n".join([*filter(None, lines), ""]))


def _problems(number: int) -> str:
    return count(number, "problem") if number else "no problem"


def _levels(groups: Iterable[Group]) -> str:
    found = Counter(each.level for each in groups)
    levels = [f"{found[level]} {level}" for level in reversed(SEVERITIES) if found[level]]
    return f" ({', '.join(levels)})" if levels else ""


def _row(title: str, counts: Iterable[tuple[str, int]]) -> str:
    """Return the most frequent names of a line, each with how often."""
    found = Counter[str]()
    for name, number in counts:
        found.update({name: number} if name else {})
    shown = [f"{clean_name(name, 60)} {number:,}" for name, number in found.most_common(LISTED)]
    return f"{title}: {', '.join(truncate_list(shown, len(found), LISTED))}" if shown else ""


def _caller(group: Group) -> str:
    return group.evidence.issuer or group.evidence.principal or group.actor


def _ending(exceptions: Iterable[RuleException], now: float) -> Iterator[str]:
    today, soon = day_of(now), day_of(now + SOON)
    for each in sorted(exceptions, key=lambda one: one.until):
        if today < each.until <= soon:
            yield f"Exception for {each.rule} ends on {each.until} ({each.owner}: {clean(each.reason, 100)})"

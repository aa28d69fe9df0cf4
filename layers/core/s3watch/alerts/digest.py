"""Lists alerts that were not sent one by one: a line for each, the worst first, the rest by principal.

Alerts come ordered by severity, and within one severity so that principals take turns; that order is kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from s3watch.alerts.alert import Alert
from s3watch.alerts.headline import headline, topic
from s3watch.alerts.reader import Reader
from s3watch.alerts.rows.access import lasting
from s3watch.alerts.rows.steps import situation, steps
from s3watch.alerts.rows.verdict import command
from s3watch.links import defang
from s3watch.ruleset import SEVERITIES, Detection
from s3watch.text import clean, columns, count, shorten, to_ascii, to_utc, truncate_list

PRINCIPALS = 20  # named with the number of their alerts that are not listed
DETECTIONS = 5  # whose next steps are shown
ADVISED = 8  # next steps in all, since a detection may advise callers differently
NAMED = 200  # grantees and destinations in all, shared among the alerts: a tenth of what SNS takes
INDENT = "  "  # of what follows an alert's first line


def subject(alerts: Sequence[Alert], width: int) -> str:
    """Write how many alerts of which severity a digest has, in at most `width` characters."""
    levels = Counter(alert.level for alert in _worst_first(alerts))
    numbers = ", ".join(f"{number:,} {level}" for level, number in levels.items())
    worst = next(iter(levels)).upper()
    return shorten(f"[{worst}] {count(len(alerts), 'alert')} in one message: {numbers}", width)


def sections(alerts: Sequence[Alert], listed: int, width: int) -> list[list[str]]:
    """Return the lines for each severity, and the number by principal of alerts after the first `listed`."""
    ordered = _worst_first(alerts)
    parts: list[list[str]] = []
    named = NAMED // max(len(ordered[:listed]), 1)
    for level in dict.fromkeys(alert.level for alert in ordered[:listed]):
        shown = [_lines(alert, width, named) for alert in ordered[:listed] if alert.level == level]
        parts.append([level.upper(), *(line for lines in shown for line in lines)])
    rest = _counted_by_principal(ordered[listed:])
    return [*parts, rest] if rest else parts


def next_steps(alerts: Sequence[Alert], detections: Mapping[str, Detection]) -> dict[str, tuple[str, ...]]:
    """Return the next steps by the detections that have them, of the five that come first among the worst.

    A detection that advises different callers differently is named with each: `unexpected-read (anonymous)`.
    """
    named: dict[tuple[str, ...], dict[str, str]] = {}
    for (rule, words), alert in _worst_situations(alerts):
        named.setdefault(tuple(steps(alert, detections)), {}).setdefault(rule, words)
    times = Counter(rule for rules in named.values() for rule in rules)
    found: dict[str, tuple[str, ...]] = {}
    for advised, rules in named.items():
        shown = [f"{rule} ({words})" if words and times[rule] > 1 else rule for rule, words in rules.items()]
        found.setdefault(", ".join(shown), advised)
    return found


def judging_one(reader: Reader) -> str:
    """Say once how to judge each of the alerts that are listed."""
    return f"If one of them was right, with its id: {command('ID', reader.stack)}"


def _worst_situations(alerts: Sequence[Alert]) -> list[tuple[tuple[str, str], Alert]]:
    """Return the first alert of each of the worst detections, then of each other situation that they have."""
    worst: dict[str, dict[str, Alert]] = {}
    for alert in _worst_first(alerts):
        worst.setdefault(clean(alert.rule, 60), {}).setdefault(situation(alert), alert)
    found = [
        (place, ((rule, words), alert))
        for rule, situations in list(worst.items())[:DETECTIONS]
        for place, (words, alert) in enumerate(situations.items())
    ]
    found.sort(key=lambda each: each[0] > 0)
    return [each for _, each in found[:ADVISED]]


def _worst_first(alerts: Sequence[Alert]) -> list[Alert]:
    return sorted(alerts, key=lambda alert: -SEVERITIES.index(alert.level))


def _lines(alert: Alert, width: int, named: int) -> list[str]:
    """Say what an alert says in one line, then to whom or where, and in the last by which id to find it."""
    start = f"- {to_utc(alert.first):%m-%d %H:%M} {topic(alert)}: "
    reference = f"{INDENT}Ref alert {clean(alert.id, 60)}"
    with_rule = f"{reference}, {clean(alert.rule, 60)}"
    said = start + headline(alert, width - len(start), as_group=True)
    calls = truncate_list(lasting(alert.lasting), len(alert.lasting), named) if len(alert.lasting) > 1 else []
    indented = [f"{INDENT}{shorten(defang(to_ascii(call)), width - len(INDENT))}" for call in calls]
    return [said, *indented, with_rule if columns(with_rule) <= width else reference]


def _counted_by_principal(alerts: Sequence[Alert]) -> list[str]:
    numbers = Counter(alert.principal or "unknown" for alert in alerts).most_common()
    lines = [f"and {number:,} more of {clean(principal, 60)}" for principal, number in numbers[:PRINCIPALS]]
    others = numbers[PRINCIPALS:]
    rest = f"and {sum(number for _, number in others):,} more of {count(len(others), 'other principal')}"
    return [*lines, rest] if others else lines

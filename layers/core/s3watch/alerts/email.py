"""Alerts as plain text for e-mail: short lines first, at most 78 columns, nothing to click."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from s3watch.alerts.alert import Alert
from s3watch.alerts.exception_entry import exception
from s3watch.alerts.headline import headline, title, topic
from s3watch.alerts.rows import Row, reference, rows, steps
from s3watch.alerts.searches import athena, insights, period, searches
from s3watch.findings.advice import how_to_suppress
from s3watch.ruleset import SEVERITIES, Detection
from s3watch.text import at, clean, count, listing, shorten, wrap

WIDTH = 78  # columns that every mail program shows without breaking lines
INDENT = 10  # columns of the questions, `Expected` being the longest
SUBJECT = 99  # SNS takes less than 100 characters
LISTED_RULES = 5
LISTED = 400  # alerts in a digest: 30 KB, far below what SNS takes and beyond what anybody reads


def render(alert: Alert, detections: Mapping[str, Detection], *, searchable: bool = True) -> tuple[str, str]:
    """Write subject and body of one message of a group; without searches where those would not be exact."""
    told = [_row(row) for row in (*rows(alert, detections), reference(alert))]
    told.insert(-1, _steps(steps(alert, detections)))
    parts = [[line for lines in told for line in lines]]
    if not alert.is_summary:
        parts.append(_excepting(alert))
    if searchable:
        parts += _searches(alert)
    return title(alert, SUBJECT), _body(parts)


def digest(alerts: Sequence[Alert]) -> tuple[str, str]:
    """Write one message that lists alerts held back by the rate limit, at least one, the gravest first."""
    ordered = sorted(alerts, key=lambda alert: (-SEVERITIES.index(alert.level), alert.first))
    levels = Counter(alert.level for alert in ordered)
    numbers = ", ".join(f"{number:,} {level}" for level, number in levels.items())
    subject = f"[{ordered[0].level.upper()}] {count(len(ordered), 'alert')} in one message: {numbers}"
    parts = [["These came faster than messages may be sent: SNS would suspend the mail."]]
    for level in levels:
        lines = [_line(alert) for alert in ordered[:LISTED] if alert.level == level]
        parts += [[level.upper(), *lines]] if lines else []
    if len(ordered) > LISTED:
        parts.append([f"and {len(ordered) - LISTED:,} more"])
    return shorten(subject, SUBJECT), _body(parts)


def _body(parts: Iterable[Sequence[str]]) -> str:
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _line(alert: Alert) -> str:
    start = f" {at(alert.first):%m-%d %H:%M} {topic(alert)}: "
    return start + headline(alert, WIDTH - len(start))


def _row(row: Row) -> list[str]:
    """Set the question beside the first line of its answer, and the rest below that."""
    return _beside(row.label, [part for line in row.lines for part in wrap(line, WIDTH - INDENT)])


def _steps(told: Sequence[str]) -> list[str]:
    hung: list[str] = []
    for number, step in enumerate(told, 1):
        first, *rest = wrap(step, WIDTH - INDENT - len("1. "))
        hung += [f"{number}. {first}", *(f"   {line}" for line in rest)]
    return _beside("Next", hung)


def _beside(label: str, lines: Sequence[str]) -> list[str]:
    labels = [label, *[""] * (len(lines) - 1)]
    return [f" {label:<{INDENT - 1}}{line}" for label, line in zip(labels, lines, strict=True)]


def _excepting(alert: Alert) -> list[str]:
    """Say how to be told no more, for good and for a while."""
    if finding := alert.evidence.finding:
        return ["IF THIS IS FINE", *wrap(how_to_suppress(finding), WIDTH)]
    where = f"`expected` of {topic(alert)} in rules/catalogue.yaml"
    good = f"For good: name {clean(alert.principal, 80)} under {where}."
    others = [clean(rule, 60) for rule in alert.rules if rule != alert.rule]
    also = f", and the same for {', '.join(listing(others, len(others), LISTED_RULES))}" if others else ""
    return [
        "IF THIS IS FINE",
        *(wrap(good, WIDTH) if _may_be_expected(alert) else []),
        *wrap(f"For a while: add to rules/exceptions.yaml{also}:", WIDTH),
        "",
        *exception(alert),
    ]


def _may_be_expected(alert: Alert) -> bool:
    """Whether the catalogue could name the principal: it has an entry, and the principal is somebody."""
    known = alert.principal not in ("", "anonymous", "unknown")
    return bool(alert.label) and alert.evidence.expected is False and known


def _searches(alert: Alert) -> list[list[str]]:
    """Write every search in both languages, each to be copied as it stands."""
    asked = searches(alert)
    if not asked:
        return []
    parts = [[f"SEARCHES, {period(alert)}", "cloudtrail_logs is the table of Athena's CloudTrail guide."]]
    for search in asked:
        parts += [
            [f"Athena: {search.question}"],
            athena(search, alert),
            [f"Logs Insights: {search.question}"],
            insights(search),
        ]
    return parts

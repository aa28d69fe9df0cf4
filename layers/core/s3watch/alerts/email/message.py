"""Renders alerts as plain-text e-mails: a sentence that says it all, facts, next steps, what to paste.

Rows are not wrapped, since every mail program does that, and a phone breaks lines that are wrapped already.
What is to be pasted has lines of at most 78 columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from s3watch.alerts.alert import PATIENT, Alert
from s3watch.alerts.digest import judging_one, next_steps, sections, subject
from s3watch.alerts.email.commands import commands, session_goes_on, stop_person
from s3watch.alerts.email.console import console
from s3watch.alerts.email.if_expected import if_expected
from s3watch.alerts.email.sentence import sentence
from s3watch.alerts.headline import title
from s3watch.alerts.reader import UTC_READER, Reader
from s3watch.alerts.rows.alert import Row, details, reference, rows
from s3watch.alerts.rows.steps import steps
from s3watch.alerts.rows.verdict import step
from s3watch.alerts.searches.section import section
from s3watch.ruleset import Detection
from s3watch.text import span, wrap

# Characters of a line: RFC 5322 allows 998 bytes, and what is not ASCII has up to four each
LONGEST = 960
LINE = 140  # characters of an alert in a digest: two or three lines of a phone
SUBJECT = 99  # SNS accepts fewer than 100 characters
LISTED = 100  # alerts in a digest: more than anyone reads


def render(
    alert: Alert,
    detections: Mapping[str, Detection],
    reader: Reader = UTC_READER,
    *,
    searchable: bool = True,
    entries: bool = True,
) -> tuple[str, str]:
    """Render the subject and body of an alert; `searchable` is False if its texts were cut.

    Without `entries`, those for the catalogue and for exceptions are left out, which are as long as the keys.
    """
    parts = [
        _bounded([sentence(alert, reader.zone)]),
        _bounded([line for row in rows(alert, detections, reader) for line in _row(row)]),
        _bounded(["Next:", *_numbered([*steps(alert, detections), *_judging(alert, reader)])]),
        *_stops(alert),
        _bounded([line for row in _to_look_up(alert, reader) for line in _row(row)]),
    ]
    if not alert.is_summary:
        parts.append(if_expected(alert, detections, entries=entries))
    if searchable:
        parts += section(alert, reader)
    return title(alert, SUBJECT), _body(parts)


def digest(
    alerts: Sequence[Alert], detections: Mapping[str, Detection], reader: Reader = UTC_READER
) -> tuple[str, str]:
    """Render one message that lists one or more alerts, worst first, with ids; the worst one's steps lead."""
    first, last = min(alert.first for alert in alerts), max(alert.last for alert in alerts)
    intro = f"{_why_together(alerts)} The worst come first, each with its id and its time in UTC."
    worst, *others = (
        _bounded([f"Next, {rule}:", *_numbered(advised)])
        for rule, advised in next_steps(alerts, detections).items()
    )
    listed = (_bounded(lines) for lines in sections(alerts, LISTED, LINE))
    told = [[intro, span(first, last, reader.zone)], worst, [judging_one(reader)], *listed, *others]
    return subject(alerts, SUBJECT), _body(told)


def _why_together(alerts: Sequence[Alert]) -> str:
    if all(alert.level in PATIENT for alert in alerts):
        return "Of low severity, and so told once a day."
    return "Too many to send one by one."


def _body(parts: Iterable[Sequence[str]]) -> str:
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _to_look_up(alert: Alert, reader: Reader) -> list[Row]:
    return [*details(alert, reader), *console(alert), reference(alert)]


def _row(row: Row) -> list[str]:
    """Put a single line beside its label, several below it."""
    if len(row.lines) == 1:
        return [f"{row.label}: {row.lines[0]}"]
    return [f"{row.label}:", *(f"- {line}" for line in row.lines)]


def _numbered(advised: Sequence[str]) -> list[str]:
    return [f"{number}. {step}" for number, step in enumerate(advised, 1)]


def _judging(alert: Alert, reader: Reader) -> list[str]:
    return list(filter(None, [step(alert, reader.stack)]))


def _stops(alert: Alert) -> list[list[str]]:
    if alert.level in PATIENT:
        return []
    written = list(filter(None, [stop_person(alert), *commands(alert), session_goes_on(alert)]))
    return [["If it was not intended:", *written]] if written else []


def _bounded(lines: Iterable[str]) -> list[str]:
    return [part for line in lines for part in wrap(line, LONGEST if line.isascii() else LONGEST // 4)]

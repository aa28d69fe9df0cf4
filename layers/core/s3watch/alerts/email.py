"""Renders alerts as plain-text e-mails: lines of at most 78 columns, no links."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from s3watch.alerts.alert import Alert
from s3watch.alerts.digest import next_steps, sections, subject
from s3watch.alerts.exception_entry import exception
from s3watch.alerts.headline import title, topic
from s3watch.alerts.reader import UTC_READER, Reader
from s3watch.alerts.rows import Row, reference, rows, steps
from s3watch.alerts.searches import athena, insights, period, searches
from s3watch.facts.identity import NOT_SSO
from s3watch.findings.advice import how_to_suppress
from s3watch.ruleset import Detection
from s3watch.text import clean, span, truncate_list, wrap

WIDTH = 78  # columns that every mail program shows without wrapping
INDENT = 10  # columns of the labels, of which `Expected` is the longest
SUBJECT = 99  # SNS accepts fewer than 100 characters
LISTED_RULES = 5
LISTED = 100  # alerts in a digest: more than anyone reads


def render(
    alert: Alert,
    detections: Mapping[str, Detection],
    reader: Reader = UTC_READER,
    *,
    searchable: bool = True,
) -> tuple[str, str]:
    """Render the subject and body of an alert; `searchable` is False if its texts were cut."""
    shown = [_row(row) for row in (*rows(alert, detections, reader), reference(alert))]
    shown.insert(-1, _beside("Next", _numbered(steps(alert, detections), WIDTH - INDENT)))
    parts = [[line for lines in shown for line in lines]]
    if not alert.is_summary:
        parts.append(_how_to_except(alert, detections))
    if searchable:
        parts += _searches(alert)
    return title(alert, SUBJECT), _body(parts)


def digest(
    alerts: Sequence[Alert], detections: Mapping[str, Detection], reader: Reader = UTC_READER
) -> tuple[str, str]:
    """Render one message that lists one or more alerts, worst first, with ids and the next steps."""
    first, last = min(alert.first for alert in alerts), max(alert.last for alert in alerts)
    intro = "Too many to send one by one. The worst come first, each with its id and its time in UTC."
    parts = [
        [*wrap(intro, WIDTH), *wrap(span(first, last, reader.zone), WIDTH)],
        *(
            [part for line in lines for part in wrap(line, WIDTH)]
            for lines in sections(alerts, LISTED, WIDTH)
        ),
    ]
    for rule, advised in next_steps(alerts, detections).items():
        parts.append([*wrap(f"NEXT, {rule}", WIDTH), *_numbered(advised, WIDTH)])
    return subject(alerts, SUBJECT), _body(parts)


def _body(parts: Iterable[Sequence[str]]) -> str:
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _row(row: Row) -> list[str]:
    """Put the label beside the first line, and the other lines below that."""
    return _beside(row.label, [part for line in row.lines for part in wrap(line, WIDTH - INDENT)])


def _numbered(advised: Sequence[str], width: int) -> list[str]:
    numbered: list[str] = []
    for number, step in enumerate(advised, 1):
        first, *rest = wrap(step, width - len("1. "))
        numbered += [f"{number}. {first}", *(f"   {line}" for line in rest)]
    return numbered


def _beside(label: str, lines: Sequence[str]) -> list[str]:
    labels = [label, *[""] * (len(lines) - 1)]
    return [f" {label:<{INDENT - 1}}{line}" for label, line in zip(labels, lines, strict=True)]


def _how_to_except(alert: Alert, detections: Mapping[str, Detection]) -> list[str]:
    """Say how to stop such alerts, permanently and temporarily."""
    if finding := alert.evidence.finding:
        return ["IF THIS IS FINE", *wrap(how_to_suppress(finding), WIDTH)]
    where = f"`expected` of {topic(alert)} in rules/catalogue.yaml"
    permanently = f"Permanently: add {clean(alert.principal, 80)} to {where}."
    others = [clean(rule, 60) for rule in alert.rules if rule != alert.rule]
    also = (
        f", and the same for {', '.join(truncate_list(others, len(others), LISTED_RULES))}" if others else ""
    )
    return [
        "IF THIS IS FINE",
        *(wrap(permanently, WIDTH) if _may_be_expected(alert, detections) else []),
        *wrap(f"Temporarily: add this to rules/exceptions.yaml{also}:", WIDTH),
        "",
        *exception(alert),
    ]


def _may_be_expected(alert: Alert, detections: Mapping[str, Detection]) -> bool:
    """Return whether the alert ends if the principal is expected: all of its detections ask for that.

    Not offered is a name that others could take, too: of a federated user, or like Identity Center's; and the
    name that S3 writes for the parts of anybody's batch deletes. Without their keys several entries matter.
    """
    evidence = alert.evidence
    known = alert.principal not in ("", "anonymous", "unknown", "service/AWS Internal")
    others = evidence.claim_source == "federation token" or f"/{NOT_SSO}" in alert.principal
    one_entry = bool(alert.label) and evidence.expected is False and not evidence.keys_unknown
    asked = all(rule in detections and "s3.expected" in detections[rule].fields for rule in alert.rules)
    return one_entry and known and not others and asked


def _searches(alert: Alert) -> list[list[str]]:
    """Render every search in both query languages, each ready to copy."""
    offered = searches(alert)
    if not offered:
        return []
    parts = [
        [f"SEARCHES, {period(alert)}", "cloudtrail_logs is the table from Athena's guide to CloudTrail logs."]
    ]
    for search in offered:
        parts += [
            [f"Athena: {search.question}"],
            athena(search, alert),
            [f"Logs Insights: {search.question}"],
            insights(search),
        ]
    return parts

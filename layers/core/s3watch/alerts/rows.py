"""Renders an alert as rows of facts: who, what, when, where, how, why. E-mail and chat show the same rows.

Unknown facts are shown as such where people look for them, and left out elsewhere. All text is cleaned here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import NamedTuple

from s3watch.alerts import access_rows, callers, finding_rows, review_rows
from s3watch.alerts.act_counts import Acts, counted
from s3watch.alerts.alert import Alert, Evidence, News
from s3watch.alerts.reader import UTC_READER, Reader
from s3watch.findings import advice
from s3watch.ruleset import Detection
from s3watch.text import (
    clean,
    clean_address,
    count,
    duration,
    short_timestamp,
    size,
    span,
    timestamp,
    truncate_list,
)

LISTED = 5  # keys, addresses or accounts: what a phone shows without scrolling
RULES = 10  # detections listed
ACTS = 15  # all that there are
LASTING = 20  # to whom access was given and where copies went: as many as an alert keeps when it is cut
STEPS = 3

_DEFAULT_STEPS = (
    "Ask the person, or the role's owner, whether this was intended.",
    "If not: disable the access key, or revoke the role's sessions.",
    "Check what else was accessed in the hour before and after.",
)


class Row(NamedTuple):
    """One row of an alert: its label (`Who`) and its lines."""

    label: str
    lines: tuple[str, ...]


def rows(alert: Alert, detections: Mapping[str, Detection], reader: Reader = UTC_READER) -> list[Row]:
    """Return an alert's rows, the most urgent first; rows without facts are left out."""
    candidates = [
        *_facts(alert, reader.zone),
        ("Why", [] if alert.evidence.finding else _why(alert, detections)),
        ("Expected", _expected(alert.evidence)),
        ("Owner", [clean_address(alert.owner)]),
    ]
    filled = (Row(label, tuple(filter(None, lines))) for label, lines in candidates)
    return [row for row in filled if row.lines]


def _facts(alert: Alert, zone: tzinfo) -> list[tuple[str, list[str]]]:
    if finding := alert.evidence.finding:
        return finding_rows.rows(alert, finding, zone)
    first = [("Shared", _overflow(alert)), ("New", _news(alert)), ("Each", _lasting(alert))]
    review = alert.evidence.review
    if review and review.finder:
        return [*first, *review_rows.rows_without_call(alert, review, zone)]
    seen = _many(alert, zone) if alert.is_summary else _one(alert, zone)
    return [*first, *seen, *(review_rows.rows(review) if review else [])]


def reference(alert: Alert) -> Row:
    """Return the row with the ids of the alert, the request and the event, to quote and to search for."""
    name, evidence = f"alert {clean(alert.id, 60)}", alert.evidence
    if evidence.finding:
        return Row("Ref", (name, *filter(None, finding_rows.reference(evidence.finding))))
    if alert.is_summary:
        return Row("Ref", (name,))
    event = [f"event {clean(evidence.event_id, 60)}"] if evidence.event_id else []
    return Row("Ref", (", ".join(filter(None, [name, access_rows.request(evidence)])), *event))


def steps(alert: Alert, detections: Mapping[str, Detection]) -> list[str]:
    """Return at most three next steps: those of the most severe detection, or of the kind of finding."""
    if finding := alert.evidence.finding:
        return advice.steps(finding)
    detection = detections.get(alert.rule)
    advised = [clean(step) for step in (detection.respond if detection else ()) if step]
    return (advised or list(_DEFAULT_STEPS))[:STEPS]


def _one(alert: Alert, zone: tzinfo) -> list[tuple[str, list[str]]]:
    """Return the rows about one access: the first of a group, or one that could not wait for a roll-up."""
    evidence = alert.evidence
    return [
        ("Who", access_rows.who(evidence)),
        ("What", access_rows.what(evidence)),
        ("Opens", [] if evidence.review else access_rows.opens(evidence)),
        ("Sets", access_rows.sets(evidence)),
        ("When", _when(alert, zone)),
        ("Where", access_rows.where(evidence)),
        ("How", access_rows.how(evidence, zone)),
        ("So far", _totals(alert) if alert.count > 1 else []),
        ("Labels", _labels(alert)),
        ("Objects", _objects(alert) if alert.distinct_keys > 1 else []),
    ]


def _many(alert: Alert, zone: tzinfo) -> list[tuple[str, list[str]]]:
    """Return the rows about a group since it was opened, and its worst access in full."""
    ends = f"new accesses after {short_timestamp(alert.window_end, zone)} open a new alert"
    return [
        ("In total" if alert.kind == "closed" else "So far", _totals(alert)),
        ("Who", _who_in_all(alert) if alert.is_overflow else access_rows.who(alert.evidence)),
        ("Labels", _labels(alert)),
        ("Objects", _objects(alert)),
        ("When", [f"{span(alert.first, alert.last, zone)}{access_rows.region(alert.evidence)}"]),
        (
            "Where",
            truncate_list(
                [clean_address(ip, 60) for ip in alert.ips], alert.distinct_ips, LISTED, exact=alert.ips_exact
            ),
        ),
        ("Worst", _worst(alert, zone)),
        ("Closed", [f"no more messages about this alert; {ends}"] if alert.kind == "closed" else []),
    ]


def _worst(alert: Alert, zone: tzinfo) -> list[str]:
    """Return the worst access in full, the newest of several, since the rows above are about all."""
    evidence = alert.evidence
    others = evidence.actor and evidence.actor != alert.actor
    by = f"by {', '.join(filter(None, callers.lines(evidence)))}" if others else ""
    opened = (
        [f"opened {to}" for to in access_rows.grantees(evidence)] if evidence.outcome == "success" else []
    )
    return [
        *access_rows.what(evidence),
        *([] if evidence.review else opened or access_rows.opens(evidence)),
        *access_rows.sets(evidence),
        by,
        timestamp(evidence.time, zone),
        *(f"from {line}" for line in access_rows.where(evidence)),
        *access_rows.how(evidence, zone),
        access_rows.request(evidence),
        f"event {clean(evidence.event_id, 60)}" if evidence.event_id else "",
    ]


def _overflow(alert: Alert) -> list[str]:
    if not alert.is_overflow:
        return []
    return [
        f"too many alerts of {_principal(alert)} within an hour",
        "all its further accesses share this one, whatever name, label or bucket they have",
    ]


def _news(alert: Alert) -> list[str]:
    """Return what no earlier message of the group has said."""
    news = alert.news
    if not news:
        return []
    rules = truncate_list([clean(rule, 80) for rule in news.rules], len(news.rules), LISTED)
    labels = truncate_list([clean(label, 80) for label in news.labels], len(news.labels), LISTED)
    return [
        f"since the last message: {_acts(news.acts, alert)}" if news.acts else "",
        f"detections: {', '.join(rules)}" if rules else "",
        f"labels: {', '.join(labels)}" if labels else "",
        ", ".join(_numbers_of(news)),
    ]


def _lasting(alert: Alert) -> list[str]:
    """Return the calls that outlast the request, if there are several: only one of them is shown in full."""
    calls = access_rows.lasting(alert.lasting)
    return truncate_list(calls, len(calls), LASTING) if len(calls) > 1 else []


def _numbers_of(news: News) -> list[str]:
    return [
        *([count(news.keys, "further object")] if news.keys > 0 else []),
        *([f"{news.ips:,} further {'address' if news.ips == 1 else 'addresses'}"] if news.ips > 0 else []),
    ]


def _acts(acts: Acts, alert: Alert) -> str:
    shown = ", ".join(truncate_list(counted(acts, alert.outcome), len(acts), ACTS))
    return shown if alert.outcome == "success" else f"tried to {shown}"


def _labels(alert: Alert) -> list[str]:
    is_one = len(alert.labels) == 1 and not alert.is_overflow
    return [] if is_one else truncate_list(_cleaned(alert.labels), len(alert.labels), LISTED)


def _objects(alert: Alert) -> list[str]:
    return truncate_list(_cleaned(alert.keys), alert.distinct_keys, LISTED, exact=alert.keys_exact)


def _who_in_all(alert: Alert) -> list[str]:
    account = alert.evidence.caller_account
    return [
        _principal(alert),
        f"account {clean(account)}" if account else "",
    ]


def _principal(alert: Alert) -> str:
    return clean(alert.evidence.issuer or alert.principal or alert.actor or "unknown")


def _when(alert: Alert, zone: tzinfo) -> list[str]:
    late = f"seen {duration(alert.late)} after it happened" if alert.late else ""
    return [f"{timestamp(alert.evidence.time, zone)}{access_rows.region(alert.evidence)}", late]


def _cleaned(texts: Sequence[str]) -> list[str]:
    return [clean(text) for text in texts]


def _totals(alert: Alert) -> list[str]:
    """Return the counts in one line, what was done in the next, and then the bytes read and written."""
    totals = [f"{'' if alert.exact else 'about '}{count(alert.count, 'access')}"]
    if alert.distinct_keys:
        totals.append(f"{'' if alert.keys_exact else 'more than '}{count(alert.distinct_keys, 'object')}")
    if alert.distinct_ips:
        totals.append(f"{'' if alert.ips_exact else 'more than '}{count(alert.distinct_ips, 'address')}")
    moved = [f"{size(alert.bytes_out)} read"] if alert.bytes_out else []
    moved += [f"{size(alert.bytes_in)} written"] if alert.bytes_in else []
    acts = f"{_acts(alert.acts, alert)}{'' if alert.exact else ' (estimated)'}" if alert.acts else ""
    return [", ".join(totals), acts, ", ".join(moved)]


def _why(alert: Alert, detections: Mapping[str, Detection]) -> list[str]:
    names = list(dict.fromkeys((alert.rule, *alert.rules)))
    shown = [f"{clean(name, 80)}{_titled(detections.get(name))}" for name in names[:RULES]]
    return truncate_list(shown, len(names), RULES)


def _titled(detection: Detection | None) -> str:
    return f": {clean(detection.title)}" if detection else ""


def _expected(evidence: Evidence) -> list[str]:
    if evidence.expected is not False:
        return []
    names = [clean(name, 80) for name in evidence.expected_principals]
    total = len(names) + evidence.other_expected
    return [", ".join(truncate_list(names, total, LISTED)) or "nobody"]

"""Writes the first sentence of a message, which says it all: who did what to what, when and from where."""

from __future__ import annotations

from datetime import tzinfo

from s3watch.alerts.alert import Alert, Evidence
from s3watch.alerts.headline import deed, headline, is_link
from s3watch.alerts.rows import access
from s3watch.text import MAX_SHOWN, clean, clean_address, count, duration, span, timestamp

CHANGES = 4  # settings named: as many as Block Public Access has
_FIRST_WORDS = {"anonymous ": "Someone without credentials ", "link signed by ": "A link signed by "}
_OUTCOMES = {"denied": " and was denied", "missing": ", which does not exist", "failed": ", which failed"}


def sentence(alert: Alert, zone: tzinfo) -> str:
    """Write the sentence, as one line."""
    if alert.evidence.finding:
        return f"{headline(alert, MAX_SHOWN)}, {span(alert.first, alert.last, zone)}."
    told = _summary(alert, zone) if alert.is_summary else _access(alert, zone)
    for ours, first in _FIRST_WORDS.items():
        told = f"{first}{told.removeprefix(ours)}" if told.startswith(ours) else told
    return f"{told}."


def _access(alert: Alert, zone: tzinfo) -> str:
    evidence = alert.evidence
    if evidence.review and evidence.review.finder:
        return f"{deed(alert)} on {timestamp(evidence.time, zone)}"
    said = [
        deed(alert, _detail(alert)),
        _OUTCOMES.get(evidence.outcome, ""),
        f" on {timestamp(evidence.time, zone)}",
        "" if is_link(alert) else f" from {access.place(evidence)}",
        _client(evidence),
        _remarks(alert),
    ]
    return "".join(said)


def _detail(alert: Alert) -> str:
    """Return how much data an object has, and its bucket, or the settings that a request puts."""
    evidence = alert.evidence
    if evidence.changes and evidence.outcome == "success" and not evidence.review:
        return f" ({', '.join(access.changes(evidence)[:CHANGES])})"
    moved = access.moved(evidence) if alert.count == 1 else ""
    is_named = evidence.key and evidence.event_name != "DeleteObjects"
    is_copied = evidence.operation == "read" and evidence.peer_uri
    bucket = f" {'from' if is_copied else 'in'} {clean(evidence.bucket)}" if is_named else ""
    return f"{f' ({moved})' if moved else ''}{bucket}"


def _client(evidence: Evidence) -> str:
    if evidence.console:
        return " in the AWS console"
    client = access.client(evidence)
    if evidence.client in ("", "unknown", "console"):
        return ""
    return f" with {'a ' if client == 'browser' else ''}{client}"


def _remarks(alert: Alert) -> str:
    evidence, review = alert.evidence, alert.evidence.review
    unexpected = evidence.expected is False and alert.outcome == "success"
    remarks = [
        "which is not expected" if unexpected else "",
        f"detected {duration(alert.late)} late" if alert.late else "",
        "which s3watch has corrected" if review and review.corrected else "",
    ]
    return "".join(f", {remark}" for remark in remarks if remark)


def _summary(alert: Alert, zone: tzinfo) -> str:
    ips = [clean_address(ip, 60) for ip in alert.ips]
    number = f"{'' if alert.ips_exact else 'more than '}{count(alert.distinct_ips, 'address')}"
    place = (ips[0] if len(ips) == alert.distinct_ips == 1 else number) if ips else ""
    denied = alert.outcome != "success"
    return "".join(
        [
            f"{deed(alert)}{_OUTCOMES.get(alert.outcome, '')}",
            f" between {span(alert.first, alert.last, zone).replace(' to ', ' and ', 1)}",
            f" from {place}" if place else "",
            "" if denied else _remarks(alert),
        ]
    )

"""Writes the first sentence of a message, which says it all: who did what to what, when and from where."""

from __future__ import annotations

from datetime import tzinfo

from s3watch.alerts import callers
from s3watch.alerts.alert import Alert, Evidence
from s3watch.alerts.headline import deed
from s3watch.alerts.rows import access, numbers, selectors
from s3watch.findings.finding import Finding
from s3watch.text import clean, clean_address, clean_name, count, duration, span, timestamp

CHANGES = 4  # settings named: as many as Block Public Access has
_FIRST_WORDS = {"anonymous ": "someone without credentials ", "link signed by ": "a link signed by "}
_STATES = {"reopened": "reopened", "worse": "rates as more severe"}
_NOBODY = ("", "unknown")
_OUTCOMES = {"denied": " and was denied", "missing": ", which does not exist,", "failed": ", which failed,"}


def sentence(alert: Alert, zone: tzinfo) -> str:
    """Write the sentence, as one line."""
    evidence = alert.evidence
    if evidence.finding:
        return _finding(alert, evidence.finding, zone)
    told = _summary(alert, zone) if alert.is_summary else _access(alert, zone)
    unexpected = "Not expected: " if evidence.expected is False and alert.outcome == "success" else ""
    start = f"Decoy {clean_name(evidence.decoy)} touched: " if evidence.decoy else unexpected
    for ours, words in _FIRST_WORDS.items():
        if told.startswith(ours):
            begun = words if start else words.capitalize()
            told = f"{begun}{told.removeprefix(ours)}"
    return f"{start}{told}."


def _finding(alert: Alert, finding: Finding, zone: tzinfo) -> str:
    key, bucket = clean_name(alert.evidence.key), clean_name(alert.bucket)
    target = " in ".join(filter(None, [key, bucket]))
    by = "" if finding.actor in _NOBODY else f" by {callers.shown(finding)}"
    said = [
        f"{finding.service} {_STATES.get(alert.kind, 'reported')} {clean(finding.type)}",
        f" on {target}" if target else "",
        f"{by}{f' from {clean_address(finding.ip, 60)}' if finding.ip else ''}",
        f", {count(finding.count, 'time')}" if finding.count > 1 else "",
        f", {span(alert.first, alert.last, zone)}",
        f", which is {finding.state} now" if finding.is_closed else "",
    ]
    return f"{''.join(said)}."


def _access(alert: Alert, zone: tzinfo) -> str:
    evidence = alert.evidence
    if evidence.review and evidence.review.finder:
        return f"{deed(alert)} on {timestamp(evidence.time, zone)}"
    said = [
        deed(alert, _detail(alert)),
        _allowed(evidence),
        _OUTCOMES.get(evidence.outcome, ""),
        f" on {timestamp(evidence.time, zone)}",
        "" if alert.uses_link else f" from {access.place(evidence)}",
        _client(evidence),
        _remarks(alert),
    ]
    return "".join(said)


def _allowed(evidence: Evidence) -> str:
    """Return what whoever got access may do, unless a review says so."""
    may = "" if evidence.review or evidence.outcome != "success" else access.verbs_allowed(evidence)
    return f", to {may}," if may else ""


def _detail(alert: Alert) -> str:
    """Return how much data an object has, and its bucket, or the settings that a request puts."""
    evidence = alert.evidence
    puts = evidence.changes or selectors.verbs(evidence)
    if puts and evidence.outcome == "success" and not evidence.review:
        told = access.effects(evidence) or access.changes(evidence)
        return f" ({', '.join(told[:CHANGES])})"
    moved = access.moved(evidence) if alert.count == 1 else ""
    is_named = evidence.key and not (evidence.event_name == "DeleteObjects" and alert.distinct_keys > 1)
    is_copied = evidence.operation == "read" and evidence.peer_uri
    bucket = f" {'from' if is_copied else 'in'} {clean(evidence.bucket)}" if is_named else ""
    return f"{f' ({moved})' if moved else ''}{bucket}"


def _client(evidence: Evidence) -> str:
    if evidence.console:
        return " in the AWS console"
    client = access.client(evidence)
    if not client or evidence.client in ("", "unknown", "console"):
        return ""
    return f" with {'a ' if client == 'browser' else ''}{client}"


def _remarks(alert: Alert) -> str:
    review = alert.evidence.review
    late = f", detected {duration(alert.late)} late" if alert.late else ""
    if counted := numbers.counted_alone(alert):
        return f"{late}, one of {counted}"
    return f"{late}; s3watch corrected it" if review and review.corrected else late


def _summary(alert: Alert, zone: tzinfo) -> str:
    ips = [clean_address(ip, 60) for ip in alert.ips]
    number = f"{'' if alert.ips_exact else 'more than '}{count(alert.distinct_ips, 'address')}"
    place = (ips[0] if len(ips) == alert.distinct_ips == 1 else number) if ips else ""
    return "".join(
        [
            f"{deed(alert)}{_OUTCOMES.get(alert.outcome, '')}",
            f" between {span(alert.first, alert.last, zone).replace(' to ', ' and ', 1)}",
            f" from {place}" if place else "",
            _remarks(alert),
        ]
    )

"""Renders a finding of another service as the headline, rows and reference of an alert."""

from __future__ import annotations

from datetime import tzinfo

from s3watch.alerts import callers
from s3watch.alerts.account_names import numbered
from s3watch.alerts.alert import Alert, Evidence
from s3watch.findings.finding import Finding, Target
from s3watch.text import (
    MAX_SHOWN,
    clean,
    clean_address,
    clean_name,
    count,
    elide,
    quoted_name,
    shorten,
    span,
    timestamp,
    to_ascii,
    truncate_list,
)

LISTED = 5  # objects: what a phone shows without scrolling
KEY = 24  # characters of a key that are kept however long the rest is
_NOBODY = ("", "unknown")


def headline(alert: Alert, finding: Finding, width: int) -> str:
    """Write `GuardDuty: Exfiltration:S3/AnomalousBehavior on hr-data by alice`, cut to `width` characters."""
    before = _shown(f"{finding.service}: {finding.type}", 100)
    by = "" if finding.actor in _NOBODY else f" by {callers.in_subject(finding)}"
    after = f"{by}{_remarks(alert, finding)}"
    target = _target(alert, width - len(before) - len(after) - len(" on "))
    return shorten(f"{before}{f' on {target}' if target else ''}{after}", width)


def _target(alert: Alert, room: int) -> str:
    """Name the object if there is room for it, else its bucket."""
    key, bucket = (_shown(quoted_name(name), MAX_SHOWN) for name in (alert.evidence.key, alert.bucket))
    return elide(key, room) if key and room >= min(len(key), KEY) else elide(bucket, max(room, KEY))


def topic(alert: Alert) -> str:
    """Name the account that a finding is about if it is not about a bucket."""
    return f"account {alert.account}" if alert.account else "an account"


def _shown(text: str, most: int) -> str:
    return clean(to_ascii(text), most)


def _remarks(alert: Alert, finding: Finding) -> str:
    remarks = [
        "denied" if finding.outcome == "denied" else "",
        finding.state if finding.is_closed else "",
        {"reopened": "reopened", "worse": "more severe"}.get(alert.kind, "") if not finding.is_closed else "",
        f"{finding.count:,} times" if finding.count > 1 else "",
    ]
    shown = ", ".join(filter(None, remarks))
    return f" ({shown})" if shown else ""


def rows(alert: Alert, finding: Finding, zone: tzinfo) -> list[tuple[str, list[str]]]:
    """Return the label and lines of each row; rows without facts have no lines."""
    return [
        ("Now", _state(alert, finding)),
        ("Found", [f"{finding.service}: {clean(finding.type)}: {clean(finding.title)}"]),
        ("About", _description(finding)),
        ("Who", [_who(alert.evidence, finding)]),
        ("Access key", [clean(finding.access_key, 60)]),
        ("What", _call(finding)),
        ("Objects", _objects(finding)),
        ("When", [_when(alert, finding, zone)]),
        ("From", [_place(finding)]),
        ("How much", [f"seen {count(finding.count, 'time')}" if finding.count > 1 else ""]),
        ("Details", [clean(line) for line in finding.details]),
    ]


def _state(alert: Alert, finding: Finding) -> list[str]:
    if finding.is_closed:
        return [f"{finding.state}: no more messages about this finding unless it is reopened"]
    if alert.kind == "reopened":
        return [f"reopened by {finding.service}"]
    if alert.kind == "worse":
        return [f"more severe than before: {alert.level.upper()}"]
    return ["reported again by the service"] if alert.is_summary else []


def _description(finding: Finding) -> list[str]:
    """Return the service's description, which may have several lines, as one paragraph."""
    words = " ".join(finding.description.split())
    return [clean(words, 600)] if words != finding.title else []


def _who(evidence: Evidence, finding: Finding) -> str:
    if finding.actor in _NOBODY:
        return ""
    account = finding.caller_account
    is_foreign = callers.is_foreign(finding, finding.account)
    shown = numbered(account, evidence)
    known = f"{'another account, ' if is_foreign else 'account '}{shown}" if account else ""
    return ", ".join(filter(None, [*callers.lines(finding), known]))


def _call(finding: Finding) -> list[str]:
    if not finding.api:
        return []
    code = f", {clean(finding.outcome, 20)} ({clean(finding.error_code, 60)})" if finding.error_code else ""
    return [f"{clean(finding.api, 60)}{code}"]


def _place(finding: Finding) -> str:
    return ", ".join(filter(None, (clean_address(finding.ip, 60), clean(finding.origin), _client(finding))))


def _client(finding: Finding) -> str:
    return clean_name(finding.user_agent, 60)


def _objects(finding: Finding) -> list[str]:
    return truncate_list([_uri(target) for target in finding.targets], len(finding.targets), LISTED)


def _uri(target: Target) -> str:
    return clean_name(f"s3://{target.bucket}{'/' * bool(target.key)}{target.key}")


def _when(alert: Alert, finding: Finding, zone: tzinfo) -> str:
    region = f", {clean(finding.region, 40)}" if finding.region else ""
    reported = f"reported by {finding.service} at {timestamp(alert.evidence.time, zone)}"
    late = reported if alert.evidence.time > alert.last else ""
    return ", ".join(filter(None, [f"{span(alert.first, alert.last, zone)}{region}", late]))

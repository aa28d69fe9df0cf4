"""Writes an alert in one line, who did what to what, for subjects, text messages, digests and OCSF."""

from __future__ import annotations

from collections.abc import Sequence

from s3watch.alerts import finding_rows, review_rows
from s3watch.alerts.alert import Alert, Evidence
from s3watch.text import MAX_SHOWN, clean, count, elide, shorten, to_ascii

NAME = 40  # characters of an actor or label: an e-mail address fits, and leaves room for the key
KEY = 24  # characters of a key that are kept however long the rest is

_OPERATIONS = {  # what was done, and what was tried
    "read": ("read", "read"),
    "list": ("listed", "list"),
    "inspect": ("inspected", "inspect"),
    "write": ("wrote", "write"),
    "delete": ("deleted", "delete"),
    "permission": ("changed permissions of", "change permissions of"),
    "protection": ("changed protection of", "change protection of"),
    "configuration": ("changed settings of", "change settings of"),
}
_EVENTS = {  # events for which the operation alone says too little
    "StopLogging": ("stopped trail", "stop trail"),
    "DeleteTrail": ("deleted trail", "delete trail"),
    "UpdateTrail": ("changed trail", "change trail"),
    "PutEventSelectors": ("changed event selectors of trail", "change event selectors of trail"),
    "DeleteBucketPublicAccessBlock": ("removed Block Public Access from", "remove Block Public Access from"),
    "PutBucketPublicAccessBlock": ("changed Block Public Access of", "change Block Public Access of"),
    "DeleteAccountPublicAccessBlock": ("removed Block Public Access from", "remove Block Public Access from"),
    "PutAccountPublicAccessBlock": ("changed Block Public Access of", "change Block Public Access of"),
}
_OUTCOMES = {"denied": "denied", "missing": "not found", "failed": "failed"}


def title(alert: Alert, width: int) -> str:
    """Write `[HIGH] payroll: alice@example.com read ...` in ASCII of at most `width` characters."""
    prefix = f"[{alert.level.upper()}] {topic(alert)}: "
    return prefix + headline(alert, width - len(prefix))


def topic(alert: Alert) -> str:
    """Name what an alert is about: the label, else the bucket, else CloudTrail or an account."""
    other = finding_rows.topic(alert) if alert.evidence.finding else "CloudTrail"
    return _shown(alert.label or alert.bucket or other)


def headline(alert: Alert, width: int) -> str:
    """Write who did what to what in at most `width` ASCII characters; remarks and long keys are cut first."""
    if finding := alert.evidence.finding:
        return finding_rows.headline(alert, finding, width)
    actor = _shown(alert.actor or "unknown")
    action, target, after = _parts(alert)
    before, target, remarks = f"{actor} {action} ", _shown(target, MAX_SHOWN), _remarks(alert)
    room = width - len(before) - len(after)
    while remarks and room - len(_bracketed(remarks)) < min(len(target), KEY):
        remarks.pop()
    after += _bracketed(remarks)
    room = max(width - len(before) - len(after), KEY)
    return shorten(f"{before}{elide(target, room)}".rstrip() + after, width)


def _parts(alert: Alert) -> tuple[str, str, str]:
    """Return the action, its target and the text after it."""
    if review := alert.evidence.review:
        return review_rows.headline(alert, review)
    if alert.is_summary:
        return _many(alert)
    action, target, after = _one(alert.evidence)
    if alert.evidence.event_name == "DeleteObjects" and alert.distinct_keys > 1:
        return action, count(alert.distinct_keys, "object"), f" in {alert.bucket}"
    return action, target, after


def _shown(text: str, most: int = NAME) -> str:
    return clean(to_ascii(text), most)


def _one(evidence: Evidence) -> tuple[str, str, str]:
    """Return the action, its target and the text after it, of one access."""
    done, tried = _EVENTS.get(evidence.event_name) or _OPERATIONS.get(evidence.operation) or _call(evidence)
    target = _target(evidence)
    if evidence.outcome != "success":
        return f"tried to {tried}", target, ""
    if evidence.grants_public:
        return "opened", target, " to everyone"
    if evidence.grants_accounts:
        return "opened", target, f" to {count(len(evidence.grants_accounts), 'other account')}"
    return ("copied" if evidence.operation == "read" and evidence.peer_uri else done), target, ""


def _call(evidence: Evidence) -> tuple[str, str]:
    name = _shown(evidence.event_name) or "an unnamed operation"
    return f"called {name} on", f"call {name} on"


def _target(evidence: Evidence) -> str:
    if evidence.keys_unknown:
        return f"objects in {evidence.bucket}"
    return evidence.key or evidence.bucket or evidence.resource or "the account"


def _many(alert: Alert) -> tuple[str, str, str]:
    """Return the action, its target and the text after it, of a group."""
    action = "accessed" if alert.outcome == "success" else "tried to access"
    times = f" {'' if alert.exact else 'about '}{count(alert.count, 'time')}"
    if not alert.distinct_keys:
        return action, _target(alert.evidence), times
    more = "" if alert.keys_exact else "more than "
    return f"{action} {more}{count(alert.distinct_keys, 'object')}{times}", "", ""


def _remarks(alert: Alert) -> list[str]:
    """Return what else matters at first glance, the most important first."""
    evidence = alert.evidence
    remarks = [
        _OUTCOMES.get(alert.outcome, ""),
        {"rollup": "so far", "closed": "in total", "reopened": "severity raised"}.get(alert.kind, ""),
        "unexpected" if evidence.expected is False and alert.outcome == "success" else "",
        "keys unknown" if evidence.keys_unknown and not alert.is_summary else "",
        "late" if alert.late and alert.kind == "first" else "",
    ]
    return [remark for remark in remarks if remark]


def _bracketed(remarks: Sequence[str]) -> str:
    return f" ({', '.join(remarks)})" if remarks else ""

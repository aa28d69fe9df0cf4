"""An alert in one line, who did what to what: the same words in subjects, text messages and digests."""

from __future__ import annotations

from collections.abc import Sequence

from s3watch.alerts import finding_rows, review_rows
from s3watch.alerts.alert import Alert, Evidence
from s3watch.text import MOST, clean, count, elide, shorten, to_ascii

NAME = 40  # characters of an actor or label: an e-mail address fits, and the key keeps room beside it
KEY = 24  # characters a key keeps however long the rest is

_DEEDS = {  # what was done, and what was tried
    "read": ("read", "read"),
    "list": ("listed", "list"),
    "inspect": ("inspected", "inspect"),
    "write": ("wrote", "write"),
    "delete": ("deleted", "delete"),
    "permission": ("changed permissions of", "change permissions of"),
    "protection": ("changed protection of", "change protection of"),
    "configuration": ("changed settings of", "change settings of"),
}
_EVENTS = {  # events whose operation alone says too little
    "StopLogging": ("stopped trail", "stop trail"),
    "DeleteTrail": ("deleted trail", "delete trail"),
    "UpdateTrail": ("changed trail", "change trail"),
    "PutEventSelectors": ("changed what is recorded by trail", "change what is recorded by trail"),
    "DeleteBucketPublicAccessBlock": ("removed block public access of", "remove block public access of"),
    "PutBucketPublicAccessBlock": ("changed block public access of", "change block public access of"),
    "DeleteAccountPublicAccessBlock": ("removed block public access of", "remove block public access of"),
    "PutAccountPublicAccessBlock": ("changed block public access of", "change block public access of"),
}
_OUTCOMES = {"denied": "denied", "missing": "not found", "failed": "failed"}


def title(alert: Alert, width: int) -> str:
    """Write `[HIGH] payroll: alice@example.com read ...` in ASCII of at most `width` characters."""
    prefix = f"[{alert.level.upper()}] {topic(alert)}: "
    return prefix + headline(alert, width - len(prefix))


def topic(alert: Alert) -> str:
    """Name what an alert is about: the label, else the bucket, else CloudTrail itself or an account."""
    nowhere = finding_rows.topic(alert) if alert.evidence.finding else "CloudTrail"
    return _shown(alert.label or alert.bucket or nowhere)


def headline(alert: Alert, width: int) -> str:
    """Write who did what to what in ASCII of at most `width` characters; remarks and long keys give way."""
    if finding := alert.evidence.finding:
        return finding_rows.headline(alert, finding, width)
    actor = _shown(alert.actor or "unknown")
    deed, thing, after = _told(alert)
    before, thing, remarks = f"{actor} {deed} ", _shown(thing, MOST), _remarks(alert)
    room = width - len(before) - len(after)
    while remarks and room - len(_bracketed(remarks)) < min(len(thing), KEY):
        remarks.pop()
    after += _bracketed(remarks)
    room = max(width - len(before) - len(after), KEY)
    return shorten(f"{before}{elide(thing, room)}".rstrip() + after, width)


def _told(alert: Alert) -> tuple[str, str, str]:
    """The deed, the thing and what comes after it."""
    if review := alert.evidence.review:
        return review_rows.headline(alert, review)
    if alert.is_summary:
        return _many(alert)
    deed, thing, after = _one(alert.evidence)
    if alert.evidence.event_name == "DeleteObjects" and alert.distinct_keys > 1:
        return deed, count(alert.distinct_keys, "object"), f" in {alert.bucket}"
    return deed, thing, after


def _shown(text: str, most: int = NAME) -> str:
    return clean(to_ascii(text), most)


def _one(evidence: Evidence) -> tuple[str, str, str]:
    """The deed, the thing and what comes after it, of one access."""
    done, tried = _EVENTS.get(evidence.event_name) or _DEEDS.get(evidence.operation) or _call(evidence)
    thing = _thing(evidence)
    if evidence.outcome != "success":
        return f"tried to {tried}", thing, ""
    if evidence.grants_public:
        return "opened", thing, " to everyone"
    if evidence.grants_accounts:
        return "opened", thing, f" to {count(len(evidence.grants_accounts), 'other account')}"
    return ("copied" if evidence.operation == "read" and evidence.peer_uri else done), thing, ""


def _call(evidence: Evidence) -> tuple[str, str]:
    name = _shown(evidence.event_name) or "an unnamed operation"
    return f"called {name} on", f"call {name} on"


def _thing(evidence: Evidence) -> str:
    if evidence.keys_unknown:
        return f"objects in {evidence.bucket}"
    return evidence.key or evidence.bucket or evidence.resource or "the account"


def _many(alert: Alert) -> tuple[str, str, str]:
    """The deed, the thing and what comes after it, of a group."""
    deed = "accessed" if alert.outcome == "success" else "tried to access"
    times = f" {'' if alert.exact else 'about '}{count(alert.count, 'time')}"
    if not alert.distinct_keys:
        return deed, _thing(alert.evidence), times
    more = "" if alert.keys_exact else "more than "
    return f"{deed} {more}{count(alert.distinct_keys, 'object')}{times}", "", ""


def _remarks(alert: Alert) -> list[str]:
    """What else to know at once, the most important first."""
    evidence = alert.evidence
    remarks = [
        _OUTCOMES.get(alert.outcome, ""),
        {"rollup": "so far", "closed": "in all", "reopened": "severity raised"}.get(alert.kind, ""),
        "unexpected" if evidence.expected is False and alert.outcome == "success" else "",
        "keys unknown" if evidence.keys_unknown and not alert.is_summary else "",
        "late" if alert.late and alert.kind == "first" else "",
    ]
    return [remark for remark in remarks if remark]


def _bracketed(remarks: Sequence[str]) -> str:
    return f" ({', '.join(remarks)})" if remarks else ""

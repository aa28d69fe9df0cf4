"""Renders an alert as rows of facts: who, what, when, where, how, why. E-mail and chat show the same rows.

Unknown facts are shown as such where people look for them, and left out elsewhere. All text is cleaned here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from s3watch.alerts import finding_rows, review_rows
from s3watch.alerts.alert import Alert, Evidence
from s3watch.findings import advice
from s3watch.ruleset import Detection
from s3watch.text import clean, count, duration, short_timestamp, size, span, timestamp, truncate_list

LISTED = 5  # keys, addresses or accounts: what a phone shows without scrolling
RULES = 10  # detections listed
STEPS = 3

_OUTCOMES = {"success": "succeeded", "denied": "denied", "missing": "not found", "failed": "failed"}
_NETWORKS = {"aws-service": "an AWS service", "aws-internal": "inside AWS"}
_NOBODY = ("anonymous", "unknown")  # principals without a known account
_DEFAULT_STEPS = (
    "Ask the person, or the role's owner, whether this was intended.",
    "If not: disable the access key, or revoke the role's sessions.",
    "Check what else was accessed in the hour before and after.",
)


class Row(NamedTuple):
    """One row of an alert: its label (`Who`) and its lines."""

    label: str
    lines: tuple[str, ...]


def rows(alert: Alert, detections: Mapping[str, Detection]) -> list[Row]:
    """Return an alert's rows, the most urgent first; rows without facts are left out."""
    candidates = [
        *_facts(alert),
        ("Why", [] if alert.evidence.finding else _why(alert, detections)),
        ("Expected", _expected(alert.evidence)),
        ("Owner", [clean(alert.owner)]),
    ]
    filled = (Row(label, tuple(filter(None, lines))) for label, lines in candidates)
    return [row for row in filled if row.lines]


def _facts(alert: Alert) -> list[tuple[str, list[str]]]:
    if finding := alert.evidence.finding:
        return finding_rows.rows(alert, finding)
    review = alert.evidence.review
    if review and review.finder:
        return review_rows.rows_without_call(alert, review)
    seen = _many(alert) if alert.is_summary else _one(alert)
    return [*seen, *review_rows.rows(review)] if review else seen


def reference(alert: Alert) -> Row:
    """Return the row with the ids of the alert, the request and the event, to quote and to search for."""
    name, evidence = f"alert {clean(alert.id, 60)}", alert.evidence
    if evidence.finding:
        return Row("Ref", (name, *filter(None, finding_rows.reference(evidence.finding))))
    if alert.is_summary:
        return Row("Ref", (name,))
    event = [f"event {clean(evidence.event_id, 60)}"] if evidence.event_id else []
    return Row("Ref", (", ".join(filter(None, [name, _request(evidence)])), *event))


def steps(alert: Alert, detections: Mapping[str, Detection]) -> list[str]:
    """Return at most three next steps: those of the most severe detection, or of the kind of finding."""
    if finding := alert.evidence.finding:
        return advice.steps(finding)
    detection = detections.get(alert.rule)
    advised = [clean(step) for step in (detection.respond if detection else ()) if step]
    return (advised or list(_DEFAULT_STEPS))[:STEPS]


def _one(alert: Alert) -> list[tuple[str, list[str]]]:
    """Return the rows about one access: the first of a group, or the one that raised its severity."""
    evidence = alert.evidence
    return [
        ("Raised", [f"severity is now {alert.level.upper()}"] if alert.kind == "reopened" else []),
        ("Who", _who(evidence)),
        ("What", _what(evidence)),
        ("Opens", [] if evidence.review else _opens(evidence)),
        ("When", _when(alert)),
        ("Where", _where(evidence)),
        ("How", _how(evidence)),
        ("So far", _totals(alert) if alert.count > 1 else []),
        ("Objects", _objects(alert) if alert.distinct_keys > 1 else []),
    ]


def _many(alert: Alert) -> list[tuple[str, list[str]]]:
    """Return the rows about a group since it was opened."""
    ends = f"new accesses after {short_timestamp(alert.window_end)} open a new alert"
    return [
        ("In total" if alert.kind == "closed" else "So far", _totals(alert)),
        ("Who", _who(alert.evidence)),
        ("Objects", _objects(alert)),
        ("When", [f"{span(alert.first, alert.last)}{_region(alert.evidence)}"]),
        ("Where", truncate_list(_cleaned(alert.ips), alert.distinct_ips, LISTED, exact=alert.ips_exact)),
        ("Worst", [*_what(alert.evidence), timestamp(alert.evidence.time), _request(alert.evidence)]),
        ("Closed", [f"no more messages about this alert; {ends}"] if alert.kind == "closed" else []),
    ]


def _objects(alert: Alert) -> list[str]:
    return truncate_list(_cleaned(alert.keys), alert.distinct_keys, LISTED, exact=alert.keys_exact)


def _who(evidence: Evidence) -> list[str]:
    actor = clean(evidence.actor or evidence.principal or "unknown")
    if actor in _NOBODY:
        return [actor, "no credentials: anyone could have sent this" if actor == "anonymous" else ""]
    account = evidence.caller_account
    foreign = bool(account and evidence.bucket_account and account != evidence.bucket_account)
    details = [
        f"{'another account, ' if foreign else 'account '}{clean(account)}" if account else "",
        "" if evidence.principal_type == "service" else _mfa(evidence),
    ]
    key = f"access key {clean(evidence.access_key, 60)}" if evidence.access_key else ""
    principal = clean(evidence.principal) if evidence.principal != evidence.actor else ""
    return [actor, principal, ", ".join(filter(None, details)), key]


def _mfa(evidence: Evidence) -> str:
    if evidence.mfa is None:
        return "MFA not recorded"
    return "with MFA" if evidence.mfa else "without MFA"


def _what(evidence: Evidence) -> list[str]:
    moved = evidence.bytes_in if evidence.operation == "write" else evidence.bytes_out
    code = f" ({clean(evidence.error_code, 60)})" if evidence.error_code else ""
    call = [
        clean(evidence.event_name, 60),
        size(moved)
        if moved and evidence.outcome == "success" and evidence.operation in ("read", "write")
        else "",
        f"{_OUTCOMES.get(evidence.outcome, clean(evidence.outcome))}{code}",
    ]
    return [", ".join(filter(None, call)), *_object(evidence)]


def _object(evidence: Evidence) -> list[str]:
    uri = f"s3://{evidence.bucket}{'/' * bool(evidence.key)}{evidence.key}" if evidence.bucket else ""
    direction = "to" if evidence.operation == "read" else "from"
    return [
        clean(uri or evidence.resource),
        f"version {clean(evidence.version, 60)}" if evidence.version else "",
        f"copied {direction} {clean(evidence.peer_uri)}" if evidence.peer_uri else "",
        "keys unknown: the record of a batch delete does not name them" if evidence.keys_unknown else "",
    ]


def _opens(evidence: Evidence) -> list[str]:
    """Say to whom a change of permissions gives access, or would have given it."""
    accounts = [clean(account, 60) for account in evidence.grants_accounts]
    opened = [
        "to everyone" if evidence.grants_public else "",
        f"to other accounts: {', '.join(truncate_list(accounts, len(accounts), LISTED))}" if accounts else "",
    ]
    if any(opened) and evidence.outcome != "success":
        return ["nothing, because it did not succeed; it would have opened", *opened]
    return opened


def _when(alert: Alert) -> list[str]:
    late = f"seen {duration(alert.late)} after it happened" if alert.late else ""
    return [f"{timestamp(alert.evidence.time)}{_region(alert.evidence)}", late]


def _region(evidence: Evidence) -> str:
    return f", {clean(evidence.region, 40)}" if evidence.region else ""


def _request(evidence: Evidence) -> str:
    return f"request {clean(evidence.request_id, 40)}" if evidence.request_id else ""


def _cleaned(texts: Sequence[str]) -> list[str]:
    return [clean(text) for text in texts]


def _where(evidence: Evidence) -> list[str]:
    if evidence.vpce:
        place = f"{clean(evidence.vpce, 60)}{f' (from {clean(evidence.ip, 60)})' if evidence.ip else ''}"
    else:
        place = clean(evidence.ip, 60) or _NETWORKS.get(evidence.network_kind, "address not recorded")
    return [
        ", ".join(
            filter(None, [place, _client(evidence), f"TLS {clean(evidence.tls, 20)}" if evidence.tls else ""])
        )
    ]


def _client(evidence: Evidence) -> str:
    """Name the client program, or quote its user agent."""
    if evidence.console:
        return ""  # the row `How` says so
    return clean(evidence.client if evidence.client not in ("", "unknown") else evidence.user_agent, 60)


def _how(evidence: Evidence) -> list[str]:
    old = "SigV2, a signature version that AWS has deprecated" if evidence.signature == "SigV2" else ""
    if evidence.presigned:
        until = (
            f", valid until {short_timestamp(evidence.presigned_until)}" if evidence.presigned_until else ""
        )
        return [f"presigned URL{until}", old]
    methods = {
        "form": "browser upload form",
        "none": "not signed",
        "query": "signature in the URL",
        "header": "",
    }
    method = "AWS console" if evidence.console else methods.get(evidence.auth, "")
    return [method, old]


def _totals(alert: Alert) -> list[str]:
    """Return the counts in one line, and the bytes read and written in the next."""
    counted = [f"{'' if alert.exact else 'about '}{count(alert.count, 'access')}"]
    if alert.distinct_keys:
        counted.append(f"{'' if alert.keys_exact else 'more than '}{count(alert.distinct_keys, 'object')}")
    if alert.distinct_ips:
        counted.append(f"{'' if alert.ips_exact else 'more than '}{count(alert.distinct_ips, 'address')}")
    moved = [f"{size(alert.bytes_out)} read"] if alert.bytes_out else []
    moved += [f"{size(alert.bytes_in)} written"] if alert.bytes_in else []
    return [", ".join(counted), ", ".join(moved)]


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
    return [", ".join(truncate_list(names, len(names), LISTED)) or "nobody"]

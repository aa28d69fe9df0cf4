"""The links of a message: to the object, the caller and the event in the AWS console."""

from __future__ import annotations

from s3watch.alerts.alert import Alert, Evidence
from s3watch.alerts.rows.alert import Row
from s3watch.console_links import event_link, object_link, role_link, user_link
from s3watch.facts.identity import NOT_SSO, SSO_ROLE
from s3watch.text import one_line


def console(alert: Alert) -> list[Row]:
    """Return a row for each link; a caller of another account has none."""
    evidence = alert.evidence
    if evidence.finding:
        links = {"Finding": one_line(evidence.finding.link)}
    else:
        kind = "Object" if evidence.key else "Bucket"
        links = {kind: _object(evidence), **_caller(alert), "Event": _event(evidence)}
    return [Row(f"{name} in the console", (found,)) for name, found in links.items() if found]


def _object(evidence: Evidence) -> str:
    return object_link(evidence.region, evidence.bucket, evidence.key) if evidence.bucket else ""


def _caller(alert: Alert) -> dict[str, str]:
    evidence = alert.evidence
    kind, _, name = evidence.principal.partition("/")
    if evidence.caller_account != alert.account or name.startswith(SSO_ROLE):
        return {}
    return {
        "Role": role_link(evidence.region, name.removeprefix(NOT_SSO)) if kind == "role" else "",
        "User": user_link(evidence.region, name) if kind == "user" else "",
    }


def _event(evidence: Evidence) -> str:
    """Return a link to a management event; the event history has no data events."""
    is_data = evidence.scope in ("object", "prefix") or evidence.operation == "list"
    return "" if is_data or evidence.feed != "cloudtrail" else event_link(evidence.region, evidence.event_id)

"""Writes the entry for `expected` in rules/catalogue.yaml that would end an alert, ready to paste."""

from __future__ import annotations

from collections.abc import Mapping

from s3watch.alerts.alert import Alert
from s3watch.alerts.email.exception_entry import member, pattern
from s3watch.facts.identity import NOT_SSO, SSO_ROLE
from s3watch.ruleset import Detection
from s3watch.text import clean, clean_address

INDENT = " " * 6  # of the entries of `expected` in the catalogue

# What each act has to be expected to `do`. The acts that are missing have no entry that covers them alone.
_DO = {
    "read": "read", "list": "read", "inspect": "read", "copy-out": "read", "write": "write",
    "delete": "delete", "permission": "permission", "protection": "protection",
    "configuration": "configuration",
}  # fmt: skip


def expected_entry(alert: Alert, detections: Mapping[str, Detection]) -> list[str]:
    """Write the entry as lines of YAML, or nothing where no entry ends such alerts."""
    acts = [act for act, number in alert.acts if number > 0] or [alert.evidence.act]
    if not _may_be_expected(alert, detections) or not all(act in _DO for act in acts):
        return []
    do = list(dict.fromkeys(_DO[act] for act in acts))
    return [
        *member(f"{INDENT}- principal", pattern(alert.principal)),
        f"{INDENT}  do: {do[0] if len(do) == 1 else f'[{", ".join(do)}]'}",
        *([f"{INDENT}  network: {alert.evidence.vpce}"] if _is_endpoint(alert.evidence.vpce) else []),
    ]


def who_else(alert: Alert) -> str:
    """Say whom the entry lets in besides the caller: everybody who has a role of Identity Center."""
    if f"/{SSO_ROLE}" not in alert.principal:
        return ""
    person = clean_address(alert.actor) if alert.evidence.actor_verified else "this caller"
    return f"This makes everyone who has {clean(alert.principal, 80)} expected, not {person} alone."


def _may_be_expected(alert: Alert, detections: Mapping[str, Detection]) -> bool:
    """Return whether the alert ends if the principal is expected: all of its detections ask for that.

    Not offered is a name that others could take, too: of a federated user, or like Identity Center's; and the
    name that S3 writes for the parts of anybody's batch deletes. Without their keys several entries matter.
    """
    evidence = alert.evidence
    known = alert.principal not in ("", "anonymous", "unknown", "service/AWS Internal")
    others = evidence.claim_source == "federation token" or f"/{NOT_SSO}" in alert.principal
    one_entry = len(alert.labels) == 1 and evidence.expected is False and not evidence.keys_unknown
    asked = all(rule in detections and "s3.expected" in detections[rule].fields for rule in alert.rules)
    return one_entry and known and not others and asked


def _is_endpoint(vpce: str) -> bool:
    return vpce.startswith("vpce-") and vpce.removeprefix("vpce-").isalnum()

"""Summarizes hits for their group: the most severe access in full as evidence, the rest as totals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from s3watch.alerts.alert import Evidence
from s3watch.detection.matcher import Hit
from s3watch.facts.access import Access
from s3watch.ledger.groups import Tally, rank
from s3watch.ruleset import Label


def grouping_label(access: Access) -> Label | None:
    """Return the label that decides an access's group and owner, or None if it has no label.

    That is the most severe label by which the access is unexpected, or else the most severe one it has.
    """
    return max(access.uncovered_labels or access.labels, key=lambda label: rank(label.severity), default=None)


def tally(hits: Sequence[Hit]) -> Tally:
    """Summarize one or more hits of the same group."""
    worst = min(hits, key=lambda hit: (-rank(hit.level), hit.access.time or 0))
    times = [hit.access.time or 0 for hit in hits]
    return Tally(
        level=worst.level,
        rules=tuple(dict.fromkeys(_rules_by_level(hits))),
        evidence=evidence_of(worst.access),
        count=len(hits),
        first=min(times),
        last=max(times),
        keys=_distinct(hit.access.key for hit in hits),
        ips=_distinct(hit.access.ip for hit in hits),
        bytes_in=sum(hit.access.bytes_in or 0 for hit in hits),
        bytes_out=sum(hit.access.bytes_out or 0 for hit in hits),
    )


def _rules_by_level(hits: Sequence[Hit]) -> Iterable[str]:
    for hit in sorted(hits, key=lambda hit: -rank(hit.level)):
        yield from (detection.rule for detection in hit.detections)


def _distinct(texts: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if text))


def evidence_of(access: Access) -> Evidence:
    """Return the facts of an access that an alert shows in full."""
    record = access.record
    return Evidence(
        time=access.time or 0, event_id=record.event_id or "", request_id=record.request_id or "",
        event_name=record.event_name, operation=access.operation, scope=access.scope, outcome=access.outcome,
        region=record.region or "", error_code=record.error_code or "",
        bucket=access.bucket or "", key=access.key or "", version=access.version or "",
        peer_uri=access.peer_uri or "",
        actor=access.actor, actor_verified=access.actor_verified,
        principal=access.principal, principal_type=access.principal_type,
        caller_account=access.caller_account or "", bucket_account=access.bucket_account or "",
        mfa=access.mfa, network_kind=access.network_kind, ip=access.ip or "", vpce=access.vpce or "",
        client=access.client_name, user_agent=record.user_agent or "", tls=access.tls or "",
        auth=access.auth or "", presigned=access.presigned, presigned_until=_presigned_until(access),
        console=access.console, signature=access.signature or "",
        bytes_in=access.bytes_in, bytes_out=access.bytes_out,
        grants_public=access.grants_public, grants_accounts=access.grants_accounts,
        keys_unknown=record.event_name == "DeleteObjects" and access.key is None,
        event_source=record.event_source,
        arn=_text(access, "userIdentity.arn"),
        access_key=_text(access, "userIdentity.accessKeyId"),
        resource=_text(access, "requestParameters.trailName") or _text(access, "requestParameters.name"),
        expected=access.expected, expected_principals=_expected_principals(access),
    )  # fmt: skip


def _text(access: Access, name: str) -> str:
    value = access.field(name)
    return value if isinstance(value, str) else ""


def _expected_principals(access: Access) -> tuple[str, ...]:
    label = grouping_label(access)
    return _distinct(name for rule in (label.expected if label else ()) for name in rule.principals)


def _presigned_until(access: Access) -> float | None:
    """Return X-Amz-Date plus X-Amz-Expires in epoch seconds, or None unless both were recorded."""
    signed_at = access.field("requestParameters.X-Amz-Date")
    if not access.presigned or access.presign_expires is None or not isinstance(signed_at, str):
        return None
    try:
        start = datetime.strptime(signed_at, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None
    return start.timestamp() + access.presign_expires

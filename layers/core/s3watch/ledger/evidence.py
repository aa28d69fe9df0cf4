"""Summarizes hits for their group: the most severe access in full as evidence, the rest as totals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from msgspec.structs import fields, replace

from s3watch.alerts.alert import MOST_NAMES, Evidence
from s3watch.detection.matcher import Hit, severity
from s3watch.facts.access import Access
from s3watch.facts.acts import describe_act, gravity, name_act
from s3watch.facts.resources import find_resource
from s3watch.ledger.counters import Sums
from s3watch.ledger.groups import Tally, rank
from s3watch.ruleset import Expected, Label

MOST_TEXT = 4096  # characters of a text in an item: a key has 1,024 bytes, all headers of a request 8 KB
MOST_NAME = 256  # characters of each of these: an e-mail address has at most 254
_TEXTS = tuple(each.name for each in fields(Evidence) if each.type is str)
ALARMING = rank("high")  # from this level on, the first hit of a detection is reported at once


def grouping_label(access: Access) -> Label | None:
    """Return the label that decides an access's group and owner, or None if it has no label.

    That is the most severe label by which the access is unexpected, or else the most severe one it has.
    """
    return max(access.uncovered_labels or access.labels, key=lambda label: rank(label.severity), default=None)


def tally(hits: Sequence[Hit]) -> Tally:
    """Summarize one or more hits of the same group, the worst first (see worst_first)."""
    times = [hit.access.time or 0 for hit in hits]
    return Tally(
        level=hits[0].level,
        rules=_distinct(detection.rule for hit in hits for detection in hit.detections),
        evidence=evidence_of(hits[0].access),
        sums=Sums(
            _count_acts(hits),
            sum(hit.access.bytes_in or 0 for hit in hits),
            sum(
                hit.access.bytes_out or 0 for hit in hits if not hit.access.peer_uri
            ),  # a copy's answer is no data
        ),
        first=min(times),
        last=max(times),
        keys=_distinct(hit.access.key for hit in hits),
        ips=_distinct(hit.access.ip for hit in hits),
        labels=_distinct(name for hit in hits for name in hit.access.label_names),
        alarming=tuple(_alarming(hits)),
        acts=_distinct(describe_act(hit.access) for hit in hits),
        is_estimate=any(hit.access.others > 0 for hit in hits),
    )


def _count_acts(hits: Sequence[Hit]) -> dict[str, int]:
    acts = Counter[str]()
    for hit in hits:
        acts[name_act(hit.access)] += 1 + hit.access.others
    return +acts  # without an act of which only the objects count


def _alarming(hits: Sequence[Hit]) -> dict[str, None]:
    """Return the rules that are at high or above on one of the hits."""
    found: dict[str, None] = {}
    for hit in hits:
        for detection in hit.detections:
            if detection.rule not in found and rank(severity(hit.access, detection)) >= ALARMING:
                found[detection.rule] = None
    return found


def worst_first(hits: Iterable[Hit]) -> list[Hit]:
    """Sort hits by level, then by the gravity of the act, then the latest first."""
    return sorted(hits, key=_severity, reverse=True)


def _severity(hit: Hit) -> tuple[int, int, float]:
    access = hit.access
    return rank(hit.level), gravity(name_act(access), access.outcome), access.time or 0


def _distinct(texts: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if text))


def evidence_of(access: Access) -> Evidence:
    """Return the facts of an access that an alert shows in full."""
    record = access.record
    evidence = Evidence(
        time=access.time or 0, event_id=record.event_id or "", request_id=record.request_id or "",
        event_name=record.event_name, operation=access.operation, scope=access.scope, outcome=access.outcome,
        act=name_act(access),
        region=record.region or "",
        error_code=record.error_code or "", error_message=record.error_message or "",
        bucket=access.bucket or "", key=access.key or "", prefix=_granted(access),
        version=access.version or "",
        peer_uri=access.peer_uri or "",
        actor=access.actor, actor_verified=access.actor_verified,
        claim_source=access.caller.claim_source, issuer=access.caller.issuer,
        principal=access.principal, principal_type=access.principal_type,
        caller_account=access.caller_account or "", bucket_account=access.bucket_account or "",
        mfa=access.mfa, network_kind=access.network_kind, ip=access.ip or "", vpce=access.vpce or "",
        client=access.client_name, user_agent=record.user_agent or "", tls=access.tls or "",
        auth=access.auth or "", presigned=_was_presigned(access), presigned_until=_presigned_until(access),
        perhaps_console=bool(access.presigned) and access.presigned_briefly and access.client == "browser",
        like_console=access.like_console, console=bool(access.console), signature=access.signature or "",
        bytes_in=access.bytes_in, bytes_out=access.bytes_out,
        grants_public=access.settings.grants_public, grants_accounts=access.settings.grants_accounts,
        checked_grantees=access.settings.grants_principals, grants_allowed=access.settings.grants_allowed,
        destination_accounts=access.settings.destination_accounts,
        destination_buckets=access.settings.destination_buckets,
        holds=() if access.labels else _some(access.bucket_label_names),
        changes=access.settings.changes(record.event_source, access.operation),
        expiry_days=access.settings.expiry_days, retention_days=access.settings.retention_days,
        keys_unknown=record.event_name == "DeleteObjects" and access.key is None,
        event_source=record.event_source,
        arn=_text(access, "userIdentity.arn"),
        access_key=_text(access, "userIdentity.accessKeyId"),
        resource=resource_of(access),
        expected=access.expected, expected_principals=_expected_principals(access), feed=access.feed,
    )  # fmt: skip
    return _bounded(evidence)


def _bounded(evidence: Evidence) -> Evidence:
    """Shorten texts and lists; how many names were left out is kept."""
    long = {name: text[:MOST_TEXT] for name in _TEXTS if len(text := getattr(evidence, name)) > MOST_TEXT}
    grantees, expected = evidence.grants_accounts, evidence.expected_principals
    destinations, buckets = evidence.destination_accounts, evidence.destination_buckets
    return replace(
        evidence,
        grants_accounts=_some(grantees),
        grants_allowed=_some(evidence.grants_allowed),
        other_grantees=max(len(grantees) - MOST_NAMES, 0),
        destination_accounts=_some(destinations),
        other_destinations=max(len(destinations) - MOST_NAMES, 0),
        destination_buckets=_some(buckets),
        other_buckets=max(len(buckets) - MOST_NAMES, 0),
        expected_principals=_some(expected),
        other_expected=max(len(expected) - MOST_NAMES, 0),
        **long,
    )


def _some(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name[:MOST_NAME] for name in names[:MOST_NAMES])


def _granted(access: Access) -> str:
    """Return the prefix that an access grant is about; empty if it is a whole bucket or unknown."""
    return access.granted.prefix or ""


def resource_of(access: Access) -> str:
    """Return what a call without a bucket is about, such as a trail or a key; empty if unknown."""
    return find_resource(access.record.event_source, access.field)


def _text(access: Access, name: str) -> str:
    value = access.field(name)
    return value if isinstance(value, str) else ""


def _expected_principals(access: Access) -> tuple[str, ...]:
    """Return whom the label expects to do what was done."""
    label = grouping_label(access)
    rules = (rule for rule in (label.expected if label else ()) if _allows(rule, access.operation))
    return _distinct(name for rule in rules for name in rule.principals)


def _allows(expected: Expected, operation: str) -> bool:
    return not expected.operations or operation in expected.operations


def _was_presigned(access: Access) -> bool:
    return bool(access.presigned) and not access.like_console


def _presigned_until(access: Access) -> float | None:
    """Return X-Amz-Date plus X-Amz-Expires in epoch seconds, or None unless both were recorded."""
    signed_at = access.field("requestParameters.X-Amz-Date")
    if not _was_presigned(access) or access.presign_expires is None or not isinstance(signed_at, str):
        return None
    try:
        start = datetime.strptime(signed_at, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None
    return start.timestamp() + access.presign_expires

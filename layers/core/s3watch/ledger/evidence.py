"""Summarizes hits for their group: the most severe access in full as evidence, the rest as totals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec.structs import fields, replace

from s3watch.alerts.alert import MOST_NAMES, Evidence
from s3watch.detection.matcher import Hit, severity
from s3watch.facts.access import Access
from s3watch.facts.acts import describe_act, gravity
from s3watch.facts.origin.credentials import read_credentials
from s3watch.facts.origin.workload import Workload
from s3watch.facts.requests.requested_settings import RequestedSettings
from s3watch.facts.resources import find_resource
from s3watch.facts.user_agents import describe_client
from s3watch.ledger.counters import Sums
from s3watch.ledger.groups import Tally
from s3watch.ruleset import Expected, Label, most_severe, rank

MOST_TEXT = 4096  # characters of a text in an item: a key has 1,024 bytes, all headers of a request 8 KB
MOST_NAME = 256  # characters of each of these: an e-mail address has at most 254
_TEXTS = tuple(each.name for each in fields(Evidence) if each.type is str)
ALARMING = rank("high")  # from this level on, the first hit of a detection is reported at once

type Know = Callable[[Evidence], Evidence]  # adds what is known without a call
type Enrich = Callable[[Evidence, float], Evidence]


def grouping_label(access: Access) -> Label | None:
    """Return the label that decides an access's group and owner, or None if it has no label.

    That is the most severe label by which the access is unexpected, or else the most severe one it has.
    """
    return most_severe(access.uncovered_labels or access.labels) if access.labels else None


def tally(hits: Sequence[Hit]) -> Tally:
    """Summarize one or more hits of the same group, the worst first (see worst_first)."""
    accesses = [hit.access for hit in hits]
    times = [access.time or 0 for access in accesses]
    return Tally(
        level=hits[0].level,
        rules=_distinct([detection.rule for hit in hits for detection in hit.detections]),
        evidence=evidence_of(accesses[0]),
        sums=_add_up(accesses),
        first=min(times),
        last=max(times),
        keys=_distinct([access.key for access in accesses]),
        ips=_distinct([access.ip for access in accesses]),
        labels=_distinct([label.name for access in accesses for label in access.labels]),
        alarming=_distinct([rule for hit in hits for rule in _alarming(hit)]),
        acts=_distinct([describe_act(access) for access in accesses]),
        is_estimate=any(access.others > 0 for access in accesses),
    )


def know_no_more(evidence: Evidence) -> Evidence:
    """Return the evidence as it is."""
    return evidence


def completed[Item](
    add_up: Callable[[Sequence[Item]], Tally], know: Know
) -> Callable[[Sequence[Item]], Tally]:
    """Return what adds up items as `add_up` does, and completes the evidence."""
    if know is know_no_more:
        return add_up

    def complete(items: Sequence[Item]) -> Tally:
        added = add_up(items)
        known = know(added.evidence)
        return added if known is added.evidence else replace(added, evidence=known)

    return complete


def enriched_by(enrich: Enrich, know: Know) -> Enrich:
    """Return what enriches evidence as `enrich` does, and completes what that has added."""

    def complete(evidence: Evidence, now: float) -> Evidence:
        more = enrich(evidence, now)
        return more if more is evidence else know(more)

    return complete


def _add_up(accesses: Iterable[Access]) -> Sums:
    acts = dict[str, int]()
    bytes_in = bytes_out = 0
    for access in accesses:
        if number := 1 + access.others:  # 0: only its objects count
            acts[access.act] = acts.get(access.act, 0) + number
        bytes_in += access.bytes_in or 0
        bytes_out += 0 if access.peer_uri else access.bytes_out or 0  # a copy's answer is no data
    return Sums(acts, bytes_in, bytes_out)


def _alarming(hit: Hit) -> list[str]:
    """Return the rules that are at high or above on a hit."""
    return [each.rule for each in hit.detections if rank(severity(hit.access, each)) >= ALARMING]


def worst_first(hits: Iterable[Hit]) -> list[Hit]:
    """Sort hits by level, then by the gravity of the act, then the latest first."""
    return sorted(hits, key=_severity, reverse=True)


def _severity(hit: Hit) -> tuple[int, int, float]:
    access = hit.access
    return rank(hit.level), gravity(access.act, access.outcome), access.time or 0


def _distinct(texts: list[str] | list[str | None]) -> tuple[str, ...]:
    if len(texts) == 1:  # of a single hit, as mostly
        return (texts[0],) if texts[0] else ()
    return tuple(dict.fromkeys(filter(None, texts)))


def evidence_of(access: Access) -> Evidence:
    """Return the facts of an access that an alert shows in full."""
    record, caller = access.record, access.caller
    credentials = read_credentials(record.identity)
    evidence = Evidence(
        time=access.time or 0, event_id=record.event_id or "", request_id=record.request_id or "",
        event_name=record.event_name, operation=access.operation, scope=access.scope, outcome=access.outcome,
        act=access.act,
        region=record.region or "",
        error_code=record.error_code or "", error_message=record.error_message or "",
        bucket=access.bucket or "", key=access.key or "", prefix=_prefix(access),
        version=access.version or "",
        peer_uri=access.peer_uri or "",
        actor=access.actor, actor_verified=caller.actor_verified,
        claim_source=caller.claim_source, issuer=caller.issuer,
        principal=access.principal, principal_type=access.principal_type,
        caller_account=access.caller_account or "", bucket_account=access.bucket_account or "",
        mfa=caller.mfa, network_kind=access.network_kind, ip=access.ip or "", vpce=access.vpce or "",
        vpce_account=access.endpoint.stranger if access.network_kind == "vpce" else "",
        country=access.country or "", outside_aws=access.outside_aws, **_of_workload(access.workload),
        client=describe_client(record.user_agent), user_agent=record.user_agent or "", tls=access.tls or "",
        auth=access.auth or "", **(_of_link(access) if access.auth == "query" else {}),
        console=bool(access.console), signature=access.additional.signature or "",
        bytes_in=access.bytes_in, bytes_out=access.bytes_out,
        **({} if access.settings.are_none else _of_settings(access.settings)),
        holds=() if access.labels else _some(access.bucket_label_names),
        changes=access.settings.changes(record.event_source, access.operation),
        keys_unknown=record.event_name == "DeleteObjects" and access.key is None,
        event_source=record.event_source,
        arn=credentials.arn or "", access_key=credentials.access_key or "",
        session_began=credentials.began,
        resource="" if access.bucket else resource_of(access),
        own_part=(access.own.kind or "") if access.stack else "",
        expected=access.expected, **_of_expectations(access), earlier=access.earlier, feed=access.feed,
    )  # fmt: skip
    # no text is longer than the record; of objects of a batch delete, these two are from one of their own
    most = len(access.raw) + len(evidence.key) + len(evidence.version)
    return evidence if most <= MOST_TEXT else _with_short_texts(evidence)


def _with_short_texts(evidence: Evidence) -> Evidence:
    long = {name: text[:MOST_TEXT] for name in _TEXTS if len(text := getattr(evidence, name)) > MOST_TEXT}
    return replace(evidence, **long) if long else evidence


def _of_link(access: Access) -> dict[str, Any]:
    """Return the facts of a request that was authenticated by its URL."""
    was_presigned = bool(access.presigned) and not access.like_console
    return {
        "presigned": was_presigned,
        "presigned_until": _presigned_until(access) if was_presigned else None,
        "perhaps_console": bool(access.presigned) and access.presigned_briefly and access.client == "browser",
        "like_console": access.like_console,
    }


def _of_workload(workload: Workload) -> dict[str, Any]:
    """Return for what the credentials were made, if that is known."""
    if workload.kind is None:
        return {}
    kind, holder, certain = workload
    return {"workload": kind, "workload_holder": holder, "workload_certain": certain}


def _of_settings(settings: RequestedSettings) -> dict[str, Any]:
    """Return the facts of what a request sets: some names of each kind, and how many others there are."""
    grantees, accounts = settings.grants_accounts, settings.destination_accounts
    return {
        "grants_public": settings.grants_public,
        "grants_accounts": _some(grantees), "other_grantees": _beyond(grantees),
        "checked_grantees": settings.grants_principals,
        "grants_allowed": _some(settings.grants_allowed),
        "destination_accounts": _some(accounts), "other_destinations": _beyond(accounts),
        "destination_buckets": _some(settings.destination_buckets),
        "other_buckets": _beyond(settings.destination_buckets),
        "expiry_days": settings.expiry_days, "retention_days": settings.retention_days,
        "unrecorded_buckets": _some(settings.unrecorded_buckets),
        "other_unrecorded": _beyond(settings.unrecorded_buckets),
        "unrecorded_changes": bool(settings.unrecorded_changes),
    }  # fmt: skip


def _of_expectations(access: Access) -> dict[str, Any]:
    """Return some of those whom the label expects to do what was done, or the name of a decoy."""
    label = most_severe(access.uncovered_labels or access.labels)
    if label is None:
        return {}
    rules = [each for each in label.expected if not each.operations or access.operation in each.operations]
    principals = _distinct([f"{name}{_from(each)}" for each in rules for name in each.principals])
    return {
        "expected_principals": _some(principals),
        "other_expected": _beyond(principals),
        "decoy": label.name if label.is_decoy and access.labels else "",
    }


def _from(expected: Expected) -> str:
    """Say from where only someone is expected, since they may be the very caller."""
    return f" (network: {' or '.join(expected.networks)})" if expected.networks else ""


def _some(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple([name[:MOST_NAME] for name in names[:MOST_NAMES]])


def _beyond(names: tuple[str, ...]) -> int:
    return max(len(names) - MOST_NAMES, 0)


def _prefix(access: Access) -> str:
    """Return the prefix that was listed, or that a grant is about; empty if it is a whole bucket."""
    return access.prefix if access.operation == "list" else access.granted.prefix or ""


def resource_of(access: Access) -> str:
    """Return what a call without a bucket is about, such as a trail or a key; empty if unknown."""
    own = access.own.name if access.stack else ""
    return own or find_resource(access.record.event_source, access.field)


def _presigned_until(access: Access) -> float | None:
    """Return X-Amz-Date plus X-Amz-Expires in epoch seconds, or None unless both were recorded."""
    signed_at = access.field("requestParameters.X-Amz-Date")
    if access.presign_expires is None or not isinstance(signed_at, str):
        return None
    try:
        start = datetime.strptime(signed_at, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None
    return start.timestamp() + access.presign_expires

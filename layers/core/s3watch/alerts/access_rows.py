"""Renders the facts of one access as the lines of rows: who, what, where, how. All text is cleaned here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from s3watch.alerts import callers
from s3watch.alerts.alert import Evidence
from s3watch.facts.acts import without_hash
from s3watch.facts.authentication import NO_TLS
from s3watch.posture.grants import describe_grantee
from s3watch.text import clean, clean_address, count, short_timestamp, size, truncate_list

LISTED = 5  # accounts: what a phone shows without scrolling
# All are named, or those that S3 has checked: of others, whoever makes up enough ids would choose which.
GRANTEES = 20

_OUTCOMES = {"success": "succeeded", "denied": "denied", "missing": "not found", "failed": "failed"}
_NETWORKS = {"aws-service": "an AWS service", "aws-internal": "inside AWS"}
_NOBODY = ("anonymous", "unknown")  # principals without a known account


def who(evidence: Evidence) -> list[str]:
    """Return the caller: whom AWS vouches for, who it claims to be, the account, and the key to disable."""
    actor = evidence.actor or evidence.principal or "unknown"
    if actor in _NOBODY:
        return [actor, "no credentials: anyone could have sent this" if actor == "anonymous" else ""]
    account = evidence.caller_account
    foreign = bool(account and evidence.bucket_account and account != evidence.bucket_account)
    details = [
        f"{'another account, ' if foreign else 'account '}{clean(account)}" if account else "",
        "" if evidence.principal_type == "service" else _mfa(evidence),
    ]
    key = f"access key {clean(evidence.access_key, 60)}" if evidence.access_key else ""
    return [*callers.lines(evidence), ", ".join(filter(None, details)), key]


def _mfa(evidence: Evidence) -> str:
    if evidence.mfa is None:
        return "MFA not recorded"
    return "with MFA" if evidence.mfa else "without MFA"


def what(evidence: Evidence) -> list[str]:
    """Return the call with its outcome, and the object with the other side of a copy."""
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
    key = evidence.key or (f"{evidence.prefix}*" if evidence.prefix else "")
    uri = f"s3://{evidence.bucket}{'/' * bool(key)}{key}" if evidence.bucket else ""
    direction = "to" if evidence.operation == "read" else "from"
    return [
        clean(uri or evidence.resource),
        f"version {clean(evidence.version, 60)}" if evidence.version else "",
        f"copied {direction} {clean(evidence.peer_uri)}" if evidence.peer_uri else "",
        "keys unknown: the record of a batch delete does not name them" if evidence.keys_unknown else "",
    ]


def opens(evidence: Evidence) -> list[str]:
    """Say to whom a change of permissions gives access, or would have given it."""
    opened = grantees(evidence)
    if opened and evidence.outcome != "success":
        return ["nothing, because it did not succeed; it would have opened", *opened]
    return opened


def grantees(evidence: Evidence) -> list[str]:
    """Return to whom a request gives access: everyone, others outside the account."""
    others = [clean(describe_grantee(name), 90) for name in evidence.grants_accounts]
    total = len(others) + evidence.other_grantees
    named = others if total <= GRANTEES else others[: min(evidence.checked_grantees, GRANTEES)]
    listed = ", ".join(truncate_list(named, total, GRANTEES))
    listed = listed if named else f"{count(total, 'other')}, too many to name here"
    return [
        *(["to everyone"] if evidence.grants_public else []),
        *([f"to {listed}"] if others else []),
    ]


def sets(evidence: Evidence) -> list[str]:
    """Say what a configuration does to objects from now on: deletes, locks or sends them."""
    if evidence.outcome != "success":
        return []
    expiry, retention = evidence.expiry_days, evidence.retention_days
    accounts = [clean(account, 60) for account in evidence.destination_accounts]
    total = len(accounts) + evidence.other_destinations
    listed = ", ".join(truncate_list(accounts, total, LISTED))
    buckets = [clean(f"s3://{bucket}", 68) for bucket in evidence.destination_buckets]
    several = len(buckets) + evidence.other_buckets
    named = ", ".join(truncate_list(buckets, several, LISTED))
    return [
        *([f"objects are deleted after {count(expiry, 'day')}"] if expiry is not None else []),
        *([f"objects are locked for {_period(retention)}"] if retention is not None else []),
        *([f"data is sent to other accounts: {listed}"] if accounts else []),
        *([f"{'destinations' if several > 1 else 'destination'}: {named}"] if buckets else []),
    ]


def _period(days: int) -> str:
    years = days // 365
    return f"{count(days, 'day')}{f', about {years:,} years' if years > 1 else ''}"


def where(evidence: Evidence) -> list[str]:
    """Return the address or endpoint, with the client program and TLS version."""
    address = clean_address(evidence.ip, 60)
    if evidence.vpce:
        place = f"{clean(evidence.vpce, 60)}{f' (from {address})' if address else ''}"
    else:
        place = address or _NETWORKS.get(evidence.network_kind, "address not recorded")
    return [", ".join(filter(None, [place, _client(evidence), _tls(evidence.tls)]))]


def _tls(version: str) -> str:
    return "no TLS" if version == NO_TLS else f"TLS {clean(version, 20)}" if version else ""


def _client(evidence: Evidence) -> str:
    """Name the client program, or quote its user agent."""
    if evidence.console:
        return ""  # the row `How` says so
    if evidence.client == "console":
        return "calls itself the AWS console"
    return clean(evidence.client if evidence.client not in ("", "unknown") else evidence.user_agent, 60)


def how(evidence: Evidence, zone: tzinfo) -> list[str]:
    """Return what is unusual about the way the request was signed."""
    old = "SigV2, a signature version that AWS has deprecated" if evidence.signature == "SigV2" else ""
    if evidence.presigned:
        end = evidence.presigned_until
        until = f", valid until {short_timestamp(end, zone)}" if end else ""
        perhaps = ", or a download or upload in the console" if evidence.perhaps_console else ""
        return [f"presigned URL{perhaps}{until}", old]
    methods = {
        "form": "browser upload form",
        "none": "not signed",
        "query": "signature in the URL",
        "header": "",
    }
    method = "AWS console" if evidence.console else methods.get(evidence.auth, "")
    return [method, old]


def region(evidence: Evidence) -> str:
    """Return the region, as it follows a time."""
    return f", {clean(evidence.region, 40)}" if evidence.region else ""


def request(evidence: Evidence) -> str:
    """Return the request id, to quote and to search for."""
    return f"request {clean(evidence.request_id, 40)}" if evidence.request_id else ""


def lasting(acts: Sequence[str]) -> list[str]:
    """Return the calls that outlast the request, with to whom or to where: `CopyObject to elsewhere`."""
    calls = (without_hash(act).split(" ", 2)[1:] for act in acts)
    return list(dict.fromkeys(clean(" to ".join(call)) for call in calls if call))

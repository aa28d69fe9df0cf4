"""Renders the facts of one access as the lines of rows: who, what, where, how. All text is cleaned here."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import tzinfo

from s3watch.alerts import callers
from s3watch.alerts.account_names import in_words, numbered
from s3watch.alerts.alert import Evidence
from s3watch.alerts.own_verbs import TYPES
from s3watch.alerts.rows import selectors
from s3watch.alerts.verbs import split_parts
from s3watch.facts.acts import without_hash
from s3watch.facts.authentication import NO_TLS
from s3watch.posture.grants import describe_grantee
from s3watch.text import (
    clean,
    clean_address,
    clean_name,
    count,
    one_line,
    quoted,
    short_timestamp,
    size,
    truncate_list,
)

LISTED = 5  # accounts: what a phone shows without scrolling
SETTINGS = 4  # as many as Block Public Access has, and the next steps stay on the first screen
VALUE = 90  # characters of a setting: a KMS key's ARN fits, with its account
# All are named, or those that S3 has checked: of others, whoever makes up enough ids would choose which.
GRANTEES = 20

_OUTCOMES = {"success": "succeeded", "denied": "denied", "missing": "not found", "failed": "failed"}
_NETWORKS = {"aws-service": "an AWS service", "aws-internal": "inside AWS"}
_METHODS = {"form": "browser upload form", "none": "not signed", "query": "signature in the URL"}
_RESOURCES = {"cloudtrail.amazonaws.com": "Trail", "kms.amazonaws.com": "Key"}
_PROGRAM = re.compile(r"[\w.+-]+(?: [\w.]+)?")  # and its version, as facts.user_agents names it
_ARN = re.compile(r"arn:[\w-]+:\w+:[\w-]*:\d*:[\w+=,.@-]+(?:/[\w+=,.@-]+)*")  # with nothing that makes a link
_SERVICE = re.compile(r"([a-z][a-z0-9-]{1,40})\.amazonaws\.com")  # what services send as their user agent
_JOINT = re.compile(", | and ")  # between verbs
_NOT_PLAIN = re.compile(r"[^\w.&\'/+-]")  # in a name that stands among words of ours: a blank is not
_NOBODY = ("anonymous", "unknown")  # principals without a known account


def who(evidence: Evidence) -> str:
    """Return the caller: whom AWS vouches for, who it claims to be, the account, and whether with MFA."""
    actor = evidence.actor or evidence.principal or "unknown"
    if actor in _NOBODY:
        return "anonymous, without credentials: it could be anyone" if actor == "anonymous" else actor
    account = evidence.caller_account
    foreign, shown = callers.is_foreign(evidence, evidence.bucket_account), numbered(account, evidence)
    if actor == account and account.isdecimal():
        whose = f"{'another ' if foreign else ''}account {shown}"
        return f"{whose}, of which nothing else is known"
    known = [
        *callers.lines(evidence),
        session(evidence),
        f"{'another account, ' if foreign else 'account '}{numbered(account, evidence)}"
        if account.isdecimal()
        else "",
        "" if evidence.mfa is None else "with MFA" if evidence.mfa else "without MFA",
    ]
    return ", ".join(filter(None, known))


def session(evidence: Evidence) -> str:
    """Return the name of a role's session, which may be a person's, if the caller is not named so already."""
    _, _, session = evidence.arn.partition(":assumed-role/")[2].partition("/")
    is_said = session == evidence.actor or evidence.principal_type != "role"
    return "" if not session or is_said else f"session {clean_name(session, 64)}"


def error(evidence: Evidence) -> str:
    """Return the error message, which may say what denied the caller; a part of it is the caller's."""
    return quoted(clean(evidence.error_message)) if evidence.error_message else ""


def arn(evidence: Evidence) -> str:
    """Return the caller's ARN, to paste into a search; that of a verified person as it is, if it is one."""
    as_it_is = evidence.actor_verified and _ARN.fullmatch(evidence.arn)
    return (one_line if as_it_is else clean)(evidence.arn)


def access_key(evidence: Evidence) -> str:
    """Return the id of the access key to disable, or of the session to revoke."""
    return clean(evidence.access_key, 60)


def what(evidence: Evidence) -> str:
    """Return the call with its outcome."""
    code = f" ({clean(evidence.error_code, 60)})" if evidence.error_code else ""
    outcome = _OUTCOMES.get(evidence.outcome, clean(evidence.outcome))
    return ", ".join(filter(None, [clean(evidence.event_name, 60), f"{outcome}{code}"]))


def target(evidence: Evidence) -> tuple[str, str]:
    """Return what the call was about, with its label: an object, the objects of a prefix, a bucket."""
    key = evidence.key or (f"{evidence.prefix}*" if evidence.prefix else "")
    if not evidence.bucket:
        of_service = _RESOURCES.get(evidence.event_source, "About")
        named = ", ".join(split_parts(clean_name(evidence.resource), evidence.own_part))
        return evidence.own_part.capitalize() if evidence.own_part in TYPES else of_service, named
    label = "Object" if evidence.key else "Objects" if evidence.prefix else "Bucket"
    return label, clean_name(f"s3://{evidence.bucket}{'/' * bool(key)}{key}")


def peer(evidence: Evidence) -> tuple[str, str]:
    """Return the other side of a copy, with its label."""
    label = "Copied to" if evidence.operation == "read" else "Copied from"
    return label, clean_name(evidence.peer_uri)


def moved(evidence: Evidence) -> str:
    """Return how many bytes of data went in or out: not of a copy, whose answer alone was counted."""
    number = evidence.bytes_in if evidence.operation == "write" else evidence.bytes_out
    is_data = evidence.operation in ("read", "write") and not evidence.peer_uri
    return size(number) if number and is_data and evidence.outcome == "success" else ""


def opens(evidence: Evidence) -> list[str]:
    """Say to whom a change of permissions gives access, or would have given it."""
    opened = [*grantees(evidence), *([f"to {may}"] if (may := allowed(evidence)) else [])]
    if opened and evidence.outcome != "success":
        return ["nothing, because it did not succeed; it would have opened", *opened]
    return opened


def grantees(evidence: Evidence) -> list[str]:
    """Return to whom a request gives access: everyone, others outside the account."""
    others = [in_words(clean(describe_grantee(name), 90), evidence) for name in evidence.grants_accounts]
    total = len(others) + evidence.other_grantees
    named = others if total <= GRANTEES else others[: min(evidence.checked_grantees, GRANTEES)]
    listed = ", ".join(truncate_list(named, total, GRANTEES))
    listed = listed if named else f"{count(total, 'other')}, too many to name here"
    return [
        *(["to everyone"] if evidence.grants_public else []),
        *([f"to {listed}"] if others else []),
    ]


def allowed(evidence: Evidence) -> str:
    """Say what those to whom a policy gives access may do: `read and delete (reports/*)`."""
    shown = [clean(may, 90) for may in evidence.grants_allowed]
    return ", ".join(truncate_list(shown, len(shown), LISTED))


def verbs_allowed(evidence: Evidence) -> str:
    """Say the same without the objects, whose names the caller chooses: `read, delete and write`."""
    told = (may.partition(" (")[0] for may in evidence.grants_allowed)
    words = list(dict.fromkeys(clean(word, 40) for may in told for word in _JOINT.split(may)))
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def sets(evidence: Evidence) -> list[str]:
    """Say what a configuration does to objects from now on, then the settings it puts."""
    if evidence.outcome != "success":
        return []
    told, put = effects(evidence), changes(evidence)
    room = max(SETTINGS - len(told), 1)
    return [*told, *truncate_list(put, len(put), room if len(put) <= room else max(room - 1, 1))]


def effects(evidence: Evidence) -> list[str]:
    """Say what a configuration does to objects from now on: deletes, locks, sends or does not record them."""
    expiry, retention = evidence.expiry_days, evidence.retention_days
    accounts = [numbered(account, evidence) for account in evidence.destination_accounts]
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
        *selectors.effects(evidence),
    ]


def changes(evidence: Evidence) -> list[str]:
    """Return the settings that a request puts, each with its value."""
    named = (change.partition(" ") for change in evidence.changes)
    return [f"{clean(name, 60)} {clean_name(value, VALUE)}" for name, _, value in named]


def _period(days: int) -> str:
    years = days // 365
    return f"{count(days, 'day')}{f', about {years:,} years' if years > 1 else ''}"


def origin(evidence: Evidence) -> str:
    """Return the address or endpoint, with the client program and TLS version."""
    where = place(evidence, system=_system(evidence))
    return ", ".join(filter(None, [where, client(evidence), _tls(evidence.tls)]))


def _system(evidence: Evidence) -> str:
    """Name the autonomous system of the address; its name is whatever its operator had registered."""
    if evidence.as_number is None:
        return ""
    name = clean(evidence.as_name, 40)
    return f"AS{evidence.as_number} {quoted(name) if _NOT_PLAIN.search(name) else name}".rstrip()


def place(evidence: Evidence, *, system: str = "") -> str:
    """Return the address or endpoint that a request came from, with the `system` that the address is in."""
    address = clean_address(evidence.ip, 60)
    country = f"registered in {clean(evidence.country, 2)}" if evidence.country else ""
    about = ", ".join(filter(None, [country, system]))
    if evidence.vpce:
        origin = ", ".join(filter(None, [address, about]))
        owner = numbered(evidence.vpce_account, evidence)
        whose = f" of another account, {owner}" if owner else ""
        return f"{clean(evidence.vpce, 60)}{whose}{f' (from {origin})' if origin else ''}"
    if about:
        return f"{address} ({about})"
    if evidence.network_kind == "aws-service" and (service := _SERVICE.fullmatch(evidence.user_agent)):
        return f"the AWS service {service[1]}"
    return address or _NETWORKS.get(evidence.network_kind, "an address that was not recorded")


def _tls(version: str) -> str:
    """Name the version if it is none, or older than the 1.2 that AWS requires."""
    if version == NO_TLS:
        return "no TLS"
    return f"TLS {clean(version, 20)}" if version in ("1.0", "1.1") else ""


def client(evidence: Evidence) -> str:
    """Name the client program, or quote its user agent."""
    if evidence.console:
        return ""  # the row `How` says so
    if evidence.client == "console":
        return "calls itself the AWS console"
    if evidence.client == "aws-service" and evidence.network_kind == "aws-service":
        return ""  # the place says so; of other places anybody may send such a name
    if evidence.client not in ("", "unknown", "aws-service"):
        named = _PROGRAM.fullmatch(evidence.client)
        return (clean if named else clean_name)(evidence.client, 60)
    return clean_name(evidence.user_agent, 60)


def how(evidence: Evidence, zone: tzinfo) -> str:
    """Return what is unusual about the way the request was signed."""
    old = "SigV2, a signature version that AWS has deprecated" if evidence.signature == "SigV2" else ""
    return ", ".join(filter(None, [_method(evidence, zone), old]))


def _method(evidence: Evidence, zone: tzinfo) -> str:
    if evidence.presigned:
        end = evidence.presigned_until
        until = f", valid until {short_timestamp(end, zone)}" if end else ""
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html
        if end and evidence.access_key.startswith("ASIA"):
            until += ", or until the session of its signer ends"
        perhaps = ", or a download or upload in the console" if evidence.perhaps_console else ""
        return f"presigned URL{perhaps}{until}"
    if evidence.like_console:
        return (
            f"looks like {'an upload' if evidence.operation == 'write' else 'a download'} in the S3 console"
        )
    return "AWS console" if evidence.console else _METHODS.get(evidence.auth, "")


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

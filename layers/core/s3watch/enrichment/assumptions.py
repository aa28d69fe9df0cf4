"""Reads from the record of a call to STS who got a session of a role by it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html#cloudtrail-integration_examples-sts-api
"""

from __future__ import annotations

from typing import Any, NamedTuple

from msgspec import Struct

from s3watch.alerts.alert import Assumer
from s3watch.facts.access import Access
from s3watch.facts.identity import Caller, identify
from s3watch.facts.origin.credentials import read_credentials
from s3watch.sources.cloudtrail import decode, read_member

STS = "sts.amazonaws.com"
CALLS = frozenset({"AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"})
MOST_TEXT = 256  # characters of each text: an OIDC subject has at most 255


class Session(NamedTuple):
    """A session of a role: the id of its access key, and when it began, in epoch seconds."""

    key: str
    began: float

    def __str__(self) -> str:
        return self.key


class Federated(Struct, rename="camel", gc=False):
    """The members of userIdentity that say more of a caller whose name is not recorded, or is another's."""

    principal_id: str | None = None
    identity_provider: str | None = None


def read_assumption(text: str, session: Session, account: str) -> Assumer | None:
    """Read who got this session; None if the record is about something else. Raises RecordError.

    The answer of STS decides, and nothing of the request: anybody may name a session after another's key.
    `account` is that whose principals are written without an account id.
    """
    raw = text.encode()
    record = decode(raw)
    if record.event_source != STS or record.event_name not in CALLS:
        return None
    access = Access(record, raw)
    if access.field("responseElements.credentials.accessKeyId") != session.key:
        return None
    found = _read(access, identify(bytes(record.identity), account))
    cut: dict[str, Any] = {
        name: each[:MOST_TEXT] if isinstance(each, str) else each for name, each in found.items()
    }
    return Assumer(**cut)


def _read(access: Access, caller: Caller) -> dict[str, Any]:
    record, workload = access.record, access.workload
    credentials = read_credentials(record.identity)
    said = read_member(record.identity, Federated)
    return {
        "event_name": record.event_name, "event_id": record.event_id or "",
        "actor": _name(access, caller), "actor_verified": caller.actor_verified,
        "claim_source": caller.claim_source, "issuer": caller.issuer,
        "principal": caller.principal, "principal_type": caller.type,
        "principal_id": (said.principal_id or "") if caller.type == "account" else "",
        "caller_account": caller.account or "",
        "provider": _provider(access, said) if caller.type == "federated" else "",
        "arn": credentials.arn or "", "access_key": credentials.access_key or "",
        "session_began": credentials.began, "mfa": _used_mfa(access) or caller.mfa,
        "workload": workload.kind or "", "workload_holder": workload.holder,
        "workload_certain": workload.certain,
        "network_kind": access.network_kind, "ip": access.ip or "", "country": access.country or "",
        "vpce": access.vpce or "",
        "vpce_account": access.endpoint.stranger if access.network_kind == "vpce" else "",
        # of other callers it is whatever they send
        "user_agent": (record.user_agent or "") if access.network_kind == "aws-service" else "",
    }  # fmt: skip


def _name(access: Access, caller: Caller) -> str:
    """Return the caller's name; that of a federated user may be in the answer alone, by its token."""
    if caller.type != "federated" or not caller.actor.startswith("federated/"):
        return caller.actor
    subject = access.field("responseElements.subjectFromWebIdentityToken")
    return subject if isinstance(subject, str) and subject else caller.actor


def _provider(access: Access, said: Federated) -> str:
    """Return who vouches for a federated user: of SAML, the record's identity is only a hash of that."""
    provider = access.field("requestParameters.principalArn")
    return provider if isinstance(provider, str) and provider else said.identity_provider or ""


def _used_mfa(access: Access) -> bool | None:
    """Return whether the call had a code of MFA, which STS has checked; None if it had none."""
    return True if access.field("requestParameters.serialNumber") else None

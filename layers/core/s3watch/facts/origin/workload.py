"""Reads from userIdentity for which workload, such as an instance, credentials of a role were made.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from msgspec import Struct, field

from s3watch.sources.cloudtrail import read_member

# EC2 names the session after the instance, of which old ones have the short form:
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html
_INSTANCE = re.compile(r"i-(?:[0-9a-f]{8}|[0-9a-f]{17})")


class Scope(Struct, rename="camel", gc=False):
    """What inScopeOf says of the resource that got the credentials."""

    issuer_type: str | None = None  # AWS::Lambda::Function
    issued_to: str | None = field(name="credentialsIssuedTo", default=None)  # its ARN


class Delivery(Struct, rename="camel", gc=False):
    """Which version of an instance's metadata service handed the credentials over."""

    ec2_role_delivery: str | None = None  # "1.0" or "2.0"


class Session(Struct, rename="camel"):
    """The members of userIdentity that say for what a session was made."""

    type: str | None = None
    principal_id: str | None = None
    arn: str | None = None
    in_scope_of: Scope | None = None
    session_context: Delivery | None = None


class Workload(NamedTuple):
    """The workload that credentials were made for: `ec2`, `lambda`, ..., and its ARN or an instance's id."""

    kind: str | None = None  # not known, as of what is no role of a workload
    holder: str = ""
    certain: bool = False  # AWS says so, not only the session's name, which whoever assumes a role chooses


@lru_cache(maxsize=4096)  # as of facts.identity.identify
def read_workload(raw: bytes) -> Workload:
    """Parse a userIdentity; without what AWS says of its session, by the form of the session's name."""
    session = read_member(raw, Session)
    scope, name = session.in_scope_of or Scope(), _session_name(session)
    instance = name if _INSTANCE.fullmatch(name) else ""
    if kind := _kind(scope):
        return Workload(kind, scope.issued_to or "", certain=True)
    if session.session_context and session.session_context.ec2_role_delivery:
        return Workload("ec2", instance, certain=True)
    return Workload("ec2", instance) if instance else Workload()


def _kind(scope: Scope) -> str | None:
    """Return the service of AWS::SERVICE::RESOURCE, else of the ARN, in lower case."""
    owner, _, rest = (scope.issuer_type or "").partition("::")
    service = rest.partition("::")[0] if owner == "AWS" else ""
    parts = (scope.issued_to or "").split(":", 3)
    return (service or (parts[2] if parts[0] == "arn" and len(parts) > 3 else "")).lower() or None


def _session_name(session: Session) -> str:
    """Return the name of a role's session; empty if it is none."""
    _, _, name = (session.arn or "").partition(":assumed-role/")[2].partition("/")
    unnamed = session.type == "AssumedRole" and not session.arn
    return (session.principal_id or "").partition(":")[2] if unnamed else name

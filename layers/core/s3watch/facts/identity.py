"""Who made a request: one normal form of the principal, and the person behind it where one is known.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Literal, NamedTuple

from msgspec import Struct

from s3watch.sources.cloudtrail import read_member

PrincipalType = Literal["root", "user", "role", "federated", "service", "account", "anonymous", "unknown"]

SSO_ROLE = (
    "AWSReservedSSO_"  # so Identity Center names its roles, each shared by everybody of a permission set
)
SSO_PATH = ":role/aws-reserved/sso.amazonaws.com/"  # where nobody else can make one; the name is free to all
_ANONYMOUS = frozenset({"anonymous", "anonymous_principal"})


class Issuer(Struct, rename="camel", gc=False):
    """Whose temporary credentials these are: a role, rarely a user or root."""

    type: str | None = None
    arn: str | None = None
    account_id: str | None = None
    user_name: str | None = None


class SessionAttributes(Struct, rename="camel", gc=False):
    """How the session came about."""

    mfa_authenticated: str | bool | None = None


class WebFederation(Struct, rename="camel"):
    """Which web identity a role was assumed with."""

    federated_provider: str | None = None
    attributes: dict[str, Any] | None = None


class Session(Struct, rename="camel"):
    """The session of temporary credentials."""

    session_issuer: Issuer | None = None
    attributes: SessionAttributes | None = None
    web_id_federation_data: WebFederation | None = None
    source_identity: str | None = None


class OnBehalfOf(Struct, rename="camel", gc=False):
    """The Identity Center user for whom an application acts."""

    user_id: str | None = None


class UserIdentity(Struct, rename="camel"):
    """The members of userIdentity that tell who."""

    type: str | None = None
    principal_id: str | None = None
    arn: str | None = None
    account_id: str | None = None
    user_name: str | None = None
    invoked_by: str | None = None
    session_context: Session | None = None
    on_behalf_of: OnBehalfOf | None = None


class Caller(NamedTuple):
    """Who made a request."""

    principal: str
    type: PrincipalType
    actor: str
    account: str | None
    mfa: bool | None
    vouched: bool = (
        False  # whether AWS or the identity provider names the actor, not who asked for the session
    )


@lru_cache(maxsize=4096)  # a session makes many requests, and each repeats its identity byte for byte
def identify(raw: bytes, home: str | None) -> Caller:
    """Say who made a request; `home` is the account whose principals are written without an account id."""
    identity = read_member(raw, UserIdentity)
    kind, name = _name(identity, home)
    account = _account(identity, kind)
    principal = _qualify(name, account, home)
    person, vouched = _person(identity)
    actor = _qualify(person, account, home) if person else principal
    return Caller(principal, kind, actor, account, _mfa(identity), vouched)


def _qualify(name: str, account: str | None, home: str | None) -> str:
    """Write the account before what belongs to another account; names of two accounts may be equal."""
    return name if account is None or account in (home, name) else f"{account}:{name}"


def _name(identity: UserIdentity, home: str | None) -> tuple[PrincipalType, str]:
    """Name the principal within its account; a role by its own name, never by its session's."""
    if _is_anonymous(identity):
        return "anonymous", "anonymous"
    match identity.type:
        case "Root":
            return "root", "root"
        case "IAMUser":
            return "user", f"user/{identity.user_name or _tail(identity.arn)}"
        case "AssumedRole" | "Role":
            return _name_role(identity)
        case "FederatedUser" | "SAMLUser" | "WebIdentityUser" | "Directory" | "IdentityCenterUser":
            return "federated", f"federated/{_name_federated(identity)}"
        case "AWSService":
            return "service", f"service/{identity.invoked_by or identity.principal_id or 'unknown'}"
    return _name_by_arn(identity, home)


def _is_anonymous(identity: UserIdentity) -> bool:
    """Recognise the spellings in which CloudTrail has recorded a request without credentials."""
    account, principal = identity.account_id or "", identity.principal_id
    if account.lower() in _ANONYMOUS or (principal or "").lower() in _ANONYMOUS:
        return True
    return identity.type in ("AWSAccount", "Unknown") and principal == "" and not account


def _name_role(identity: UserIdentity) -> tuple[PrincipalType, str]:
    issuer = _issuer(identity)
    if issuer.type == "Root" or _resource(identity.arn).startswith("assumed-root"):  # sts:AssumeRoot
        return "root", "root"
    return "role", f"role/{issuer.user_name or _tail(issuer.arn, '') or _role_of_session(identity.arn)}"


def _issuer(identity: UserIdentity) -> Issuer:
    return (identity.session_context and identity.session_context.session_issuer) or Issuer()


def _name_federated(identity: UserIdentity) -> str:
    on_behalf_of = identity.on_behalf_of and identity.on_behalf_of.user_id
    return identity.user_name or on_behalf_of or _tail(identity.arn, identity.principal_id or "unknown")


def _name_by_arn(identity: UserIdentity, home: str | None) -> tuple[PrincipalType, str]:
    """Name a principal whose type says nothing: another account's, or a service's own doing.

    A service through which another account came does not stand for that account.
    """
    resource = _resource(identity.arn)
    if resource.startswith("assumed-role/"):
        return "role", f"role/{_role_of_session(identity.arn)}"
    if resource.startswith(("role/", "user/")):
        kind: PrincipalType = "role" if resource.startswith("role/") else "user"
        return kind, f"{kind}/{_tail(identity.arn)}"
    if resource == "root":
        return "root", "root"
    if identity.invoked_by and identity.account_id in (None, "", home):
        return "service", f"service/{identity.invoked_by}"
    if identity.account_id:
        return "account", identity.account_id
    if identity.type == "AWSAccount" and identity.principal_id:
        return "account", identity.principal_id  # access logs know other accounts by their canonical id
    return "unknown", "unknown"


def _account(identity: UserIdentity, kind: PrincipalType) -> str | None:
    if kind in ("anonymous", "service", "unknown"):
        return None
    issuer = identity.session_context and identity.session_context.session_issuer
    parts = (identity.arn or "").split(":", 5)
    return (
        identity.account_id
        or (parts[4] if len(parts) > 5 else None)
        or (issuer and issuer.account_id)
        or None
    )


def _person(identity: UserIdentity) -> tuple[str | None, bool]:
    """Find the person behind shared credentials, and whether the name is vouched for."""
    if _is_sso(identity):
        return _session_name(identity), True
    if identity.on_behalf_of and identity.on_behalf_of.user_id:
        return identity.on_behalf_of.user_id, True
    if identity.type == "SAMLUser":
        return identity.user_name, True
    return _claimed_person(identity), False


def _claimed_person(identity: UserIdentity) -> str | None:
    """Find the person that the caller's side names: who may assume a role can say so of anybody."""
    session = identity.session_context or Session()
    if session.source_identity:
        return session.source_identity
    if identity.type == "WebIdentityUser":
        return identity.user_name
    web = (session.web_id_federation_data and session.web_id_federation_data.attributes) or {}
    subject = next((str(value) for name, value in web.items() if name.endswith(":sub") and value), None)
    return subject or (_session_name(identity) if _looks_like_sso(identity) else None)


def _is_sso(identity: UserIdentity) -> bool:
    return identity.type == "AssumedRole" and SSO_PATH in (_issuer(identity).arn or "")


def _looks_like_sso(identity: UserIdentity) -> bool:
    """Tell an Identity Center role by its name, where the role's ARN is not recorded, as in access logs."""
    role = identity.type == "AssumedRole" and not _issuer(identity).arn
    return role and _name_role(identity)[1].startswith(f"role/{SSO_ROLE}")


def _session_name(identity: UserIdentity) -> str | None:
    parts = _resource(identity.arn).split("/", 2)
    return (parts[2] if len(parts) > 2 else (identity.principal_id or "").partition(":")[2]) or None


def _mfa(identity: UserIdentity) -> bool | None:
    """Say whether a second factor was used; of Identity Center's sessions CloudTrail always says no."""
    session = identity.session_context or Session()
    answer = session.attributes.mfa_authenticated if session.attributes else None
    if answer is None:
        return None
    if str(answer).lower() == "true":
        return True
    return None if _is_sso(identity) else False


def _resource(arn: str | None) -> str:
    return (arn or "").split(":", 5)[-1]


def _tail(arn: str | None, default: str = "unknown") -> str:
    """The last segment of an ARN: names of users and roles without their path."""
    return _resource(arn).rpartition("/")[2] or default


def _role_of_session(arn: str | None) -> str:
    parts = _resource(arn).split("/")
    return parts[1] if len(parts) > 1 and parts[0] == "assumed-role" else _tail(arn)

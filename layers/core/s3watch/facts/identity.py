"""Normalizes userIdentity: one form for every principal, and the person behind it if one is known.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Literal, NamedTuple

from msgspec import Struct

from s3watch.sources.cloudtrail import read_member

# By what a caller claims to be a person; empty: it does not, or AWS itself says so
ClaimSource = Literal["", "source identity", "web identity", "session name", "federation token", "SAML"]
PrincipalType = Literal["root", "user", "role", "federated", "service", "account", "anonymous", "unknown"]

# The names of Identity Center's roles, each shared by all users of a permission set, and a path that only
# Identity Center can use: https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
SSO_ROLE = "AWSReservedSSO_"
SSO_PATH = "role/aws-reserved/sso.amazonaws.com/"
# A path that IAM reserves for roles that only the service named in it can assume:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html
LINKED_PATH = "role/aws-service-role/"
# Before the name of a role that only has such a name, so that no pattern of the name matches
NOT_SSO = "not-sso/"
# Who names a federated user: its identity provider, or whoever called GetFederationToken
_FEDERATED: dict[str, ClaimSource] = {
    "SAMLUser": "SAML",
    "WebIdentityUser": "web identity",
    "FederatedUser": "federation token",
}
LIFECYCLE = "service/lifecycle"
_ANONYMOUS = frozenset({"anonymous", "anonymous_principal"})


class Issuer(Struct, rename="camel", gc=False):
    """The issuer of temporary credentials: a role, rarely a user or root."""

    type: str | None = None
    arn: str | None = None
    account_id: str | None = None
    user_name: str | None = None


class SessionAttributes(Struct, rename="camel", gc=False):
    """The session attributes that facts need."""

    mfa_authenticated: str | bool | None = None


class WebFederation(Struct, rename="camel"):
    """The web identity with which a role was assumed."""

    federated_provider: str | None = None
    attributes: dict[str, Any] | None = None


class Session(Struct, rename="camel"):
    """The sessionContext of temporary credentials."""

    session_issuer: Issuer | None = None
    attributes: SessionAttributes | None = None
    web_id_federation_data: WebFederation | None = None
    source_identity: str | None = None


class OnBehalfOf(Struct, rename="camel", gc=False):
    """The Identity Center user for whom an application acts."""

    user_id: str | None = None


class UserIdentity(Struct, rename="camel"):
    """The members of userIdentity that identify the caller."""

    type: str | None = None
    principal_id: str | None = None
    arn: str | None = None
    account_id: str | None = None
    user_name: str | None = None
    invoked_by: str | None = None
    session_context: Session | None = None
    on_behalf_of: OnBehalfOf | None = None


class Caller(NamedTuple):
    """Who made a request: principal and actor in normal form, with what is known about them."""

    principal: str
    type: PrincipalType
    actor: str
    account: str | None
    mfa: bool | None
    actor_verified: bool = False  # AWS vouches for the actor's name, as for Identity Center's users
    issuer: str = ""  # whose credentials made a federated user, under a name that they chose
    claim_source: ClaimSource = ""  # by what the caller claims the actor's name
    service: str | None = None  # the AWS service that called, for itself or for the caller


@lru_cache(maxsize=4096)  # a session makes many requests, with the same identity byte for byte
def identify(raw: bytes, home: str | None) -> Caller:
    """Parse a userIdentity; `home` is the account whose principals are written without an account id."""
    identity = read_member(raw, UserIdentity)
    kind, name = _name(identity, home)
    account = _account(identity, kind)
    principal = _qualify(name, account, home)
    person, source = _person(identity)
    actor = _qualify(person, account, home) if person else principal
    issuer = _issuer_of_federated(identity)
    return Caller(
        principal, kind, actor, account, _mfa(identity), bool(person) and not source,
        issuer and _qualify(issuer, account, home), source, _service(identity),
    )  # fmt: skip


def _qualify(name: str, account: str | None, home: str | None) -> str:
    """Prefix a name with its account, unless that is `home`; other accounts may use the same names."""
    return name if account is None or account in (home, name) else f"{account}:{name}"


def _name(identity: UserIdentity, home: str | None) -> tuple[PrincipalType, str]:
    """Return the principal's type and its name within the account; for a session, the role's name."""
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
    """Return whether a request had no credentials, which CloudTrail has recorded in several spellings."""
    account, principal = identity.account_id or "", identity.principal_id
    if account.lower() in _ANONYMOUS or (principal or "").lower() in _ANONYMOUS:
        return True
    return identity.type in ("AWSAccount", "Unknown") and principal == "" and not account


def _name_role(identity: UserIdentity) -> tuple[PrincipalType, str]:
    issuer = _issuer(identity)
    if issuer.type == "Root" or _resource(identity.arn).startswith("assumed-root"):  # sts:AssumeRoot
        return "root", "root"
    name = issuer.user_name or _tail(issuer.arn, "") or _role_of_session(identity.arn)
    imitates = _imitates_sso(name, issuer.arn or identity.arn or "")
    return "role", f"role/{NOT_SSO if imitates else ''}{name}"


def _imitates_sso(role: str, arn: str) -> bool:
    """Return whether a role certainly is not Identity Center's, although it is named like one.

    Anyone may create such a role. Without its ARN, as in access logs, nothing is certain.
    """
    named = role.lower().startswith(SSO_ROLE.lower())  # IAM and Sigma do not distinguish case
    resource = _resource(arn)  # a path may hold any character, so only where it begins can be trusted
    return named and resource.startswith("role/") and not resource.startswith(SSO_PATH)


def _issuer(identity: UserIdentity) -> Issuer:
    return (identity.session_context and identity.session_context.session_issuer) or Issuer()


def _issuer_of_federated(identity: UserIdentity) -> str:
    """Return who called GetFederationToken, which takes any name; access logs do not say who it was."""
    issuer = _issuer(identity)
    if identity.type != "FederatedUser":
        return ""
    return "root" if issuer.type == "Root" else f"user/{issuer.user_name}" if issuer.user_name else ""


def _name_federated(identity: UserIdentity) -> str:
    on_behalf_of = identity.on_behalf_of and identity.on_behalf_of.user_id
    return identity.user_name or on_behalf_of or _tail(identity.arn, identity.principal_id or "unknown")


def _name_by_arn(identity: UserIdentity, home: str | None) -> tuple[PrincipalType, str]:
    """Return the name of a principal whose type does not tell: of another account, or a service.

    If another account called through a service, the caller is the account, not the service.
    """
    resource = _resource(identity.arn)
    if resource.startswith("assumed-role/"):
        return "role", f"role/{_role_of_session(identity.arn)}"
    if resource.startswith("role/"):
        return _name_role(identity)
    if resource.startswith("user/"):
        return "user", f"user/{_tail(identity.arn)}"
    if resource == "root":
        return "root", "root"
    if identity.invoked_by and identity.account_id in (None, "", home):
        return "service", f"service/{identity.invoked_by}"
    if identity.account_id:
        return "account", identity.account_id
    if identity.type == "AWSAccount" and identity.principal_id:
        return "account", identity.principal_id  # access logs name other accounts by canonical user id
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


def _person(identity: UserIdentity) -> tuple[str | None, ClaimSource]:
    """Return the person behind shared credentials, if known, and by what the caller claims to be that one.

    Nothing is claimed where AWS itself writes the name: of a user of Identity Center.
    """
    if _is_sso(identity):
        return _session_name(identity), ""
    if identity.on_behalf_of and identity.on_behalf_of.user_id:
        return identity.on_behalf_of.user_id, ""
    return _claimed_person(identity)


def _claimed_person(identity: UserIdentity) -> tuple[str | None, ClaimSource]:
    """Return the person that the caller claims to be: whoever may assume a role can choose this name."""
    session = identity.session_context or Session()
    if session.source_identity:
        return session.source_identity, "source identity"
    web = (session.web_id_federation_data and session.web_id_federation_data.attributes) or {}
    named = (value for name, value in web.items() if name.endswith(":sub") and isinstance(value, str | int))
    if subject := next((str(value) for value in named if value), None):
        return subject, "web identity"
    if _looks_like_sso(identity) and (name := _session_name(identity)):
        return name, "session name"
    source = _FEDERATED.get(identity.type or "", "")
    return (identity.user_name if identity.type in ("SAMLUser", "WebIdentityUser") else None), source


def _is_sso(identity: UserIdentity) -> bool:
    return identity.type == "AssumedRole" and _resource(_issuer(identity).arn).startswith(SSO_PATH)


def _looks_like_sso(identity: UserIdentity) -> bool:
    """Return whether a role has an Identity Center name, if its ARN is not recorded, as in access logs."""
    role = identity.type == "AssumedRole" and not _issuer(identity).arn
    return role and _name_role(identity)[1].startswith(f"role/{SSO_ROLE}")


def _session_name(identity: UserIdentity) -> str | None:
    parts = _resource(identity.arn).split("/", 2)
    return (parts[2] if len(parts) > 2 else (identity.principal_id or "").partition(":")[2]) or None


def _service(identity: UserIdentity) -> str | None:
    """Return the AWS service that called: by the role that is linked to it, or as AWS says."""
    role = _resource(_issuer(identity).arn)
    linked = role.startswith(LINKED_PATH) and role.split("/")[2]
    return linked or identity.invoked_by or None


def _mfa(identity: UserIdentity) -> bool | None:
    """Return whether MFA was used; None if not known: for Identity Center CloudTrail always says no."""
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
    """Return the last segment of an ARN: the name of a user or role without its path."""
    return _resource(arn).rpartition("/")[2] or default


def _role_of_session(arn: str | None) -> str:
    parts = _resource(arn).split("/")
    return parts[1] if len(parts) > 1 and parts[0] == "assumed-role" else _tail(arn)

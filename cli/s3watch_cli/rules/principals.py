"""Normalizes principals to the form that accesses carry (s3watch.facts.identity)."""

from __future__ import annotations

import re

from s3watch_cli.rules.diagnostics import InvalidInputError

BARE = ("root", "anonymous", "unknown", "*")
KINDS = ("role", "user", "federated", "service")
ACCOUNT = r"(?:\d{12}|\*)"
NAMED = re.compile(  # not-sso: a role that is only named like those of Identity Center
    rf"(?:{ACCOUNT}:)?(?:(?:role/(?:not-sso/)?|user/)[\w+=,.@*?-]+|federated/[^/]+)|service/[^/]+", re.ASCII
)
BARE_NAME = re.compile(r"[\w+=,.@*?-]+", re.ASCII)  # of a role or a user, without its kind
ORIGIN_ACCESS = re.compile(r"cloudfront:user/CloudFront Origin Access Identity [A-Z0-9*?]+")
SSO_ROLE = "AWSReservedSSO_"  # begins the name of each role of IAM Identity Center, as no path does
OF_ACCOUNT = re.compile(rf"{ACCOUNT}(?::(?:root|\*))?")
ARN = re.compile(r"arn:[a-z-]+:(iam|sts)::(\d{12}|cloudfront):([a-z-]+)(?:/(.+))?")
OWN = "name them, or write the kinds: role/*, user/*, federated/*, root"
FORMS = "write role/NAME, user/NAME, service/NAME, federated/NAME, root, anonymous, or 444455556666:role/NAME"


def normal_form(text: str, account: str = "") -> str:
    """Return a principal in its normal form, without its account ID if that is `account`.

    Raises InvalidInputError.
    """
    form = _from_arn(text) if text.startswith("arn:") else text
    owner, separator, name = form.partition(":")
    if separator and account and owner == account:
        if name == "*":  # without the account it would be everybody, of every account
            raise InvalidInputError(f"`{text}` is everyone in the bucket's own account", OWN)
        form = name
    if form in BARE or any(pattern.fullmatch(form) for pattern in (NAMED, OF_ACCOUNT, ORIGIN_ACCESS)):
        return form
    raise InvalidInputError(f"`{text}` is not a principal", _instead(form))


def _from_arn(arn: str) -> str:
    found = ARN.fullmatch(arn)
    if not found:
        raise InvalidInputError(f"`{arn}` is not the ARN of a principal", FORMS)
    service, account, kind, path = found.groups()
    name = (path or "").rpartition("/")[2]
    match service, kind:
        case "iam", "root" if not path:
            return f"{account}:root"
        case "iam", "role" | "user" if name:
            return f"{account}:{kind}/{name}"
        case "sts", "assumed-role" if path:
            return _role_of_session(account, path)
        case "sts", "federated-user" if name:
            return f"{account}:federated/{name}"
    raise InvalidInputError(f"`{arn}` is not the ARN of a principal", FORMS)


def _role_of_session(account: str, path: str) -> str:
    role, _, session = path.partition("/")
    if session not in ("", "*"):
        raise InvalidInputError(
            f"`{session}` is a session name, which callers choose themselves: name the role",
            f"write {account}:role/{role}",
        )
    return f"{account}:role/{role}"


def _instead(form: str) -> str:
    owner, separator, rest = form.rpartition(":")
    kind, slash, path = rest.partition("/")
    if kind == "role" and path.startswith(SSO_ROLE) and "/" in path:
        role = path.partition("/")[0]
        return f"write {owner}{separator}role/{role}, without the session; an exception may name one person"
    if slash and kind in KINDS and "/" in path:
        return f"write {owner}{separator}{kind}/{path.rpartition('/')[2]}, without the path"
    if slash and kind.rstrip("s") in KINDS:
        return f"write {owner}{separator}{kind.rstrip('s')}/{path}"
    if BARE_NAME.fullmatch(rest):
        role, user = (f"{owner}{separator}{kind}/{rest}" for kind in ("role", "user"))
        if "@" in rest:  # as sessions of IAM Identity Center are named
            return f"write the role that is assumed, role/NAME, or {user} for an IAM user"
        return f"write {role} for a role, {user} for an IAM user"
    return FORMS

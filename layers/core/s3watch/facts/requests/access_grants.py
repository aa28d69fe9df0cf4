"""Reads calls to S3 Access Grants: what a grant is about, and to which account it is given.

These calls name no bucket, but a scope such as `s3://hr-data/payroll/*`. CloudTrail records query parameters
in camel case, and the members of a body as they are, below the name of the body, so members are looked up by
name alone, in any case and at any depth.
https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_CreateAccessGrant.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from s3watch.sources.cloudtrail import unwrap_single

_DEFAULT = "default"  # the id of the location `s3://`, which is every bucket of the Region
_ANY = "s3://"
_BODY = "request"  # how the name of a body ends
_DEPTH = 4  # a body nests its members three deep

type Members = Mapping[str, str]  # texts, by the lower-case name of their member


class Scope(NamedTuple):
    """A bucket, and the prefix or the key in it that the call is about; None is unknown or every bucket."""

    bucket: str | None = None
    prefix: str | None = None
    key: str | None = None


NO_SCOPE = Scope()


def _granted(sent: Members, answered: Members) -> str | None:
    """Return the scope of a grant; without a response it is known for the default location only."""
    default = sent.get("accessgrantslocationid") == _DEFAULT
    return answered.get("grantscope") or (sent.get("s3subprefix") if default else None)


def _registered(sent: Members, answered: Members) -> str | None:
    return answered.get("locationscope") or sent.get("locationscope")


# By event, where its scope is. Only there: whoever adds other members must not be able to redirect an alert.
_SCOPES: dict[str, Callable[[Members, Members], str | None]] = {
    "CreateAccessGrant": _granted,
    "CreateAccessGrantsLocation": _registered,
    "UpdateAccessGrantsLocation": _registered,
    "GetDataAccess": lambda sent, _: sent.get("target"),
    "CreateAccessPoint": lambda sent, _: sent.get("bucket"),  # no grant, but its bucket is in its body too
}
EVENTS = frozenset(_SCOPES)


def scope_of(event_name: str, member: Callable[[str], Any]) -> Scope:
    """Return what a call is about; NO_SCOPE if it is not one of EVENTS. `member` reads one of its record."""
    if event_name not in EVENTS:
        return NO_SCOPE
    return read_scope(event_name, member("requestParameters"), member("responseElements"))


def read_scope(event_name: str, request: Any, response: Any) -> Scope:
    """Return what a call named in EVENTS is about."""
    sent = _members(request)
    scope = _SCOPES[event_name](sent, dict(_texts(response))) or ""
    names_object = "object" in (sent.get("s3prefixtype", "").lower(), sent.get("targettype", "").lower())
    return _parse(scope, names_object=names_object)


def _parse(scope: str, *, names_object: bool) -> Scope:
    """Parse a scope; a trailing star stands for the rest of the key, and no bucket has one in its name."""
    bucket, slash, rest = scope.removeprefix(_ANY).partition("/")
    if not bucket or "*" in bucket:
        return NO_SCOPE
    if names_object and rest:
        return Scope(bucket, key=rest)
    return Scope(bucket, prefix=rest.removesuffix("*") if slash else "")


def find_grantees(request: dict[str, Any], levels: int = 2) -> Iterator[frozenset[str]]:
    """Yield the account of the IAM principal that a grant is given to; it is in the body, or beside it.

    Users and groups of a directory are people of one's own organization; they have no account.
    """
    for name, value in request.items():
        if isinstance(value, dict):  # few requests have one, and each write is examined
            if name.lower() == "grantee":
                yield from _account(dict(_texts(value)).get("granteeidentifier"))
            elif levels > 1 and name.lower().endswith(_BODY):
                yield from find_grantees(value, levels - 1)


def _account(principal: str | None) -> Iterator[frozenset[str]]:
    if principal is not None:
        arn = principal.split(":", 5)
        yield frozenset(arn[4:5] if len(arn) == 6 and arn[4] else ())


def _members(request: Any) -> Members:
    """Return the members of a request's body, or those of the request if it has none."""
    members = request.items() if isinstance(request, dict) else ()
    bodies = (value for name, value in members if isinstance(value, dict) and name.lower().endswith(_BODY))
    return dict(_texts(next(bodies, request)))


def _texts(value: Any, depth: int = _DEPTH) -> Iterator[tuple[str, str]]:
    """Yield the texts in nested members, with the lower-case names of the members."""
    for name, member in value.items() if isinstance(value, dict) else ():
        text = unwrap_single(member)
        if isinstance(text, str):
            yield name.lower(), text
        elif depth > 1:
            yield from _texts(member, depth - 1)

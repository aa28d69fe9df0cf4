"""Reads whom an access control list (ACL) grants access to: a canned ACL, grant headers or a request body.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal

from s3watch.posture.elements import member
from s3watch.posture.grants import EVERYBODY

# AuthenticatedUsers is anyone with an AWS account, which AWS calls public too.
_PUBLIC_GROUPS = ("/groups/global/AllUsers", "/groups/global/AuthenticatedUsers")
_PUBLIC_CANNED = {  # with the permissions of everybody
    "public-read": ("READ",), "public-read-write": ("READ", "WRITE"), "authenticated-read": ("READ",),
}  # fmt: skip
_CANNED = _PUBLIC_CANNED.keys() | {
    "private", "aws-exec-read", "bucket-owner-read", "bucket-owner-full-control", "log-delivery-write"
}  # fmt: skip

type Kind = Literal["canned", "body", "grants", "header"]  # of a parameter that sets an ACL

PARAMETERS = frozenset({"x-amz-acl", "acl", "accesscontrolpolicy", "accesscontrollist"})
HEADER = "x-amz-grant-"
_GRANTEE = re.compile(r"""(uri|id|emailaddress)\s*=\s*"?([^",]+)"?""", re.IGNORECASE)


def find_grantees(request: dict[str, Any], levels: int = 2) -> Iterator[frozenset[str]]:
    """Yield the grantees of every ACL in a request's parameters; EVERYBODY stands for the public groups.

    CloudTrail records grant headers under `accessControlList` or beside the other parameters: two `levels`.
    """
    for kind, _, value in _parts(request, levels):
        match kind:
            case "canned":
                yield from map(_read_canned, _known_canned(value))
            case "body":
                yield frozenset(_read_body(value))
            case "grants":
                yield frozenset(_read_grants(value))
            case "header":
                yield frozenset(_read_header(value))


def find_public_permissions(request: dict[str, Any], levels: int = 2) -> Iterator[str]:
    """Yield what the ACLs in a request's parameters let everybody do: READ, WRITE, FULL_CONTROL and so on."""
    for kind, name, value in _parts(request, levels):
        match kind:
            case "canned":
                yield from (each for one in _known_canned(value) for each in _PUBLIC_CANNED.get(one, ()))
            case "body":
                yield from _read_public(member(value, "AccessControlList"))
            case "grants":
                yield from _read_public(value)
            case "header" if EVERYBODY in _read_header(value):
                yield name.lower().removeprefix(HEADER).replace("-", "_").upper()


def _parts(request: dict[str, Any], levels: int) -> Iterator[tuple[Kind, str, Any]]:
    for name, value in request.items():
        match name.lower():
            case "x-amz-acl" | "acl":
                yield "canned", name, value
            case "accesscontrolpolicy":
                yield "body", name, value
            case "accesscontrollist" if isinstance(value, dict):
                yield from _parts(value, levels - 1) if levels > 1 else ()
                yield "grants", name, value
            case header if header.startswith(HEADER):
                yield "header", name, value


def may_grant(name: str) -> bool:
    """Return whether a request parameter of this name may hold an ACL, or a part of one."""
    return name.lower() in PARAMETERS or name.lower().startswith(HEADER)


def find_settings(request: dict[str, Any], levels: int = 2) -> Iterator[tuple[str, Any]]:
    """Yield what of a request's parameters sets ACLs: canned ones, headers and bodies, by their names."""
    for name, value in request.items():
        match name.lower():
            case "accesscontrollist" if isinstance(value, dict) and levels > 1:
                yield name, member(value, "Grant")
                yield from find_settings(value, levels - 1)
            case "x-amz-acl" | "acl" | "accesscontrolpolicy":
                yield name, value
            case header if header.startswith(HEADER):
                yield name, value


def find_grants(acl: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each grantee of a GetBucketAcl response but the owner, with the permission granted.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketAcl.html
    """
    owner = member(member(acl, "Owner"), "ID")
    for grant in member(acl, "Grants") or ():
        for grantee in _read_grants({"Grant": grant}):
            if grantee != owner:
                yield grantee, str(member(grant, "Permission"))


def public_grants(acl: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the grants of a GetBucketAcl response that are to everybody, as they stand there."""
    grants = member(acl, "Grants") or ()
    return [grant for grant in grants if EVERYBODY in _read_grants({"Grant": grant})]


def _known_canned(value: Any) -> list[str]:
    """Return the canned ACLs among values; an empty `acl` only marks a request as one about ACLs."""
    values = value if isinstance(value, list) else [value]
    return [each for each in values if isinstance(each, str) and each in _CANNED]


def _read_canned(name: str) -> frozenset[str]:
    return frozenset({EVERYBODY}) if name in _PUBLIC_CANNED else frozenset()


def _read_body(body: Any) -> Iterator[str]:
    """Yield the grantees of a request body but the owner.

    The owner can be believed: S3 answers AccessDenied to another one than the bucket's or object's own.
    https://github.com/scality/cloudserver/issues/367
    """
    owner = member(member(body, "Owner"), "ID")
    yield from (each for each in _read_grants(member(body, "AccessControlList")) if each != owner)


def _read_public(grants: Any) -> Iterator[str]:
    """Yield the permissions of the grants to everybody."""
    for grant in _list_grants(grants):
        if EVERYBODY in _read_grants({"Grant": grant}):
            yield str(member(grant, "Permission"))


def _list_grants(grants: Any) -> list[Any]:
    found = member(grants, "Grant")
    return found if isinstance(found, list) else [found]


def _read_grants(grants: Any) -> Iterator[str]:
    for grant in _list_grants(grants):
        grantee = member(grant, "Grantee")
        for kind in ("URI", "ID", "EmailAddress"):
            yield from _read_grantee(kind, member(grantee, kind))


def _read_header(value: Any) -> Iterator[str]:
    for text in value if isinstance(value, list) else [value]:
        for kind, grantee in _GRANTEE.findall(str(text)):
            yield from _read_grantee(kind, grantee.strip())


def _read_grantee(kind: str, value: Any) -> Iterator[str]:
    """Yield one grantee; groups other than the two public ones stand for AWS services and are left out."""
    if not isinstance(value, str) or not value:
        return
    if kind.lower() != "uri":
        yield value
    elif value.endswith(_PUBLIC_GROUPS):
        yield EVERYBODY

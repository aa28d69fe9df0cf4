"""Evaluates what a request grants: the policy, ACL or grant headers that it sets, taken together."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any, NamedTuple

from s3watch.facts.requests import access_grants
from s3watch.posture import acl, permissions, policy
from s3watch.posture.confinement import Way
from s3watch.posture.elements import bucket_arns
from s3watch.posture.grants import EVERYBODY, join_verbs
from s3watch.posture.statements.statement import read_statements
from s3watch.sources.tolerant_json import encode, parse

_DEPTH = 3  # an access point's policy is nested two levels deep in the request
POLICIES = frozenset({"bucketpolicy", "policy", "accesspointpolicy", "resourcepolicy"})


class Grants(NamedTuple):
    """Whom a request grants access to outside the owner's account: everybody or not, and the named grantees.

    `accounts` holds account ids, organization ids, networks, services, canonical user ids, e-mail addresses
    and the like: first those that S3 checks, then those whom only conditions name, and who may be made up.
    `unresolved` holds ids of users and roles that do not say whose they are. `allowed` says what policies let
    all of these do, and where: `read and delete`, `list (reports/*)`; the first ones have every verb.
    """

    public: bool
    accounts: tuple[str, ...]
    unresolved: tuple[str, ...] = ()
    principals: int = 0  # how many of the accounts, the first ones, S3 has checked
    allowed: tuple[str, ...] = ()
    terms: frozenset[bytes] = frozenset()  # the marks of the statements of policies that let them in
    public_write: bool = False  # everybody may write, delete or change permissions


def read_grants(request: Any, owner: str | None, event_name: str = "") -> Grants | None:
    """Return what a request grants outside the owner's account; None if it sets no policy and no ACL."""
    if not isinstance(request, dict):
        return None
    way = Way.AT_ACCESS_POINT if "accesspoint" in event_name.lower() else Way.DIRECTLY
    policies = list(_find_policies(request, _DEPTH))
    others = [*acl.find_grantees(request), *access_grants.find_grantees(request)]
    if not policies and not others:
        return None
    granted = [grant for document in policies for grant in policy.find_grants(document, owner or "", way)]
    principals = frozenset[str]().union(*others, *({*each.grantees} - each.claimed for each in granted))
    grantees = principals.union(*(each.claimed for each in granted))
    outside = grantees - {EVERYBODY, owner, *bucket_arns(request.get("bucketName"))}
    unresolved = frozenset[str]().union(*map(policy.find_unresolved, policies))
    checked, claimed = sorted(outside & principals), sorted(outside - principals)
    accounts = (*checked, *claimed)
    return Grants(
        EVERYBODY in grantees, accounts, tuple(sorted(unresolved)), len(checked), tuple(_allowed(granted)),
        frozenset(grant.terms for grant in granted), _may_everybody_change(request, granted),
    )  # fmt: skip


def _may_everybody_change(request: dict[str, Any], granted: Iterable[policy.PolicyGrant]) -> bool:
    by_policy = any(grant.audience is None and grant.verb in permissions.CHANGES for grant in granted)
    return by_policy or not permissions.ACL_CHANGES.isdisjoint(acl.find_public_permissions(request))


def may_grant(names: Iterable[str]) -> bool:
    """Return whether a request with these parameters may grant anything, if none of them is an object."""
    return any(name.lower() in POLICIES or acl.may_grant(name) for name in names)


def _allowed(granted: Iterable[policy.PolicyGrant]) -> Iterator[str]:
    verbs: dict[str, set[str]] = {}
    for grant in granted:
        verbs.setdefault(grant.places, set()).add(grant.verb)
    told = set[str]()
    first, others = list[str](), list[str]()  # a caller can write more statements than an alert keeps
    for places, may in sorted(verbs.items()):
        (others if may <= told else first).append(f"{join_verbs(may)}{f' ({places})' if places else ''}")
        told |= may
    yield from (*first, *others)


def mark_grants(request: Any, grants: Grants | None) -> str:
    """Return 16 hex digits that tell what a request grants from what others do; empty if it sets nothing.

    The same granted in another order, or on another object by an ACL, has the same mark.
    """
    if not isinstance(request, dict):
        return ""
    allowing = (terms.hex() for terms in (grants.terms if grants else ()))
    denying = (
        f"deny {each.mark.hex()}"
        for document in _find_policies(request, _DEPTH)
        for each in read_statements(document)
    )
    by_access_grant = request if list(access_grants.find_grantees(request)) else None
    settings = [sorted({*allowing, *denying}), sorted(acl.find_settings(request), key=str), by_access_grant]
    written = json.dumps(settings, sort_keys=True, default=str)
    return sha256(written.encode(errors="surrogatepass")).hexdigest()[:16] if any(settings) else ""


def _find_policies(request: dict[str, Any], depth: int) -> Iterator[dict[str, Any]]:
    """Yield the policies in request parameters; CloudTrail records them as objects or as JSON text."""
    for name, value in request.items():
        document = _parse(value) if name.lower() in POLICIES else None
        if document is not None:
            yield document
        elif isinstance(value, dict) and depth > 1:
            yield from _find_policies(value, depth - 1)


def _parse(value: Any) -> dict[str, Any] | None:
    """Parse a policy; None if it is not one: the same name also marks requests that read policies."""
    if isinstance(value, str) and value:
        try:
            value = parse(encode(value))
        except ValueError:
            return None
    return value if isinstance(value, dict) and "Statement" in value else None

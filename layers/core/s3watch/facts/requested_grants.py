"""Evaluates what a request grants: the policy, ACL or grant headers that it sets, taken together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from s3watch.facts.requests import access_grants
from s3watch.posture import acl, policy
from s3watch.posture.confinement import Way
from s3watch.posture.elements import bucket_arns
from s3watch.posture.grants import EVERYBODY
from s3watch.sources.tolerant_json import encode, parse

_DEPTH = 3  # an access point's policy is nested two levels deep in the request
_POLICIES = frozenset({"bucketpolicy", "policy", "accesspointpolicy", "resourcepolicy"})


class Grants(NamedTuple):
    """Whom a request grants access to outside the owner's account: everybody or not, and the named grantees.

    `accounts` holds account ids, organization ids, networks, services, canonical user ids, e-mail addresses
    and the like. `unresolved` holds ids of users and roles that do not say whose they are.
    """

    public: bool
    accounts: tuple[str, ...]
    unresolved: tuple[str, ...] = ()


def read_grants(request: Any, owner: str | None, event_name: str = "") -> Grants | None:
    """Return what a request grants outside the owner's account; None if it sets no policy and no ACL."""
    if not isinstance(request, dict):
        return None
    way = Way.AT_ACCESS_POINT if "accesspoint" in event_name.lower() else Way.DIRECTLY
    policies = list(_find_policies(request, _DEPTH))
    others = [*acl.find_grantees(request), *access_grants.find_grantees(request)]
    if not policies and not others:
        return None
    granted = (policy.find_grantees(document, owner or "", way) for document in policies)
    grantees = frozenset[str]().union(*granted, *others) - {owner, *bucket_arns(request.get("bucketName"))}
    unresolved = frozenset[str]().union(*map(policy.find_unresolved, policies))
    return Grants(EVERYBODY in grantees, tuple(sorted(grantees - {EVERYBODY})), tuple(sorted(unresolved)))


def _find_policies(request: dict[str, Any], depth: int) -> Iterator[dict[str, Any]]:
    """Yield the policies in request parameters; CloudTrail records them as objects or as JSON text."""
    for name, value in request.items():
        document = _parse(value) if name.lower() in _POLICIES else None
        if document is not None:
            yield document
        elif isinstance(value, dict) and depth > 1:
            yield from _find_policies(value, depth - 1)


def _parse(value: Any) -> dict[str, Any] | None:
    """Parse a policy; None if it is not one: the same name also marks requests that read policies."""
    if isinstance(value, str):
        try:
            value = parse(encode(value))
        except ValueError:
            return None
    return value if isinstance(value, dict) and "Statement" in value else None

"""What a request would open: the policy, list or grant headers it puts, evaluated together."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from s3watch.posture import acl, policy

_DEPTH = 3  # an access point's policy stands two levels down in its request
_POLICIES = frozenset({"bucketpolicy", "policy", "accesspointpolicy", "resourcepolicy"})


class Grants(NamedTuple):
    """Who gets in: everybody, and the others that are named.

    `accounts` holds account ids, organization ids, canonical user ids, e-mail addresses and `cloudfront`.
    """

    public: bool
    accounts: tuple[str, ...]


def read_grants(request: Any, owner: str | None) -> Grants | None:
    """Say what a request would open beyond the owner's account; None where it sets no permissions."""
    if not isinstance(request, dict):
        return None
    found = [*map(policy.find_grantees, _find_policies(request, _DEPTH)), *acl.find_grantees(request)]
    if not found:
        return None
    grantees = frozenset[str]().union(*found)
    return Grants(policy.EVERYBODY in grantees, tuple(sorted(grantees - {policy.EVERYBODY, owner})))


def _find_policies(request: dict[str, Any], depth: int) -> Iterator[dict[str, Any]]:
    """Find the policies among a request's parameters, recorded as an object or as JSON text."""
    for name, value in request.items():
        document = _parse(value) if name.lower() in _POLICIES else None
        if document is not None:
            yield document
        elif isinstance(value, dict) and depth > 1:
            yield from _find_policies(value, depth - 1)


def _parse(value: Any) -> dict[str, Any] | None:
    """Read a policy; other things bear the name, such as the marker of a request about policies."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return None
    return value if isinstance(value, dict) and "Statement" in value else None

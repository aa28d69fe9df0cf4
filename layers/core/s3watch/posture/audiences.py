"""Whom a statement of a policy reaches, as a set that conditions and denials narrow.

What one statement asks for must hold together, so audiences are intersected. Where that can not be worked
out, the result is too large, never too small.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import IntEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from itertools import product
from typing import NamedTuple


class Kind(IntEnum):
    """What a scope names; of two that must hold together, the first of this order says more and is kept."""

    ACCOUNT = 1
    PRINCIPAL = 2  # by an id that does not say whose it is
    ORGANIZATION = 3
    SERVICE = 4  # on behalf of anybody
    KEY = 5  # whoever may use a KMS key, of an account
    NETWORK = 6  # anybody there
    ACCESS_POINT = 7  # whom the owner of an access point lets in


class Scope(NamedTuple):
    """One of those whom a statement reaches."""

    kind: Kind
    name: str


type Audience = frozenset[Scope] | None  # None: everybody

ANYONE: Audience = None
NOBODY: frozenset[Scope] = frozenset()
_MOST_PAIRS = 1000  # of networks compared, about 1 ms


def intersect(one: Audience, other: Audience) -> Audience:
    """Return who is in both audiences."""
    if one is None or other is None:
        return other if one is None else one
    return frozenset(_narrower(one, other) | _narrower(other, one)).union(*_shared(one, other))


def unite(audiences: Iterable[Audience]) -> Audience:
    """Return who is in any of the audiences."""
    united: set[Scope] = set()
    for audience in audiences:
        if audience is None:
            return None
        united |= audience
    return frozenset(united)


def _narrower(one: frozenset[Scope], other: frozenset[Scope]) -> set[Scope]:
    """Return the scopes that hold together with a wider kind of the other audience."""
    widest = max((scope.kind for scope in other), default=0)
    return {scope for scope in one if scope.kind < widest}


def _shared(one: frozenset[Scope], other: frozenset[Scope]) -> Iterator[frozenset[Scope]]:
    """Yield the scopes of each kind that both audiences name."""
    for kind in Kind:
        mine, theirs = (frozenset(scope for scope in each if scope.kind is kind) for each in (one, other))
        if kind is Kind.NETWORK:
            yield _overlapping(mine, theirs)
        elif kind in (Kind.ACCOUNT, Kind.ORGANIZATION):
            yield mine & theirs
        elif mine and theirs:  # two ids may be of one principal
            yield mine & theirs or mine


def _overlapping(one: frozenset[Scope], other: frozenset[Scope]) -> frozenset[Scope]:
    if len(one) * len(other) > _MOST_PAIRS:
        return min(one, other, key=len)
    networks = {scope: _network(scope.name) for scope in one | other}
    return frozenset(
        narrower
        for first, second in product(one, other)
        if (narrower := _common(first, networks[first], second, networks[second]))
    )


def _common(
    one: Scope,
    network: IPv4Network | IPv6Network | None,
    other: Scope,
    network_of_other: IPv4Network | IPv6Network | None,
) -> Scope | None:
    """Return the narrower one of two networks; None if no request comes from both."""
    if network and network_of_other:
        if not network.overlaps(network_of_other):
            return None
        return one if network.prefixlen >= network_of_other.prefixlen else other
    if one == other or _sort(one) != _sort(other):
        return max(one, other, key=_sort)  # an endpoint is in one VPC
    return None


def _sort(scope: Scope) -> str:
    """Return what names a network: vpc, vpce or VPC (endpoints of somebody); empty for addresses."""
    return re.split("[ -]", scope.name)[0] if scope.name.lower().startswith("vpc") else ""


def _network(name: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(name, strict=False)
    except ValueError:
        return None

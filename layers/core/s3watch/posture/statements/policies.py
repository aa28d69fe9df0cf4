"""The policies of a bucket and of its access points, by the settings that they are, and their statements."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from s3watch.posture import bucket_state as parts
from s3watch.posture.bucket_state import AccessPoint, State
from s3watch.posture.grants import Grant
from s3watch.posture.marks import setting_of
from s3watch.posture.policy import find_unresolved
from s3watch.posture.statements.statement import PolicyStatements, Statement, read_statements


def parse_policy(text: str) -> Any:
    """Parse a policy; None if it is not JSON. Numbers stay text: they may be account ids, or endless."""
    try:
        return json.loads(text, parse_int=str, parse_float=str) if text else {}
    except (ValueError, RecursionError):
        return None


def access_points(state: State) -> Iterator[tuple[str, AccessPoint]]:
    """Yield the access points of both kinds, each with its name in alerts."""
    yield from named(parts.ACCESS_POINT, state.access_points)
    yield from named(parts.MULTI_REGION_ACCESS_POINT, state.multi_region_access_points)


def named(kind: str, points: Iterable[AccessPoint]) -> Iterator[tuple[str, AccessPoint]]:
    """Yield access points of one kind with their names."""
    return ((f"{kind} {point.name}", point) for point in points)


def find_broken(state: State) -> Iterator[str]:
    """Yield the parts with a policy that is not JSON."""
    if parse_policy(state.policy) is None:
        yield parts.POLICY
    if parse_policy(state.access_grants_policy) is None:
        yield parts.ACCESS_GRANTS_POLICY
    for part, points in (
        (parts.ACCESS_POINTS, state.access_points),
        (parts.MULTI_REGION_ACCESS_POINTS, state.multi_region_access_points),
    ):
        if any(parse_policy(point.policy) is None for point in points):
            yield part


def find_ids(state: State) -> frozenset[str]:
    """Return the ids of principals that the policies name."""
    documents = (document for _, document in _documents(state))
    return frozenset[str]().union(*map(find_unresolved, documents))


def find_denials(state: State) -> Iterator[PolicyStatements]:
    """Yield what each policy denies that was read.

    Of the two of a Multi-Region Access Point the last one counts: it is on its way to all Regions.
    """
    for by, document in dict(_documents(state)).items():
        if document is not None and by not in (*state.unread, *state.failed):
            yield PolicyStatements(by, read_statements(document))


def find_allowances(state: State, grants: Iterable[Grant]) -> Iterator[PolicyStatements]:
    """Yield the statements of each policy by which somebody has one of these grants."""
    effective: dict[str, set[bytes]] = {}
    for granted_by, terms in {(grant.granted_by, grant.terms) for grant in grants if grant.terms}:
        effective.setdefault(setting_of(granted_by), set()).add(terms)
    found: dict[str, set[Statement]] = {}
    for by, document in _documents(state):
        if by in effective:
            allowed = read_statements(document, "Allow", state.account)
            found.setdefault(by, set()).update(each for each in allowed if each.mark in effective[by])
    yield from (PolicyStatements(by, tuple(sorted(statements))) for by, statements in found.items())


def _documents(state: State) -> Iterator[tuple[str, Any]]:
    yield parts.POLICY, parse_policy(state.policy)
    yield from ((by, parse_policy(point.policy)) for by, point in access_points(state))

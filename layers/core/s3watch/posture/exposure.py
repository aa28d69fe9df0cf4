"""Who effectively gets into a bucket: its settings evaluated together, as S3 does when a request comes.

Policies, access control lists, access points and replication open; Block Public Access, ownership controls
and a bucket policy that does not go along with its access point make that void.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct

from s3watch.posture import permissions, policy
from s3watch.posture.acl import find_permissions
from s3watch.posture.bucket_state import ACL, ENFORCED, POLICY, REPLICATION, AccessPoint, State
from s3watch.posture.policy import EVERYBODY

MOST = 500  # openings kept: a policy of 20 KB holds fewer, thousands of access points could bring more

_NAMES = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"\d{12}", "account"),
        (r"o-[a-z0-9]+", "organization"),
        (r"[0-9a-f]{64}", "canonical user"),
        (r"vpce?-[0-9a-f]+|[0-9a-fA-F.:]+(/\d+)?", "whoever comes from"),
    )
)


class Opening(Struct, frozen=True, order=True):
    """One thing that somebody outside the owner's account may do."""

    who: str  # EVERYBODY, an account, an organization, ... (policy.find_grantees), or a place
    verb: str
    by: str


class Posture(Struct, frozen=True, omit_defaults=True):
    """To whom a bucket is open; each tuple is sorted."""

    openings: tuple[Opening, ...] = ()
    void: tuple[Opening, ...] = ()  # granted, but without effect
    unread: tuple[str, ...] = ()

    @property
    def public(self) -> bool:
        """Whether everybody gets in."""
        return any(opening.who == EVERYBODY for opening in self.openings)


def evaluate(state: State) -> Posture:
    """Say to whom a bucket is effectively open."""
    document = _parse(state.policy)
    restricted = state.blocked.restrict_public_buckets and _is_public(document, state)
    granted = [(opening, not restricted) for opening in _by_policy(document, state)]
    granted += [(opening, _counts(opening, state, restricted=restricted)) for opening in _by_acl(state)]
    for point in state.access_points:
        granted += _by_access_point(point, document, state, restricted=restricted)
    granted += [(opening, True) for opening in _by_replication(state)]
    abroad = [(opening, effective) for opening, effective in granted if opening.who != state.account]
    openings = {opening for opening, effective in abroad if effective}
    return Posture(
        tuple(sorted(openings)[:MOST]),
        tuple(sorted({opening for opening, _ in abroad} - openings)[:MOST]),
        state.unread,
    )


def _parse(text: str) -> Any:
    try:
        return json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {}  # S3 stores no policy that is not JSON


def _is_public(document: Any, state: State) -> bool:
    """What Block Public Access goes by: AWS's own word, or ours where it gave none."""
    if state.policy_public is not None:
        return state.policy_public
    return EVERYBODY in policy.find_grantees(document)


def _by_policy(document: Any, state: State) -> Iterator[Opening]:
    yield from _by_document(document, POLICY)
    if state.policy_public and EVERYBODY not in policy.find_grantees(document):
        yield Opening(EVERYBODY, permissions.REACH, f"{POLICY}, which AWS calls public")


def _by_document(document: Any, by: str) -> Iterator[Opening]:
    for who, statement in (*policy.find_grants(document), *policy.find_places(document)):
        for verb in permissions.of_statement(statement):
            yield Opening(who, verb, by)


def _by_acl(state: State) -> Iterator[Opening]:
    for who, permission in find_permissions(state.acl):
        for verb in permissions.of_permission(permission):
            yield Opening(who, verb, ACL)


def _counts(opening: Opening, state: State, *, restricted: bool) -> bool:
    """Tell whether a grant of the list has effect; a restricted bucket shuts out other accounts as well."""
    if state.ownership == ENFORCED or restricted:
        return False
    return opening.who != EVERYBODY or not state.blocked.ignore_public_acls


def _by_access_point(
    point: AccessPoint, bucket_policy: Any, state: State, *, restricted: bool
) -> Iterator[tuple[Opening, bool]]:
    """Tell whom an access point lets in; both its policy and the bucket's have to allow it."""
    document = _parse(point.policy)
    grantees, behind = policy.find_grantees(document), policy.find_grantees(bucket_policy)
    shut = restricted or (
        (state.blocked | point.block).restrict_public_buckets
        and EVERYBODY in grantees
        and not point.only_from_vpc
    )
    for opening in _by_document(document, f"access point {point.name}"):
        allowed = policy.delegates(bucket_policy) or {opening.who, EVERYBODY} & behind
        reachable = opening.who != EVERYBODY or not point.only_from_vpc
        yield opening, bool(allowed) and reachable and not shut


def _by_replication(state: State) -> Iterator[Opening]:
    """Copies go to another bucket; whose it is, only its account tells, where the rule names that."""
    for copies in state.copies:
        if copies.account != state.account:
            whose = f" of account {copies.account}" if copies.account else ""
            yield Opening(f"s3://{copies.bucket}{whose}", permissions.COPY, REPLICATION)


def describe(openings: Iterable[Opening], remark: str = "") -> list[str]:
    """Say openings in words, everybody first: `everyone may read and list (bucket policy)`."""
    verbs: dict[tuple[bool, str, str], set[str]] = {}
    for opening in openings:
        key = (opening.who != EVERYBODY, opening.who, opening.by)
        verbs.setdefault(key, set()).add(opening.verb)
    return [
        f"{name(who)} may {_joined(permissions.in_order(may))} ({by}{remark})"
        for (_, who, by), may in sorted(verbs.items())
    ]


def name(who: str) -> str:
    """Name a grantee in words."""
    if who == EVERYBODY:
        return "everyone"
    for pattern, words in _NAMES:
        if pattern.fullmatch(who):
            return f"{words} {who}"
    return who


def _joined(words: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))

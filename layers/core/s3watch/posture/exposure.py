"""Evaluates who effectively has access to a bucket: all its settings together, as S3 evaluates a request.

Policies, ACLs, access points and replication grant access. Block Public Access, Object Ownership and a bucket
policy that does not delegate to its access points can make a grant ineffective.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import Struct

from s3watch.posture import permissions, policy
from s3watch.posture.acl import find_grants
from s3watch.posture.bucket_state import ACL, ENFORCED, POLICY, REPLICATION, AccessPoint, State
from s3watch.posture.policy import EVERYBODY

MAX_GRANTS = 500  # grants kept: a policy of 20 KB has fewer, thousands of access points could have more

_NAMES = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"\d{12}", "account"),
        (r"o-[a-z0-9]+", "organization"),
        (r"[0-9a-f]{64}", "canonical user"),
        (r"vpce?-[0-9a-f]+|[0-9a-fA-F.:]+(/\d+)?", "anyone from"),
    )
)


class Grant(Struct, frozen=True, order=True):
    """One thing that a grantee outside the owner's account may do."""

    grantee: str  # EVERYBODY, an account, an organization, ... (policy.find_grantees), a network or a bucket
    verb: str  # of permissions.py
    granted_by: str  # the setting: bucket policy, ACL, access point NAME, replication


class Posture(Struct, frozen=True, omit_defaults=True):
    """Who has access to a bucket from outside its account; each tuple is sorted."""

    grants: tuple[Grant, ...] = ()
    ineffective: tuple[Grant, ...] = ()  # granted, but blocked by other settings
    unread: tuple[str, ...] = ()  # settings that could not be read

    @property
    def public(self) -> bool:
        """Whether everybody has access."""
        return any(grant.grantee == EVERYBODY for grant in self.grants)


def evaluate(state: State) -> Posture:
    """Work out who effectively has access to a bucket."""
    document = _parse(state.policy)
    restricted = state.effective_block.restrict_public_buckets and _is_public(document, state)
    granted = [(grant, not restricted) for grant in _by_policy(document, state)]
    granted += [(grant, _is_effective(grant, state, restricted=restricted)) for grant in _by_acl(state)]
    for point in state.access_points:
        granted += _by_access_point(point, document, state, restricted=restricted)
    granted += [(grant, True) for grant in _by_replication(state)]
    external = [(grant, effective) for grant, effective in granted if grant.grantee != state.account]
    grants = {grant for grant, effective in external if effective}
    return Posture(
        tuple(sorted(grants)[:MAX_GRANTS]),
        tuple(sorted({grant for grant, _ in external} - grants)[:MAX_GRANTS]),
        state.unread,
    )


def _parse(text: str) -> Any:
    try:
        return json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {}  # does not happen: S3 accepts only policies that are JSON


def _is_public(document: Any, state: State) -> bool:
    """Return whether the policy counts as public: what AWS says, or our evaluation if that is not known."""
    if state.policy_public is not None:
        return state.policy_public
    return EVERYBODY in policy.find_grantees(document)


def _by_policy(document: Any, state: State) -> Iterator[Grant]:
    yield from _by_document(document, POLICY)
    if state.policy_public and EVERYBODY not in policy.find_grantees(document):
        yield Grant(EVERYBODY, permissions.REACH, f"{POLICY}, which AWS calls public")


def _by_document(document: Any, by: str) -> Iterator[Grant]:
    for who, statement in (*policy.find_grants(document), *policy.find_network_grants(document)):
        for verb in permissions.allowed_by_statement(statement):
            yield Grant(who, verb, by)


def _by_acl(state: State) -> Iterator[Grant]:
    for who, permission in find_grants(state.acl):
        for verb in permissions.allowed_by_acl_permission(permission):
            yield Grant(who, verb, ACL)


def _is_effective(grant: Grant, state: State, *, restricted: bool) -> bool:
    """Return whether a grant of the ACL is effective; RestrictPublicBuckets blocks other accounts too."""
    if state.ownership == ENFORCED or restricted:
        return False
    return grant.grantee != EVERYBODY or not state.effective_block.ignore_public_acls


def _by_access_point(
    point: AccessPoint, bucket_policy: Any, state: State, *, restricted: bool
) -> Iterator[tuple[Grant, bool]]:
    """Yield the grants of an access point, and whether each is effective.

    The bucket policy must allow the same, or delegate to access points.
    """
    document = _parse(point.policy)
    grantees, bucket_grantees = policy.find_grantees(document), policy.find_grantees(bucket_policy)
    blocked = restricted or (
        (state.effective_block | point.block).restrict_public_buckets
        and EVERYBODY in grantees
        and not point.only_from_vpc
    )
    for grant in _by_document(document, f"access point {point.name}"):
        shared = {grant.grantee, EVERYBODY} & bucket_grantees
        allowed = policy.delegates_to_access_points(bucket_policy) or shared
        reachable = grant.grantee != EVERYBODY or not point.only_from_vpc
        yield grant, bool(allowed) and reachable and not blocked


def _by_replication(state: State) -> Iterator[Grant]:
    """Yield the destinations outside the account; one whose account is not known counts as outside."""
    for target in state.replicates_to:
        if target.account != state.account:
            owner = f" of account {target.account}" if target.account else ""
            yield Grant(f"s3://{target.bucket}{owner}", permissions.COPY, REPLICATION)


def describe(grants: Iterable[Grant], remark: str = "") -> list[str]:
    """Describe grants in words, public ones first: `everyone may read and list (bucket policy)`."""
    verbs: dict[tuple[bool, str, str], set[str]] = {}
    for grant in grants:
        key = (grant.grantee != EVERYBODY, grant.grantee, grant.granted_by)
        verbs.setdefault(key, set()).add(grant.verb)
    return [
        f"{describe_grantee(grantee)} may {_joined(permissions.sort_verbs(may))} ({by}{remark})"
        for (_, grantee, by), may in sorted(verbs.items())
    ]


def describe_grantee(grantee: str) -> str:
    """Describe a grantee in words: `account 111122223333`."""
    if grantee == EVERYBODY:
        return "everyone"
    for pattern, words in _NAMES:
        if pattern.fullmatch(grantee):
            return f"{words} {grantee}"
    return grantee


def _joined(words: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))

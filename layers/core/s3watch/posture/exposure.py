"""Evaluates who effectively has access to a bucket: all its settings together, as S3 evaluates a request.

Policies, ACLs, access points and replication grant access. Block Public Access, Object Ownership and a bucket
policy that does not delegate to its access points can make a grant ineffective.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from typing import Any

from msgspec import Struct

from s3watch.posture import acl, permissions
from s3watch.posture.audiences import ANYONE, NOBODY, Kind, Scope, intersect, unite
from s3watch.posture.bucket_state import (
    ACCESS_GRANTS_POLICY,
    ACCESS_POINTS,
    ACL,
    ENFORCED,
    MULTI_REGION_ACCESS_POINTS,
    POLICY,
    REPLICATION,
    AccessPoint,
    Block,
    State,
)
from s3watch.posture.confinement import Way
from s3watch.posture.elements import account_of, bucket_arns
from s3watch.posture.grantees import EVERYBODY, describe_grantee
from s3watch.posture.policy import (
    PolicyGrant,
    are_public,
    find_grants,
    find_unresolved,
)

# Of each kind: a policy of 20 KB has some 6,000; what is kept for the next review is a digest
MAX_GRANTS = 20_000


class Grant(Struct, frozen=True, order=True):
    """One thing that a grantee outside the owner's account may do."""

    grantee: str  # EVERYBODY, an account, an organization, ... (policy.find_grantees), a network or a bucket
    verb: str  # of permissions.py
    granted_by: str  # the setting: bucket policy, ACL, access point NAME, replication
    places: str = ""  # the objects, if only some


class Posture(Struct, frozen=True, omit_defaults=True):
    """Who has access to a bucket from outside its account; each tuple is sorted."""

    grants: tuple[Grant, ...] = ()
    ineffective: tuple[Grant, ...] = ()  # granted, but blocked by other settings
    unread: tuple[str, ...] = ()  # settings that could not be read
    unresolved: tuple[str, ...] = ()  # ids of principals in policies: deleted, or not visible yet

    @property
    def public(self) -> bool:
        """Whether everybody has access."""
        return any(grant.grantee == EVERYBODY for grant in self.grants)


MEANT_BY_STATUS = "whoever AWS's policy status means"

type Effects = Iterator[tuple[Grant, bool]]  # grants, each with whether it is effective


class _BucketPolicy:
    """The bucket policy, evaluated for requests to the bucket and for those by its access points."""

    def __init__(self, state: State) -> None:
        document = _parse(state.policy) or {}
        self.grants = find_grants(document, state.account)
        by_point = find_grants(document, state.account, Way.BY_ACCESS_POINT)
        self._let_through = {
            verb: unite(grant.audience for grant in by_point if verb in (grant.verb, permissions.OTHER))
            for verb in permissions.ORDER
        }
        self.public = are_public(self.grants)
        self.public_but_for_denials = are_public(find_grants(document, state.account, denied=False))

    def let_through(self, grant: PolicyGrant) -> PolicyGrant:
        """Return what is left of a grant by an access point: the bucket must allow it too."""
        return grant._replace(audience=intersect(grant.audience, self._let_through[grant.verb]))


def evaluate(state: State) -> Posture:
    """Work out who effectively has access to a bucket; a policy that is not JSON counts as not read."""
    bucket = _BucketPolicy(state)
    effects = [*_by_policy(bucket, state), *_by_acl(bucket, state), *_by_replication(state)]
    effects += _by_access_grants(state)
    for by, point in _points(state):
        effects += _by_access_point(by, point, bucket, state)
    own = _own(state)
    external = [(grant, effective) for grant, effective in effects if grant.grantee not in own]
    grants = {grant for grant, effective in external if effective}
    return Posture(
        _bound(grants),
        _bound({grant for grant, _ in external} - grants),
        tuple(dict.fromkeys((*state.unread, *_broken(state)))),
        tuple(sorted(_unresolved(state))),
    )


def _bound(grants: AbstractSet[Grant]) -> tuple[Grant, ...]:
    """Sort grants; those that are too many are one, whose name tells of a change in their number."""
    if len(grants) <= MAX_GRANTS:
        return tuple(sorted(grants))
    kept = heapq.nsmallest(MAX_GRANTS, grants)
    return (
        *kept,
        Grant(f"further grantees, by {len(grants) - MAX_GRANTS:,} grants", permissions.OTHER, "all settings"),
    )


def _parse(text: str) -> Any:
    """Parse a policy; None if it is not JSON. Numbers stay text: they may be account ids, or endless."""
    try:
        return json.loads(text, parse_int=str, parse_float=str) if text else {}
    except (ValueError, RecursionError):
        return None


def _broken(state: State) -> Iterator[str]:
    if _parse(state.policy) is None:
        yield POLICY
    if _parse(state.access_grants_policy) is None:
        yield ACCESS_GRANTS_POLICY
    for part, points in (
        (ACCESS_POINTS, state.access_points),
        (MULTI_REGION_ACCESS_POINTS, state.multi_region_access_points),
    ):
        if any(_parse(point.policy) is None for point in points):
            yield part


def _unresolved(state: State) -> frozenset[str]:
    policies = (state.policy, *(point.policy for _, point in _points(state)))
    return frozenset[str]().union(*(find_unresolved(_parse(policy)) for policy in policies))


def _own(state: State) -> frozenset[str]:
    """Return how policies name the owner of the bucket, and the bucket itself as the source of a call."""
    return bucket_arns(state.bucket) | {state.account, str(state.acl.get("Owner", {}).get("ID"))}


def _restricts(block: Block, status: bool | None, *, everybody: bool) -> bool:
    """Return whether a policy that AWS calls public gives nobody but its owner access.

    Where AWS's word is not known, only what everybody is granted counts as public, since we may be stricter.
    """
    return block.restrict_public_buckets and (everybody if status is None else status)


def _by_policy(bucket: _BucketPolicy, state: State) -> Effects:
    """Yield the grants of the bucket policy; services are not restricted.

    What AWS calls public though we do not is told; as less, if only a Deny makes the difference.
    """
    block, status = state.effective_block, state.policy_public
    for grant in bucket.grants:
        restricted = _restricts(block, status, everybody=grant.audience is None)
        for each in _by_grantee(grant, POLICY):
            yield each, bool(grant.through) or not restricted
    restricted = _restricts(block, status, everybody=True)
    if state.policy_public and not bucket.public_but_for_denials:
        yield Grant(EVERYBODY, permissions.REACH, f"{POLICY}, which AWS calls public"), not restricted
    elif state.policy_public and not bucket.grants:
        yield Grant(MEANT_BY_STATUS, permissions.REACH, POLICY), not restricted


def _by_grantee(grant: PolicyGrant, by: str) -> Iterator[Grant]:
    for grantee in grant.grantees:
        acts = grant.through and grantee not in grant.through.split(", ")
        through = f", through {grant.through}" if acts else ""
        yield Grant(grantee, grant.verb, by + through, grant.places)


def _by_acl(bucket: _BucketPolicy, state: State) -> Effects:
    """Yield the grants of the ACL; RestrictPublicBuckets blocks other accounts too."""
    restricted = _restricts(state.effective_block, state.policy_public, everybody=bucket.public)
    disabled = state.ownership == ENFORCED or restricted
    for who, permission in acl.find_grants(state.acl):
        ignored = who == EVERYBODY and state.effective_block.ignore_public_acls
        for verb in permissions.allowed_by_acl_permission(permission):
            yield Grant(who, verb, ACL), not (disabled or ignored)


def _points(state: State) -> Iterator[tuple[str, AccessPoint]]:
    """Yield the access points of both kinds, each with its name in alerts."""
    yield from ((f"access point {point.name}", point) for point in state.access_points)
    for point in state.multi_region_access_points:
        yield f"Multi-Region Access Point {point.name}", point


def _by_access_point(by: str, point: AccessPoint, bucket: _BucketPolicy, state: State) -> Effects:
    """Yield the grants of an access point, as far as the bucket policy lets them through.

    One that is only reached from a VPC confines everybody to it.
    """
    block = state.effective_block | point.block
    bucket_restricted = _restricts(state.effective_block, state.policy_public, everybody=False)
    for granted in find_grants(_parse(point.policy), state.account, Way.AT_ACCESS_POINT):
        everybody = granted.audience is None and not point.vpc
        restricted = bucket_restricted or _restricts(block, point.policy_public, everybody=everybody)
        grant = _from_vpc(granted, point.vpc)
        let_through = bucket.let_through(grant)
        if let_through != grant:
            yield from ((each, False) for each in _by_grantee(grant, by))
        for each in _by_grantee(let_through, by):
            yield each, bool(grant.through) or not restricted


def _from_vpc(grant: PolicyGrant, vpc: str) -> PolicyGrant:
    if grant.audience is not None or not vpc:
        return grant
    return grant._replace(audience=frozenset({Scope(Kind.NETWORK, vpc)}))


def _by_access_grants(state: State) -> Effects:
    """Yield the accounts that have S3 Access Grants on the bucket.

    The policy of the grants' instance must let them in too; one that could not be read counts as if it did.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-grants-cross-accounts.html
    """
    instance = find_grants(_parse(state.access_grants_policy), state.account)
    known = ACCESS_GRANTS_POLICY not in state.unread
    let_in = unite(grant.audience for grant in instance) if known else ANYONE
    for grant in state.access_grants:
        # Users and groups of the directory have none, and are not outside
        account = account_of(grant.grantee)
        effective = intersect(frozenset({Scope(Kind.ACCOUNT, account)}), let_in) != NOBODY
        for verb in permissions.allowed_by_access_grant(grant.permission) if account else ():
            yield Grant(account, verb, f"access grant on {grant.scope}"), effective


def _by_replication(state: State) -> Effects:
    """Yield the destinations outside the account; one whose account is not known counts as outside."""
    for target in state.replicates_to:
        if target.account != state.account:
            owner = f" of account {target.account}" if target.account else ""
            yield Grant(f"s3://{target.bucket}{owner}", permissions.COPY, REPLICATION), True


def describe(grants: Iterable[Grant], remark: str = "") -> list[str]:
    """Describe grants in words, public ones first: `everyone may read and list (bucket policy)`."""
    verbs: dict[tuple[bool, str, str], set[str]] = {}
    for grant in grants:
        by = f"{grant.granted_by}, {grant.places}" if grant.places else grant.granted_by
        key = (grant.grantee != EVERYBODY, grant.grantee, by)
        verbs.setdefault(key, set()).add(grant.verb)
    return [
        f"{describe_grantee(grantee)} may {_joined(permissions.sort_verbs(may))} ({by}{remark})"
        for (_, grantee, by), may in sorted(verbs.items())
    ]


def _joined(words: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))

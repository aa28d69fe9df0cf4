"""Evaluates who effectively has access to a bucket: all its settings together, as S3 evaluates a request.

Policies, ACLs, access points and replication grant access. Block Public Access, Object Ownership and a bucket
policy that does not delegate to its access points can make a grant ineffective.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from itertools import accumulate

from msgspec.structs import replace

from s3watch.posture import acl, permissions
from s3watch.posture.audiences import ANYONE, NOBODY, Audience, Kind, Scope, intersect, unite
from s3watch.posture.bucket_state import (
    ACCESS_GRANTS_POLICY,
    ACCESS_POINT,
    ACL,
    ENFORCED,
    MULTI_REGION_ACCESS_POINT,
    POLICY,
    REPLICATION,
    AccessPoint,
    Block,
    State,
)
from s3watch.posture.confinement import Way
from s3watch.posture.elements import account_of, bucket_arns
from s3watch.posture.grants import EVERYBODY, Grant, Posture
from s3watch.posture.policy import PolicyGrant, are_public, find_grants
from s3watch.posture.statements.policies import (
    access_points,
    find_allowances,
    find_broken,
    find_denials,
    find_ids,
    named,
    parse_policy,
)

# A policy of 20 KB has some 7,000; what is kept for the next review is a digest.
MAX_GRANTS = 20_000
# Of the policies of all access points together, each with half the bucket's, through which its grants pass.
# The most hostile ones known take less than two seconds (tests/posture/test_hostile_policies.py), and two
# hundred of 4 KB behind a bucket policy of 1 KB are within it.
MOST_CHARACTERS = 1_000_000


MEANT_BY_STATUS = "whoever AWS's policy status means"

type Effects = Iterator[tuple[Grant, bool]]  # grants, each with whether it is effective


class _BucketPolicy:
    """The bucket policy, evaluated for requests to the bucket and for those by its access points."""

    def __init__(self, state: State) -> None:
        document = parse_policy(state.policy) or {}
        self.grants = find_grants(document, state.account)
        by_point = find_grants(document, state.account, Way.BY_ACCESS_POINT)
        self._let_through = {
            verb: _joined([grant for grant in by_point if verb in (grant.verb, permissions.OTHER)])
            for verb in permissions.ORDER
        }
        self.public = are_public(self.grants)
        self.public_but_for_denials = are_public(find_grants(document, state.account, denied=False))

    @property
    def lets_everybody_through(self) -> bool:
        """Whether it allows everybody something by an access point."""
        return any(audience is ANYONE for audience, _ in self._let_through.values())

    def let_through(self, grant: PolicyGrant) -> PolicyGrant:
        """Return what is left of a grant by an access point: the bucket must allow it too."""
        through, checked = self._let_through[grant.verb]
        audience = intersect(grant.audience, through)
        known = (scope for scope in audience or NOBODY if scope in grant.checked or scope in checked)
        return grant._replace(audience=audience, checked=frozenset(known))


def _joined(grants: Sequence[PolicyGrant]) -> tuple[Audience, frozenset[Scope]]:
    """Return the audience of grants together, and who of it are principals."""
    return unite(grant.audience for grant in grants), NOBODY.union(*(grant.checked for grant in grants))


def evaluate(state: State) -> Posture:
    """Work out who effectively has access to a bucket.

    A policy that is not JSON counts as not read, and so does an access point that is too much for one review.
    """
    state, beyond = _limited(state)
    bucket = _BucketPolicy(state)
    effects = [*_by_policy(bucket, state), *_by_acl(bucket, state), *_by_replication(state)]
    effects += _by_access_grants(state)
    for by, point in access_points(state):
        effects += _by_access_point(by, point, bucket, state)
    for by, point in beyond.items():
        effects += _by_verdict(by, point, bucket, state)
    own = _own(state)
    external = [(grant, effective) for grant, effective in effects if grant.grantee not in own]
    grants = _as_principals({grant for grant, effective in external if effective})
    blocked = _bare(grant for grant, effective in external if not effective)
    grantees = {grant.grantee for grant in blocked}
    return Posture(
        _bound(grants),
        _bound(blocked - _bare(grant for grant in grants if grant.grantee in grantees)),
        tuple(dict.fromkeys((*state.unread, *find_broken(state), *beyond))),
        tuple(sorted(find_ids(state))),
        tuple(find_denials(state)),
        tuple(find_allowances(state, grants)),
    )


def _limited(state: State) -> tuple[State, dict[str, AccessPoint]]:
    """Return the state with as many access points as one review evaluates, and the others by name.

    The shortest policies come first: long ones keep no short one from being reviewed.
    """
    points = sorted(access_points(state), key=lambda named: len(named[1].policy))
    sizes = accumulate(len(point.policy) + len(state.policy) // 2 for _, point in points)
    beyond = dict(named for named, size in zip(points, sizes, strict=True) if size > MOST_CHARACTERS)
    if not beyond:
        return state, {}
    kept = tuple(point for by, point in named(ACCESS_POINT, state.access_points) if by not in beyond)
    kept_of_several_regions = tuple(
        point
        for by, point in named(MULTI_REGION_ACCESS_POINT, state.multi_region_access_points)
        if by not in beyond
    )
    return replace(state, access_points=kept, multi_region_access_points=kept_of_several_regions), beyond


def _as_principals(grants: set[Grant]) -> set[Grant]:
    """Return grants in which whoever is a principal of any is one of each."""
    claimed = {grant for grant in grants if grant.claimed}
    checked = {grant.grantee for grant in grants - claimed} if claimed else set[str]()
    known = {grant for grant in claimed if grant.grantee in checked}
    return (grants - known) | {replace(grant, claimed=False) for grant in known} if known else grants


def _bare(grants: Iterable[Grant]) -> set[Grant]:
    """Return grants as they are told, whichever statements they are of."""
    return {Grant(each.grantee, each.verb, each.granted_by, each.places) for each in grants}


def _bound(grants: AbstractSet[Grant]) -> tuple[Grant, ...]:
    """Sort grants; those that are too many are one, whose name tells of a change in their number."""
    if len(grants) <= MAX_GRANTS:
        return tuple(sorted(grants))
    kept = _first([grant for grant in grants if not grant.claimed], MAX_GRANTS)
    if room := MAX_GRANTS - len(kept):
        kept += _first([grant for grant in grants if grant.claimed], room)
    return (
        *kept,
        Grant(f"further grantees, by {len(grants) - MAX_GRANTS:,} grants", permissions.OTHER, "all settings"),
    )


def _first(grants: Sequence[Grant], count: int) -> list[Grant]:
    """Return the first of many grants in their order, in which all of a grantee come together."""
    by_grantee = Counter(grant.grantee for grant in grants)
    grantees = sorted(by_grantee)
    enough = bisect_left(list(accumulate(by_grantee[each] for each in grantees)), count)
    kept = frozenset(grantees[: enough + 1])
    return sorted(grant for grant in grants if grant.grantee in kept)[:count]


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
    claimed = grant.claimed
    for grantee in grant.grantees:
        acts = grant.through and grantee not in grant.through.split(", ")
        through = f", through {grant.through}" if acts else ""
        yield Grant(grantee, grant.verb, by + through, grant.places, grantee in claimed, grant.terms)


def _by_acl(bucket: _BucketPolicy, state: State) -> Effects:
    """Yield the grants of the ACL; RestrictPublicBuckets blocks other accounts too."""
    restricted = _restricts(state.effective_block, state.policy_public, everybody=bucket.public)
    disabled = state.ownership == ENFORCED or restricted
    for who, permission in acl.find_grants(state.acl):
        ignored = who == EVERYBODY and state.effective_block.ignore_public_acls
        for verb in permissions.allowed_by_acl_permission(permission):
            yield Grant(who, verb, ACL), not (disabled or ignored)


def _by_access_point(by: str, point: AccessPoint, bucket: _BucketPolicy, state: State) -> Effects:
    """Yield the grants of an access point, as far as the bucket policy lets them through.

    One that is only reached from a VPC confines everybody to it.
    """
    block = state.effective_block | point.block
    bucket_restricted = _restricts(state.effective_block, state.policy_public, everybody=False)
    for granted in find_grants(parse_policy(point.policy), state.account, Way.AT_ACCESS_POINT):
        everybody = granted.audience is None and not point.vpc
        restricted = bucket_restricted or _restricts(block, point.policy_public, everybody=everybody)
        grant = _from_vpc(granted, point.vpc)
        let_through = bucket.let_through(grant)
        if let_through.audience != grant.audience:
            yield from ((each, False) for each in _by_grantee(grant, by))
        for each in _by_grantee(let_through, by):
            yield each, bool(grant.through) or not restricted


def _from_vpc(grant: PolicyGrant, vpc: str) -> PolicyGrant:
    if grant.audience is not None or not vpc:
        return grant
    return grant._replace(audience=frozenset({Scope(Kind.NETWORK, vpc)}))


def _by_verdict(by: str, point: AccessPoint, bucket: _BucketPolicy, state: State) -> Effects:
    """Yield what AWS calls public of an access point whose policy is not evaluated."""
    if point.policy_public:
        restricted = _restricts(state.effective_block, state.policy_public, everybody=False)
        blocked = restricted or (state.effective_block | point.block).restrict_public_buckets
        reachable = bucket.lets_everybody_through and not (blocked or point.vpc)
        yield Grant(EVERYBODY, permissions.REACH, f"{by}, which AWS calls public"), reachable


def _by_access_grants(state: State) -> Effects:
    """Yield the accounts that have S3 Access Grants on the bucket.

    The policy of the grants' instance must let them in too; one that could not be read counts as if it did.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-grants-cross-accounts.html
    """
    instance = find_grants(parse_policy(state.access_grants_policy), state.account)
    known = ACCESS_GRANTS_POLICY not in state.unread
    let_in = unite(grant.audience for grant in instance) if known else ANYONE
    for grant in state.access_grants:
        # Users and groups of the directory have none, and are not outside
        account = account_of(grant.grantee)
        effective = intersect(frozenset({Scope(Kind.ACCOUNT, account)}), let_in) != NOBODY
        for verb in permissions.allowed_by_access_grant(grant.permission) if account else ():
            yield Grant(account, verb, f"access grant on {grant.scope}"), effective


def _by_replication(state: State) -> Effects:
    """Yield the destinations that are not known as the account's own, whatever account their rules name."""
    for target in state.replicates_to:
        if not target.own:
            owner = f" of account {target.account}" if target.account not in ("", state.account) else ""
            yield Grant(f"s3://{target.bucket}{owner}", permissions.COPY, REPLICATION), True

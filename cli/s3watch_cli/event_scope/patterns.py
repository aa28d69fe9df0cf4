"""The event patterns of a scope, each within the limits of one rule.

`objects` leaves out the plain calls that no detection could match whoever makes them, `unexpected` also those
that none could match because the catalogue expects their callers. All else passes as in the scope `bucket`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal

from s3watch.errors import SettingError
from s3watch.facts.resources import is_access_point
from s3watch.ruleset import Ruleset

from s3watch_cli.event_scope.clauses import ABSENT, NO_TEXT, Clause, Leaf
from s3watch_cli.event_scope.requirements import KEY, NAME, PLAIN_EVENTS, SOURCE, Requirements

Scope = Literal["objects", "unexpected"]

# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
LONGEST = 2048  # characters of a pattern
MOST_RULES = 80  # of the 100 that a bus may have in the smallest Regions
MOST_BRANCHES = 1000  # combinations of a pattern's alternatives
BUCKET, ARN = "requestParameters.bucketName", "resources.ARN"
ISSUER = "userIdentity.sessionContext.sessionIssuer"

type Pattern = dict[str, Any]
type Branch = dict[str, frozenset[Leaf]]  # a member's path, and its values: an alternative of `$or`


def derive(
    ruleset: Ruleset, buckets: Sequence[str], scope: Scope, *, account: str, partition: str = "aws"
) -> list[Pattern]:
    """Return patterns that together pass every event on watched buckets that a detection could match.

    `account` is that of the deployment: expected callers and their buckets are of it. A placeholder may stand
    for it, and for the partition, if it is longer. The rules have to know the buckets (`add_watched`).
    Raises SettingError if there are more patterns than rules.
    """
    plain = [bucket for bucket in sorted(set(buckets)) if not is_access_point(bucket)]
    branches = [*_others(plain, partition)]
    branches += [each for bucket in sorted(set(buckets) - {*plain}) for each in _whole(bucket, partition)]
    for bucket in plain:
        for clause in Requirements(ruleset, bucket, callers=scope == "unexpected").clauses():
            branches += _of_clause(bucket, clause, account)
    patterns = list(_pack(branches))
    if len(patterns) > MOST_RULES:
        what = f"EventScope={scope} takes {len(patterns)} rules of EventBridge, at most {MOST_RULES} are used"
        raise SettingError(f"{what}; deploy with EventScope=bucket, or watch fewer buckets in this stack")
    return patterns


def _others(buckets: Sequence[str], partition: str) -> Iterator[Branch]:
    """Yield what passes whatever the rules are: all that are no plain calls.

    Those are other events, other services, calls without a key, and records whose bucket is in the resources.
    """
    for some in _in_turn(buckets):
        named = frozenset(Leaf("is", bucket) for bucket in some)
        arns = frozenset(Leaf("is", f"arn:{partition}:s3:::{bucket}") for bucket in some)
        yield {BUCKET: named, NAME: _no(*PLAIN_EVENTS)}
        yield {BUCKET: named, "eventSource": _no(SOURCE)}
        yield {BUCKET: named, KEY: frozenset(NO_TEXT)}
        yield {ARN: arns, BUCKET: _no(*some)}


def _whole(bucket: str, partition: str) -> Iterator[Branch]:
    yield {BUCKET: frozenset({Leaf("is", bucket)})}
    yield {ARN: frozenset({Leaf("is", f"arn:{partition}:s3:::{bucket}")})}


def _in_turn(buckets: Sequence[str], most: int = 200) -> Iterator[list[str]]:
    """Yield buckets with few enough characters for the branches that name all of them to fit a pattern."""
    some: list[str] = []
    for bucket in buckets:
        if some and sum(len(each) + 3 for each in (*some, bucket)) > most:
            yield some
            some = []
        some.append(bucket)
    if some:
        yield some


def _of_clause(bucket: str, clause: Clause, account: str) -> Iterator[Branch]:
    members = {**clause.members, BUCKET: frozenset({Leaf("is", bucket)})}
    if not clause.callers:
        yield members
        return
    yield from ({**members, **caller} for caller in _by_others(clause.callers, account))


def _by_others(callers: frozenset[str], account: str) -> Iterator[Branch]:
    """Yield the ways in which a record can show that its caller is none of these, or might be none.

    They are of the bucket owner's account, which the resources name, or else the recipient of the record.
    """
    roles = tuple(sorted(each.removeprefix("role/") for each in callers if each.startswith("role/")))
    users = tuple(sorted(each.removeprefix("user/") for each in callers if each.startswith("user/")))
    for path in ("userIdentity.accountId", "recipientAccountId"):
        yield {path: _no(account)}
    yield {"resources.accountId": frozenset({Leaf("but", (account,))})}
    types = (*(["AssumedRole"] if roles else []), *(["IAMUser"] if users else []))
    yield {"userIdentity.type": _no(*types)}
    if roles:
        role = {"userIdentity.type": frozenset({Leaf("is", "AssumedRole")})} if users else {}
        yield {**role, f"{ISSUER}.userName": _no(*roles)}
        yield {**role, f"{ISSUER}.type": _no("Role")}
    if users:
        user = {"userIdentity.type": frozenset({Leaf("is", "IAMUser")})} if roles else {}
        yield {**user, "userIdentity.userName": _no(*users)}


def _no(*values: str) -> frozenset[Leaf]:
    return frozenset({Leaf("but", values), ABSENT})


def _pack(branches: Iterable[Branch]) -> Iterator[Pattern]:
    """Yield patterns of as many branches as fit; neighbours share the members that they have in common."""
    some: list[Branch] = []
    for branch in (part for each in branches for part in _fitting(each)):
        if some and not _fits([*some, branch]):
            yield _write(some)
            some = []
        some.append(branch)
    if some:
        yield _write(some)


def _fitting(branch: Branch) -> Iterator[Branch]:
    """Split a branch by the values of its longest member until it fits; what cannot be split is widened."""
    if _fits([branch]):
        yield branch
        return
    path = max(branch, key=lambda each: (len(branch[each]), each))
    values = sorted(branch[path], key=repr)
    if len(values) == 1:
        path = max(branch, key=lambda each: len(json.dumps([leaf.write() for leaf in branch[each]])))
        yield {name: leaves for name, leaves in branch.items() if name != path}
        return
    for part in (values[: len(values) // 2], values[len(values) // 2 :]):
        yield from _fitting({**branch, path: frozenset(part)})


def _fits(branches: Sequence[Branch]) -> bool:
    return len(branches) <= MOST_BRANCHES and length(_write(branches)) <= LONGEST


def length(pattern: Pattern) -> int:
    """Return the number of characters of a pattern as it is deployed."""
    return len(json.dumps(pattern, separators=(",", ":"), ensure_ascii=False))


def _write(branches: Sequence[Branch]) -> Pattern:
    common = {
        path: leaves
        for path, leaves in branches[0].items()
        if all(branch.get(path) == leaves for branch in branches)
    }
    detail = _nest(common)
    if len(branches) > 1:
        rest = ({path: each for path, each in branch.items() if path not in common} for branch in branches)
        detail["$or"] = [_nest(branch) for branch in rest]
    return {
        "source": ["aws.s3", "aws.s3express"],
        "detail-type": ["AWS API Call via CloudTrail", "AWS Service Event via CloudTrail"],
        "detail": detail,
    }


def _nest(branch: Branch) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for path, leaves in sorted(branch.items()):
        *parents, name = path.split(".")
        at = found
        for parent in parents:
            at = at.setdefault(parent, {})
        at[name] = [leaf.write() for leaf in sorted(leaves, key=repr)]
    return found

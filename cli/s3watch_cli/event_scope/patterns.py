"""The event patterns of a scope, each within the limits of one rule.

`objects` leaves out the plain calls that no detection could match whoever makes them, `unexpected` also those
that none could match because the catalogue expects their callers. All else passes as in the scope `bucket`.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, islice
from typing import Any, Literal

from s3watch.errors import SettingError
from s3watch.facts.resources import is_access_point
from s3watch.ruleset import Ruleset
from s3watch.text import count

from s3watch_cli.event_scope.clauses import ABSENT, NO_TEXT, Clause, Clauses, Leaf, both, either, where
from s3watch_cli.event_scope.parameters import Home, of_other_owners
from s3watch_cli.event_scope.requirements import KEY, NAME, ON_OBJECTS, PLAIN_CALLS, SOURCE, Requirements

Scope = Literal["objects", "unexpected"]

# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
LONGEST = 2048  # characters of a pattern
MOST_RULES = 45  # of the 100 of a bus in the smallest Regions: an update has old and new ones at once
MOST_NAMED = 600  # characters of names in one branch: a role's has 64 at most, and there are users besides
MOST_BRANCHES = 1000  # combinations of a pattern's alternatives
BUCKET, ARN = "requestParameters.bucketName", "resources.ARN"
ISSUER = "userIdentity.sessionContext.sessionIssuer"

type Pattern = dict[str, Any]
type Branch = dict[str, frozenset[Leaf]]  # a member's path, and its values: an alternative of `$or`
type Bundle = list[Branch]  # that have most of their members in common, and are best kept in one pattern


@dataclass(frozen=True, slots=True)
class Derived:
    """The patterns of a scope, and the buckets that they pass whole because that needs fewer patterns."""

    patterns: list[Pattern]
    whole: tuple[str, ...] = ()


def derive(ruleset: Ruleset, buckets: Iterable[str], scope: Scope, home: Home) -> Derived:
    """Return patterns that together pass every event on watched buckets that a detection could match.

    Expected callers and their buckets are of the account where the patterns are deployed. The rules have to
    know the buckets (`add_watched`). Raises SettingError if the buckets are too many for all rules of a bus.
    """
    plain = {
        bucket: _of_bucket(ruleset, bucket, scope, home)
        for bucket in sorted(set(buckets))
        if not is_access_point(bucket)
    }
    points = sorted(set(buckets) - plain.keys())
    largest = sorted(plain, key=lambda bucket: (-_size(plain[bucket]), bucket))

    def with_whole(number: int) -> Derived:
        whole = sorted([*points, *largest[:number]])
        narrowed = {bucket: plain[bucket] for bucket in sorted(largest[number:])}
        return Derived(_patterns(narrowed, whole, home), tuple(whole))

    fewest = bisect_left(range(len(plain)), True, key=lambda n: len(with_whole(n).patterns) <= MOST_RULES)
    derived = with_whole(fewest)
    if len(derived.patterns) > MOST_RULES:
        buckets = count(len(plain) + len(points), "bucket")
        raise SettingError(
            f"EventScope={scope} takes more than {MOST_RULES} rules for {buckets};"
            " choose EventScope=bucket, or watch fewer buckets in this stack"
        )
    return derived


def _patterns(narrowed: dict[str, Clauses], whole: Sequence[str], home: Home) -> list[Pattern]:
    """Return the patterns, or as many as are too many."""
    clauses = either(chain.from_iterable(narrowed.values()))  # joins what is the same for several buckets
    branches = chain(_others([*narrowed], home.partition), _whole(whole, home.partition))
    bundles = chain(
        ([branch] for branch in branches), (_of_clause(clause, home.account) for clause in clauses)
    )
    return list(islice(_pack(bundles), MOST_RULES + 1))


def _size(clauses: Clauses) -> int:
    return sum(len(leaves) for clause in clauses for leaves in clause.members.values())


def _others(buckets: Sequence[str], partition: str) -> Iterator[Branch]:
    """Yield what passes whatever the rules are: all that are no plain calls.

    Those are other events and services, objects without a key, and what names its bucket in the resources.
    """
    for some in _in_turn(buckets):
        named = _is(*some)
        yield {BUCKET: named, NAME: _no(*(name for calls in PLAIN_CALLS for name in calls.names))}
        yield {BUCKET: named, "eventSource": _no(SOURCE)}
        yield {BUCKET: named, KEY: frozenset(NO_TEXT), NAME: _is(*ON_OBJECTS.names)}
        yield {ARN: _arns(some, partition), BUCKET: _no(*some)}


def _whole(buckets: Sequence[str], partition: str) -> Iterator[Branch]:
    for some in _in_turn(buckets):
        yield {BUCKET: _is(*some)}
        yield {ARN: _arns(some, partition)}


def _arns(buckets: Iterable[str], partition: str) -> frozenset[Leaf]:
    return _is(*(f"arn:{partition}:s3:::{bucket}" for bucket in buckets))


def _of_bucket(ruleset: Ruleset, bucket: str, scope: Scope, home: Home) -> Clauses:
    """Return the clauses of all plain calls on a bucket."""
    named = where(BUCKET, [Leaf("is", bucket)])
    kinds = (
        Requirements(ruleset, bucket, calls, home, callers=scope == "unexpected") for calls in PLAIN_CALLS
    )
    return tuple(clause for kind in kinds for each in kind.clauses() for clause in both((each,), named))


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


def _of_clause(clause: Clause, account: str) -> Bundle:
    if not clause.callers:
        return [dict(clause.members)]
    return [{**clause.members, **caller} for caller in _by_others(clause.callers, account)]


def _by_others(callers: frozenset[str], account: str) -> Iterator[Branch]:
    """Yield the ways in which a record can show that its caller is none of these, or might be none.

    They are of the bucket owner's account, which the resources name, or else the recipient of the record.
    """
    roles, users = _names(callers, "role/"), _names(callers, "user/")
    yield {"userIdentity.accountId": _no(account)}
    yield from (dict(clause.members) for clause in of_other_owners(account))
    types = (*(["AssumedRole"] if roles else []), *(["IAMUser"] if users else []))
    yield {"userIdentity.type": _no(*types)}
    if roles:
        role = {"userIdentity.type": _is("AssumedRole")} if users else {}
        yield {**role, f"{ISSUER}.userName": _no(*roles)}
        yield {**role, f"{ISSUER}.type": _no("Role")}
    if users:
        user = {"userIdentity.type": _is("IAMUser")} if roles else {}
        yield {**user, "userIdentity.userName": _no(*users)}


def _names(callers: Iterable[str], kind: str) -> tuple[str, ...]:
    """Return the names of one kind of caller, as many as fit a pattern; calls of the others pass."""
    names = sorted(each.removeprefix(kind) for each in callers if each.startswith(kind))
    ends = accumulate(len(name) + len('"",') for name in names)
    return tuple(name for name, end in zip(names, ends, strict=True) if end <= MOST_NAMED)


def _is(*values: str) -> frozenset[Leaf]:
    return frozenset(Leaf("is", value) for value in values)


def _no(*values: str) -> frozenset[Leaf]:
    return frozenset({Leaf("but", values), ABSENT})


def _pack(bundles: Iterable[Bundle]) -> Iterator[Pattern]:
    """Yield patterns of as many branches as fit; neighbours share the members that they have in common."""
    some: Bundle = []
    for bundle in (part for each in bundles for part in _fitting(each)):
        if some and not _fits([*some, *bundle]):
            yield _write(some)
            some = []
        some = [*some, *bundle]
    if some:
        yield _write(some)


def _fitting(bundle: Bundle) -> Iterator[Bundle]:
    """Split a bundle until it fits a pattern, by the values of its longest member or into its branches.

    What cannot be split is widened: its longest member is left out.
    """
    common = _common(bundle)
    longest = max(common, key=lambda path: (len(common[path]), path))
    values = sorted(common[longest], key=repr)
    if _fits(bundle):
        yield bundle
    elif len(values) > 1:
        for part in (values[: len(values) // 2], values[len(values) // 2 :]):
            yield from _fitting([{**branch, longest: frozenset(part)} for branch in bundle])
    elif len(bundle) > 1:
        yield from (part for branch in bundle for part in _fitting([branch]))
    else:
        (branch,) = bundle
        longest = max(branch, key=lambda path: len(json.dumps([leaf.write() for leaf in branch[path]])))
        yield from _fitting([{path: leaves for path, leaves in branch.items() if path != longest}])


def _common(bundle: Bundle) -> Branch:
    return {
        path: leaves
        for path, leaves in bundle[0].items()
        if all(branch.get(path) == leaves for branch in bundle)
    }


def _fits(branches: Bundle) -> bool:
    return len(branches) <= MOST_BRANCHES and length(_write(branches)) <= LONGEST


def length(pattern: Pattern) -> int:
    """Return the number of characters of a pattern as it is deployed."""
    return len(json.dumps(pattern, separators=(",", ":")))


def _write(branches: Bundle) -> Pattern:
    common = _common(branches)
    detail = _nest(common)
    rest = [{path: each for path, each in branch.items() if path not in common} for branch in branches]
    if all(rest):  # else one of them is true wherever another is
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

"""The event patterns of a scope, each within the limits of one rule.

`objects` leaves out the plain calls that no detection could match whoever makes them, `unexpected` also those
that none could match because the catalogue expects their callers. All else passes as in the scope `bucket`.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Literal

from s3watch.errors import SettingError
from s3watch.facts.resources import is_access_point
from s3watch.ruleset import Ruleset
from s3watch.text import count

from s3watch_cli.event_scope.callers import by_others, names_callers
from s3watch_cli.event_scope.clauses import (
    NO_TEXT,
    Clause,
    Clauses,
    Leaf,
    both,
    is_any,
    is_none,
    joined_by,
    where,
)
from s3watch_cli.event_scope.parameters import Home
from s3watch_cli.event_scope.requirements import (
    ERROR,
    KEY,
    NAME,
    ON_OBJECTS,
    PLAIN_CALLS,
    SOURCE,
    Requirements,
)

Scope = Literal["objects", "unexpected"]

# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
LONGEST = 2048  # characters of a pattern
MOST_RULES = 45  # of the 100 of a bus in the smallest Regions: an update has old and new ones at once
MOST_BRANCHES = 1000  # combinations of a pattern's alternatives
BUCKET, ARN = "requestParameters.bucketName", "resources.ARN"

type Pattern = dict[str, Any]
type Branch = dict[str, frozenset[Leaf]]  # a member's path, and its values: an alternative of `$or`
type Bundle = list[Branch]  # that have most of their members in common, and are best kept in one pattern


@dataclass(frozen=True, slots=True)
class Derived:
    """The patterns of a scope, and the buckets that they pass whole because that needs fewer patterns."""

    patterns: list[Pattern]
    whole: tuple[str, ...] = ()


def derive(
    ruleset: Ruleset, buckets: Collection[str], scope: Scope, home: Home, *, most: int = MOST_RULES
) -> Derived:
    """Return patterns that together pass every event on watched buckets that a detection could match.

    Where these are too many, keys are left out of what is rare anyway, then the largest buckets are whole.
    Expected callers and their buckets are of the account where the patterns are deployed. The rules have to
    know the buckets (`add_watched`). Raises SettingError if there are more patterns than the most even so.
    """
    points = sorted({bucket for bucket in buckets if is_access_point(bucket)})
    plain = {each: _of_bucket(ruleset, each, scope, home) for each in sorted({*buckets} - {*points})}
    largest = sorted(plain, key=lambda bucket: (-_size(plain[bucket]), bucket))

    def with_whole(number: int, *, loose: bool = True) -> Derived:
        whole = sorted([*points, *largest[:number]])
        narrowed = {bucket: plain[bucket] for bucket in sorted(largest[number:])}
        found = _patterns(narrowed, whole, home, loose=loose)
        return Derived(list(islice(found, most + 1)), tuple(whole))

    exact = with_whole(0, loose=False)
    if len(exact.patterns) <= most:
        return exact
    fewest = bisect_left(range(len(plain)), True, key=lambda n: len(with_whole(n).patterns) <= most)
    derived = with_whole(fewest)
    if len(derived.patterns) > most:
        told = f"EventScope={scope} takes more than {most} rules for {count(len({*buckets}), 'bucket')}"
        raise SettingError(f"{told}; choose EventScope=bucket, or watch fewer buckets in this stack")
    return derived


def _patterns(
    narrowed: dict[str, Clauses], whole: Sequence[str], home: Home, *, loose: bool
) -> Iterator[Pattern]:
    clauses = [each for one in narrowed.values() for clause in one for each in _expand(clause, home)]
    if loose:
        clauses = list(map(_loosen, clauses))
    for path in (KEY, BUCKET, NAME, ERROR):
        clauses = joined_by(clauses, path)
    branches = chain(_others([*narrowed], home.partition), _whole(whole, home.partition))
    alike = sorted((clause.members for clause in clauses), key=_alike)
    return _pack([dict(branch)] for branch in chain(branches, alike))


def _expand(clause: Clause, home: Home) -> Iterator[Clause]:
    """Yield the alternatives of a clause about other callers than some; without callers, itself."""
    if not clause.callers:
        yield clause
        return
    for others in by_others(clause.callers, home.account):
        yield Clause({**clause.members, **others.members})


def _loosen(clause: Clause) -> Clause:
    """Leave out the keys where something else is asked for, which is rare and the same for many buckets."""
    if names_callers(clause) or clause.members.keys() <= {BUCKET, KEY, NAME, ERROR}:
        return clause
    return Clause({path: leaves for path, leaves in clause.members.items() if path != KEY})


def _alike(members: Mapping[str, frozenset[Leaf]]) -> tuple[Any, ...]:
    """Return what branches are sorted by: those that have most in common stand next to each other."""
    written = {path: sorted(map(repr, leaves)) for path, leaves in members.items()}
    first = [written.pop(path, []) for path in (ERROR, NAME, BUCKET)]
    return (*first, sorted(written.items()))


def _size(clauses: Clauses) -> int:
    return sum(len(leaves) for clause in clauses for leaves in clause.members.values())


def _others(buckets: Sequence[str], partition: str) -> Iterator[Branch]:
    """Yield what passes whatever the rules are: all that are no plain calls.

    Those are other events and services, objects without a key, and what names its bucket in the resources.
    """
    for some in _in_turn(buckets):
        named = is_any(*some)
        yield {BUCKET: named, NAME: is_none(*(name for calls in PLAIN_CALLS for name in calls.names))}
        yield {BUCKET: named, "eventSource": is_none(SOURCE)}
        yield {BUCKET: named, KEY: frozenset(NO_TEXT), NAME: is_any(*ON_OBJECTS.names)}
        yield {ARN: _arns(some, partition), BUCKET: is_none(*some)}


def _whole(buckets: Sequence[str], partition: str) -> Iterator[Branch]:
    for some in _in_turn(buckets):
        yield {BUCKET: is_any(*some)}
        yield {ARN: _arns(some, partition)}


def _arns(buckets: Iterable[str], partition: str) -> frozenset[Leaf]:
    return is_any(*(f"arn:{partition}:s3:::{bucket}" for bucket in buckets))


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

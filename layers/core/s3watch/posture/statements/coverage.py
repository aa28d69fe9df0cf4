"""Compares statements of one effect with others, for what these do not cover: what is no longer denied.

A statement is covered if one says at least as much, or several do that differ from it in one element only,
as after it was split by actions. Where that can not be worked out, it counts as not covered: better to report
too much.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from ipaddress import ip_network
from itertools import chain
from typing import NamedTuple

from s3watch.globs import Test
from s3watch.posture.elements import account_of
from s3watch.posture.principals import is_unresolved
from s3watch.posture.statements.narrowing import are_apart, include, widen
from s3watch.posture.statements.statement import NEGATED, Condition, Names, Statement

EVERYBODY = "aws:*"
# Of names before and after, each with all characters of the other side: the slowest known takes 40 ms.
_MOST_WORK = 3_000_000
# What all of a bucket or access point is called: its own ARN and that of what is in it, or both in one.
_WHOLE = re.compile(r"\*|arn:[^/?*]*\*")
_IN_IT = ("/*", "/object/*")
_ALL_ACTIONS = ("*", "s3:*")  # a policy of S3 denies none of other services


class _Range(NamedTuple):
    """The addresses of a network."""

    version: int
    first: int
    last: int


type Compile = Callable[[str], Test]
type Missing = frozenset[str]  # names of one element that a statement does not cover


def find_uncovered(before: Sequence[Statement], now: Sequence[Statement]) -> list[Statement]:
    """Return the statements before that deny something which those of now do not."""
    meanings = {each.meaning for each in now}
    changed = [each for each in before if each.meaning not in meanings and not each.is_about_nobody]
    if not changed or _work(changed, now) > _MOST_WORK:
        return changed
    in_force = [_InForce(each) for each in meanings]
    return [each for each in changed if not _is_covered(each.meaning, in_force)]


def _work(before: Iterable[Statement], now: Iterable[Statement]) -> int:
    ours, theirs = ([len(text) + 1 for each in side for text in _texts(each)] for side in (before, now))
    return len(ours) * sum(theirs) + len(theirs) * sum(ours)


def _texts(statement: Statement) -> Iterator[str]:
    yield from chain(statement.principals.texts, statement.actions.texts, statement.resources.texts)
    for condition in statement.conditions:
        yield from (condition.key, *condition.values)


class _InForce:
    """A statement of now, which may cover statements before."""

    def __init__(self, statement: Statement) -> None:
        self._conditions = statement.conditions
        principals, actions, resources = statement.principals, statement.actions, statement.resources
        self._elements = (
            _Element(principals, _include_principal, whole=EVERYBODY in principals.texts),
            _Element(actions, _include_action, whole=any(each in actions.texts for each in _ALL_ACTIONS)),
            _Element(resources, _include_text, whole=_are_whole(resources.texts)),
        )

    def missing(self, denial: Statement) -> tuple[Missing, ...] | None:
        """Return what it leaves of each element of a denial; None if it does not deny whenever that did."""
        if not all(any(_implies(each, ours) for each in denial.conditions) for ours in self._conditions):
            return None
        elements = (denial.principals, denial.actions, denial.resources)
        left = [ours.missing(theirs) for ours, theirs in zip(self._elements, elements, strict=True)]
        return None if None in left else tuple(each for each in left if each is not None)


class _Element:
    """What an element of a statement of now covers."""

    def __init__(self, names: Names, compile_name: Compile, *, whole: bool) -> None:
        self._names, self._compile = names, compile_name
        self._whole = whole and not names.excepted
        self._tests = [compile_name(text) for text in names.texts]

    def missing(self, names: Names) -> Missing | None:
        """Return what it does not cover of what an element before named; None if it is nothing of it."""
        if self._whole:
            return frozenset()
        if names.excepted:
            return frozenset() if self._excepts_no_more_than(names) else None
        covers = self._spares_nothing_of if self._names.excepted else self._names_all_of
        return frozenset(text for text in names.texts if not covers(text))

    def _names_all_of(self, text: str) -> bool:
        return any(covers(text) for covers in self._tests)

    def _spares_nothing_of(self, text: str) -> bool:
        spares = self._compile(text)
        apart = (are_apart(widen(text), widen(each)) and not spares(each) for each in self._names.texts)
        return all(apart) and not self._names_all_of(text)

    def _excepts_no_more_than(self, names: Names) -> bool:
        tests = [self._compile(text) for text in names.texts]
        return self._names.excepted and all(
            any(covers(text) for covers in tests) for text in self._names.texts
        )


def _is_covered(denial: Statement, in_force: Iterable[_InForce]) -> bool:
    missing = [left for each in in_force if (left := each.missing(denial)) is not None]
    return any(_are_together(element, missing) for element in range(3))


def _are_together(element: int, missing: Iterable[tuple[Missing, ...]]) -> bool:
    """Return whether statements that cover all other elements cover this one together."""
    parts = [left[element] for left in missing if not any(left[:element] + left[element + 1 :])]
    return bool(parts) and not frozenset.intersection(*parts)


def _include_principal(name: str) -> Test:
    """Compile a test of principals: an account has all of its users and roles in it.

    Those before that are shown by an id are deleted, and nobody.
    """
    kind, _, value = name.partition(":")

    def test(text: str) -> bool:
        kind_of_text, _, other = text.partition(":")
        if name in (EVERYBODY, text) or (kind == kind_of_text and value == "*"):
            return True
        return kind == kind_of_text == "aws" and (is_unresolved(other) or account_of(other) == value)

    return test


def _include_action(pattern: str) -> Test:
    covers = include(pattern)
    return lambda text: covers(text) or {pattern, text} == {*_ALL_ACTIONS}


def _include_text(pattern: str) -> Test:
    """Compile a test of texts with variables: another one covers them if it does whatever stands for them."""
    covers = include(pattern)
    return lambda text: text == pattern or covers(widen(text))


def _are_whole(resources: Collection[str]) -> bool:
    """Return whether resources are all of the bucket or access point: S3 takes no other in its policy."""
    named = set(resources)
    return any(_WHOLE.fullmatch(text) or any(text + end in named for end in _IN_IT) for text in resources)


def _implies(before: Condition, now: Condition) -> bool:
    """Return whether a condition of now holds whenever one before did."""
    if (before.comparison, before.key, before.quantifier) != (now.comparison, now.key, now.quantifier):
        return False
    if before.without_key and not now.without_key:
        return False
    if before.comparison in NEGATED:
        return _are_among(now.values, before.values, before.comparison)
    return _are_among(before.values, now.values, before.comparison)


def _are_among(values: Iterable[str], wider: Iterable[str], comparison: str) -> bool:
    """Return whether each of the values is one of others, or narrower than one."""
    compile_value = _COMPARISONS.get(comparison, _equals)
    tests = [compile_value(each) for each in wider]
    return all(any(covers(value) for covers in tests) for value in values)


def _equals(text: str) -> Test:
    return text.__eq__


def _include_arn(pattern: str) -> Test:
    """Compile a test of ARNs, of which each of the six parts is compared by itself."""
    parts = [_include_text(part) for part in pattern.split(":", 5)]

    def test(text: str) -> bool:
        others = text.split(":", 5)
        return len(parts) == len(others) and all(
            covers(part) for covers, part in zip(parts, others, strict=True)
        )

    return test


def _include_network(text: str) -> Test:
    wide = _range(text)

    def test(other: str) -> bool:
        narrow = _range(other)
        if wide is None or narrow is None:
            return text == other
        return wide.version == narrow.version and wide.first <= narrow.first and narrow.last <= wide.last

    return test


@lru_cache(maxsize=2048)  # as many as two policies may name
def _range(text: str) -> _Range | None:
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return None
    return _Range(network.version, int(network.network_address), int(network.broadcast_address))


def _include_number(sign: int) -> Compile:
    """Compile a test of limits: less than 1.1 is less than 1.2 too, and more than 2 more than 1."""

    def compile_number(limit: str) -> Test:
        return lambda text: text == limit or _number(text) * sign <= _number(limit) * sign

    return compile_number


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


_COMPARISONS: dict[str, Compile] = {  # of all others the values are equal or not
    "stringlike": _include_text,
    "stringnotlike": _include_text,
    "arnlike": _include_arn,
    "arnnotlike": _include_arn,
    "ipaddress": _include_network,
    "notipaddress": _include_network,
    "numericlessthan": _include_number(1),
    "numericlessthanequals": _include_number(1),
    "numericgreaterthan": _include_number(-1),
    "numericgreaterthanequals": _include_number(-1),
}

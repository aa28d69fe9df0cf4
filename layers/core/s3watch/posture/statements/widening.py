"""Finds what Allow statements let somebody do that those before did not: more, or under fewer conditions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from s3watch.posture.grants import EVERYBODY, Grant
from s3watch.posture.marks import setting_of
from s3watch.posture.principals import name_grantees
from s3watch.posture.statements.coverage import find_uncovered
from s3watch.posture.statements.kept import Kept
from s3watch.posture.statements.statement import PolicyStatements, Statement

type _Key = tuple[str, bytes]  # a policy, and the mark of a statement

_ALL = frozenset({EVERYBODY})  # of a statement, all whom it lets in


class Gain(NamedTuple):
    """An Allow statement of a policy that allows more, for one of its principals."""

    policy: str
    statement: Statement | None  # None if those before were not kept in full, and any of them may allow more
    before: Statement | None = None  # what is closest to it of those before
    terms: bytes = b""  # the mark of the statement with all its principals

    @property
    def mark(self) -> str:
        """What tells it from any other gain."""
        return f"{self.policy} {self.statement.mark.hex() if self.statement else ''}"


def find_gains(kept: Kept, found: Iterable[PolicyStatements]) -> Iterator[Gain]:
    """Yield what policies allow now that they did not; nothing of those of which nothing was kept.

    Whom these let in is told by their grants: all of them are new, or an earlier version kept no statements.
    """
    for policy in found:
        if before := kept.statements_of(policy.policy):
            yield from _find_gains(policy, before)
        elif kept.is_changed(policy):
            yield Gain(policy.policy, None)


def _find_gains(policy: PolicyStatements, before: Sequence[Statement]) -> Iterator[Gain]:
    same = {each.meaning for each in before}
    changed = [each for each in policy.statements if each.meaning not in same]
    known = {each.meaning for statement in before for each in statement.by_principal()} if changed else set()
    for statement in changed:
        each_of = [each for each in statement.by_principal() if each.meaning not in known]
        for each in find_uncovered(each_of, before):
            yield Gain(policy.policy, each, _closest(each, before), statement.mark)


def find_gaining(gains: Iterable[Gain], grants: Iterable[Grant]) -> tuple[Grant, ...]:
    """Return the grants by which somebody gains: of the principals that do, or all that a statement makes."""
    names: dict[_Key, frozenset[str]] = {}
    for gain in gains:
        key = gain.policy, gain.terms
        names[key] = names.get(key, frozenset()) | (_names_of(gain.statement) or _ALL)
    return tuple(grant for grant in grants if not _gaining(names, grant).isdisjoint({grant.grantee, *_ALL}))


def _names_of(statement: Statement | None) -> frozenset[str]:
    """Return the names of the principals of a statement; none if it names those that it leaves out."""
    named = statement.principals if statement else None
    return frozenset() if named is None or named.excepted else name_grantees(named.texts)


def _gaining(names: Mapping[_Key, frozenset[str]], grant: Grant) -> frozenset[str]:
    """Return who gains by the policy of a grant that was not kept in full, or else by its statement."""
    policy = setting_of(grant.granted_by)
    return names.get((policy, b"")) or names.get((policy, grant.terms)) or frozenset()


def _closest(statement: Statement, before: Iterable[Statement]) -> Statement | None:
    """Return the statement of the same name, or else the one that says most of the same to the same."""
    return max(before, key=lambda other: _likeness(statement, other), default=None)


def _likeness(one: Statement, other: Statement) -> tuple[bool, bool, int]:
    shared = {*one.principals.texts} & {*other.principals.texts}
    elements = ("actions", "resources", "conditions")
    same = sum(getattr(one, name) == getattr(other, name) for name in elements)
    return bool(one.sid) and one.sid == other.sid, bool(shared), same

"""Conditions on the members of a record that an event pattern can express, in disjunctive form.

A clause is a conjunction, a tuple of clauses a disjunction: `()` is never true, `(ALWAYS,)` always. What is
computed here may be weaker than what was asked for, never stronger: what a clause leaves out is lost.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal, NamedTuple

MOST_CLAUSES = 64  # of a conjunction of disjunctions; beyond, one of the two says enough

type Clauses = tuple[Clause, ...]


class Leaf(NamedTuple):
    """One alternative for the value of a member."""

    op: Literal[
        "is",  # the value itself: text or null
        "prefix", "suffix",
        "folded", "folded-prefix", "folded-suffix",  # whatever the case
        "but",  # any value but these, a tuple; false if there is none
        "but-prefix",  # any value that does not begin so; false if there is none
        "exists",  # true or false, of a value that is no object
    ]  # fmt: skip
    value: Any

    def write(self) -> Any:
        """Return the leaf as an event pattern has it."""
        match self.op:
            case "is":
                return self.value
            case "but":
                return {"anything-but": list(self.value)}
            case "but-prefix":
                return {"anything-but": {"prefix": self.value}}
            case "folded":
                return {"equals-ignore-case": self.value}
            case "folded-prefix" | "folded-suffix":
                return {self.op.removeprefix("folded-"): {"equals-ignore-case": self.value}}
        return {self.op: self.value}


ABSENT, PRESENT = Leaf("exists", False), Leaf("exists", True)
NO_TEXT = (ABSENT, Leaf("is", None), Leaf("is", ""))  # what the library reads as nothing


def is_any(*values: str) -> frozenset[Leaf]:
    """Return the leaves of a member that is one of some texts."""
    return frozenset(Leaf("is", value) for value in values)


def is_none(*values: str) -> frozenset[Leaf]:
    """Return the leaves of a member that is none of some texts, or absent."""
    return frozenset({Leaf("but", values), ABSENT})


@dataclass(frozen=True, slots=True)
class Clause:
    """A conjunction: each member has one of its values, and the caller is none of the `callers`."""

    members: Mapping[str, frozenset[Leaf]]  # by the dotted path in the record
    callers: frozenset[str] = frozenset()  # `role/NAME` or `user/NAME`, as in facts.identity

    def implies(self, other: Clause) -> bool:
        """Return whether the other clause is true of every record that this one is true of."""
        return other.callers <= self.callers and all(
            path in self.members and self.members[path] <= leaves for path, leaves in other.members.items()
        )

    def along(self) -> tuple[Any, ...]:
        """Return what clauses are sorted by: those that have most in common stand next to each other."""
        members = sorted((path, sorted(map(repr, leaves))) for path, leaves in self.members.items())
        return (sorted(self.callers), members)


ALWAYS = Clause({})


def where(path: str, leaves: Iterable[Leaf], callers: frozenset[str] = frozenset()) -> Clauses:
    """Return the condition that a member has one of the values: never, if there is none."""
    wanted = frozenset(leaves)
    return (Clause({path: wanted}, callers),) if wanted else ()


def both(one: Clauses, other: Clauses) -> Clauses:
    """Return what is implied by both conditions."""
    if len(one) * len(other) > MOST_CLAUSES:
        return min(one, other, key=len)
    joined = (_join(left, right) for left, right in product(one, other))
    return either(clause for clause in joined if clause is not None)


def _join(one: Clause, other: Clause) -> Clause | None:
    """Join two conjunctions; None if they contradict each other.

    Where both are about the same member only plain values can be intersected. Of others one is enough, and of
    two sets of callers too.
    """
    members = dict(one.members)
    for path, leaves in other.members.items():
        kept = members.setdefault(path, leaves)
        if _is_plain(kept) and _is_plain(leaves):
            members[path] = kept & leaves
        else:
            members[path] = min(kept, leaves, key=lambda each: (len(each), sorted(map(repr, each))))
        if not members[path]:
            return None
    return Clause(members, max(one.callers, other.callers, key=lambda each: (len(each), sorted(each))))


def _is_plain(leaves: frozenset[Leaf]) -> bool:
    return all(leaf.op == "is" for leaf in leaves)


def either(clauses: Iterable[Clause]) -> Clauses:
    """Return the disjunction without what is implied, and with what differs in one member only joined."""
    found: list[Clause] = []
    for clause in clauses:
        _add(found, clause)
    return tuple(sorted(found, key=Clause.along))


def _add(found: list[Clause], clause: Clause) -> None:
    """Add a clause to others; when it is merged with one, the result is added in its turn."""
    if any(clause.implies(other) for other in found):
        return
    found[:] = [other for other in found if not other.implies(clause)]
    for other in found:
        if merged := _merge(other, clause):
            found.remove(other)
            _add(found, merged)
            return
    found.append(clause)


def _merge(one: Clause, other: Clause) -> Clause | None:
    """Return the one clause that two are, if they differ in their callers or in one member only."""
    if one.members == other.members:
        return Clause(one.members, one.callers & other.callers)
    if one.callers != other.callers or one.members.keys() != other.members.keys():
        return None
    differing = [path for path, leaves in one.members.items() if leaves != other.members[path]]
    if len(differing) != 1:
        return None
    (path,) = differing
    joined = {path: without_implied(one.members[path] | other.members[path])}
    return Clause({**one.members, **joined}, one.callers)


def joined_by(clauses: Iterable[Clause], path: str) -> list[Clause]:
    """Return the disjunction with one clause for those that differ in the values of one member only."""
    alike = defaultdict[tuple[Any, ...], list[Clause]](list)
    for clause in clauses:
        others = frozenset((name, leaves) for name, leaves in clause.members.items() if name != path)
        alike[others, clause.callers, path in clause.members].append(clause)
    return [_join_values(some, path) if path in some[0].members else some[0] for some in alike.values()]


def _join_values(clauses: Sequence[Clause], path: str) -> Clause:
    leaves = frozenset[Leaf]().union(*(clause.members[path] for clause in clauses))
    others = {name: values for name, values in clauses[0].members.items() if name != path}
    if {ABSENT, PRESENT} <= leaves:  # any value, or none
        return Clause(others, clauses[0].callers)
    return Clause(others | {path: without_implied(leaves)}, clauses[0].callers)


def without_implied(leaves: frozenset[Leaf]) -> frozenset[Leaf]:
    """Leave out values and prefixes of which a beginning is among the prefixes, and likewise by suffixes."""
    heads = {leaf.value for leaf in leaves if leaf.op == "prefix"}
    tails = {leaf.value[::-1] for leaf in leaves if leaf.op == "suffix"}
    return frozenset(
        leaf for leaf in leaves if not (_begins(leaf, heads, "prefix") or _begins(leaf, tails, "suffix"))
    )


def _begins(leaf: Leaf, texts: set[str], op: str) -> bool:
    """Return whether one of the texts is a beginning of a value, from its end for suffixes."""
    if leaf.op not in ("is", op) or not isinstance(leaf.value, str):
        return False
    text = leaf.value if op == "prefix" else leaf.value[::-1]
    return any(text[:end] in texts for end in range(len(text) + (leaf.op == "is")))

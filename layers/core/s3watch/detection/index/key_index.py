"""Which of many rules an object's key leaves standing, found from the key before all else is drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from s3watch.detection.conditions import Test, TextTest, text_test
from s3watch.detection.field_values import fold
from s3watch.globs import literal_prefix
from s3watch.prefixes import Prefixes
from s3watch.ruleset import Condition, Detection

FIELDS = frozenset({"s3.key", "requestParameters.key"})
TEXTUAL = frozenset({"eq", "prefix", "suffix", "contains", "glob", "re"})


class Candidate(NamedTuple):
    """A detection, what is left to test of it (None: nothing), what its key must be like (None: anything)."""

    number: int
    detection: Detection
    test: Test | None
    key_test: TextTest | None


class KeyTests:
    """Candidates by what their keys begin with, where they say so."""

    def __init__(self, candidates: Iterable[tuple[Candidate, Condition | None]]) -> None:
        self._everywhere: list[Candidate] = []
        below: list[tuple[str, Candidate]] = []
        for candidate, condition in candidates:
            heads = necessary_heads(condition) if condition else None
            if heads is None:
                self._everywhere.append(candidate)
            below += [(head, candidate) for head in set(heads or ())]
        self._below = Prefixes(below)

    def of(self, key: str) -> list[Candidate]:
        """Give the candidates that could match an object of this key, each once."""
        found = self._everywhere
        if self._below and (below := list(self._below.matching(fold(key)))):
            found = sorted({each.number: each for each in (*found, *below)}.values())
        return [each for each in found if each.key_test is None or each.key_test(key)]


def necessary_heads(condition: Condition) -> frozenset[str] | None:
    """Give the folded texts that the key must begin with for a condition to match; None: with anything."""
    if condition.field in FIELDS and condition.op in ("eq", "prefix"):
        return frozenset(map(fold, condition.values))
    if condition.field in FIELDS and condition.op == "glob":
        heads = frozenset(fold(literal_prefix(value)) for value in condition.values)
        return None if "" in heads else heads
    parts = [necessary_heads(part) for part in condition.of]
    if condition.op == "and":
        return next((part for part in parts if part is not None), None)
    if condition.op == "or" and None not in parts:
        return frozenset().union(*filter(None, parts))
    return None


def necessary_test(condition: Condition) -> Callable[[str], bool] | None:
    """Make a test of the key, true wherever a condition matches; None where it says nothing of the key."""
    if condition.field in FIELDS and condition.op in TEXTUAL:
        return text_test(condition)
    tests = [necessary_test(part) for part in condition.of]
    said = [test for test in tests if test]
    if condition.op == "and" and said:
        return said[0] if len(said) == 1 else lambda key: all(test(key) for test in said)
    if condition.op == "or" and said and len(said) == len(tests):
        return lambda key: any(test(key) for test in said)
    return None

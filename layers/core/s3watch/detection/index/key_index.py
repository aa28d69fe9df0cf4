"""Finds the rules that an object's key does not rule out, before any other fact is computed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from msgspec.structs import replace

from s3watch.detection.conditions import Test, TextTest, text_test
from s3watch.detection.field_values import fold
from s3watch.globs import literal_prefix
from s3watch.prefixes import Prefixes
from s3watch.ruleset import Condition, Detection

FIELDS = frozenset({"s3.key", "requestParameters.key"})
TEXTUAL = frozenset({"eq", "prefix", "suffix", "contains", "glob", "re"})


@dataclass(frozen=True, slots=True)  # its members are read in a quarter of a named tuple's time
class Candidate:
    """A detection, and what is left to test of it.

    `test` is None if it matches already; `key_test` must hold for the key, None if any key will do.
    """

    number: int
    detection: Detection
    test: Test | None
    key_test: TextTest | None


class KeyIndex:
    """Candidates by the prefixes that they require of the key, if any."""

    def __init__(self, candidates: Iterable[tuple[Candidate, Condition | None]]) -> None:
        self._everywhere: list[Candidate] = []
        below: list[tuple[str, Candidate]] = []
        for candidate, condition in candidates:
            prefixes = required_prefixes(condition) if condition else None
            if prefixes is None:
                self._everywhere.append(candidate)
            below += [(prefix, candidate) for prefix in set(prefixes or ())]
        self._below = Prefixes(below) if below else None
        is_single = len(self._everywhere) == 1 and not below
        self._only_test = self._everywhere[0].key_test if is_single else None  # as at most nodes

    def of(self, key: str) -> list[Candidate]:
        """Return the candidates that could match an object with this key, each once."""
        found = self._everywhere
        if self._only_test:
            return found if self._only_test(key) else []
        if self._below is not None and (at := self._below.find_longest(fold(key))) >= 0:
            below = self._below.values_at(at)
            once = {each.number: each for each in (*found, *below)}
            found = [once[number] for number in sorted(once)]
        return [each for each in found if each.key_test is None or each.key_test(key)]


def required_prefixes(condition: Condition) -> frozenset[str] | None:
    """Return the folded prefixes of which the key must have one to match; None if any key could match."""
    if condition.field in FIELDS and condition.op in ("eq", "prefix"):
        return frozenset(map(fold, condition.values))
    if condition.field in FIELDS and condition.op == "glob":
        prefixes = frozenset(fold(literal_prefix(value)) for value in condition.values)
        return None if "" in prefixes else prefixes
    parts = [required_prefixes(part) for part in condition.of]
    if condition.op == "and":
        return next((part for part in parts if part is not None), None)
    if condition.op == "or" and None not in parts:
        return frozenset().union(*filter(None, parts))
    return None


def required_key_test(condition: Condition) -> Callable[[str], bool] | None:
    """Return a test of the key that holds whenever the condition matches; None if any key could match."""
    if condition.field in FIELDS and condition.op in TEXTUAL:
        return text_test(condition)
    parts = _merge(condition.of) if condition.op == "or" else condition.of
    tests = [required_key_test(part) for part in parts]
    known = [test for test in tests if test]
    if condition.op == "and" and known:
        return known[0] if len(known) == 1 else _all(known)
    if condition.op == "or" and known and len(known) == len(tests):
        return known[0] if len(known) == 1 else lambda key: any(test(key) for test in known)
    return None


def _merge(parts: Iterable[Condition]) -> list[Condition]:
    """Merge the comparisons of the key of which one must hold, if they compare alike: one test for all."""
    merged: list[Condition] = []
    alike: dict[tuple[str, bool], list[Condition]] = {}
    for part in parts:
        if part.field in FIELDS and part.op in TEXTUAL:
            alike.setdefault((part.op, part.cased), []).append(part)
        else:
            merged.append(part)
    for first, *others in alike.values():
        merged.append(replace(first, values=(*first.values, *(v for each in others for v in each.values))))
    return merged


def _all(tests: Iterable[TextTest]) -> TextTest:
    def test(key: str) -> bool:
        for each in tests:  # noqa: SIM110  # all() over a generator takes three times as long
            if not each(key):
                return False
        return True

    return test

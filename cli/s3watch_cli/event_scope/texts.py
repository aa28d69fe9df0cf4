"""Conditions on text as event patterns express them: those of rules, which ignore case, and of the catalogue.

Rules fold each character by `lower()`. EventBridge takes the upper and lower case of each character of the
pattern: https://github.com/aws/event-ruler (EqualsIgnoreCaseParser). These differ where characters share a
lower case, or where that has two characters: in ASCII, for the Kelvin sign and the dotted capital I only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import product

from s3watch.globs import is_literal, literal_prefix, literal_suffix, unescape
from s3watch.ruleset import Condition

from s3watch_cli.event_scope.clauses import Leaf, without_implied

KELVIN = "\N{KELVIN SIGN}"  # its lower case is k
MOST_SPELLINGS = 8  # of one text: with three letters k


def leaves_of_condition(condition: Condition) -> frozenset[Leaf] | None:
    """Return values that hold wherever the condition does; None if nothing can be said of them."""
    found = [_leaf(condition.op, value, cased=condition.cased) for value in condition.values]
    if not found or not all(found):
        return None
    return frozenset(leaf for leaves in found if leaves for leaf in leaves)


def _leaf(op: str, value: str, *, cased: bool) -> frozenset[Leaf] | None:
    if op == "glob":
        if is_literal(value):
            return _leaf("eq", unescape(value), cased=cased)
        return _affix("prefix", literal_prefix(value), cased=cased) or _affix(
            "suffix", literal_suffix(value), cased=cased
        )
    if op == "eq":
        if cased:
            return frozenset({Leaf("is", value)})
        folded = frozenset(Leaf("folded", text) for text in _spellings(value)) if value.isascii() else None
        return folded or _affix("prefix", value, cased=cased)
    return _affix(op, value, cased=cased) if op in ("prefix", "suffix") else None


def _affix(op: str, value: str, *, cased: bool) -> frozenset[Leaf] | None:
    """Return the values with a prefix or suffix, or with as much of it as has the same case everywhere."""
    if cased:
        return frozenset({Leaf("prefix" if op == "prefix" else "suffix", value)}) if value else None
    text = _ascii_prefix(value) if op == "prefix" else _ascii_suffix(value)
    kind = "folded-prefix" if op == "prefix" else "folded-suffix"
    return frozenset(Leaf(kind, each) for each in _spellings(text)) or None  # type: ignore[arg-type]  # of two


def _ascii_prefix(text: str) -> str:
    """Return how a text begins, without an i at its end: that may be half of a dotted capital I."""
    end = next((at for at, char in enumerate(text) if not char.isascii()), len(text))
    return text[: end - 1] if text[:end].endswith(("i", "I")) else text[:end]


def _ascii_suffix(text: str) -> str:
    return text[next((at for at in range(len(text), 0, -1) if not text[at - 1].isascii()), 0) :]


def _spellings(text: str) -> Iterator[str]:
    """Yield a text with every k as itself and as the Kelvin sign; nothing if there are too many."""
    if not text or 2 ** text.lower().count("k") > MOST_SPELLINGS:
        return
    letters = (("k", KELVIN) if char in "kK" else (char,) for char in text)
    yield from map("".join, product(*letters))


def leaves_of_keys(patterns: Iterable[str]) -> frozenset[Leaf] | None:
    """Return the keys that match patterns of the catalogue; None if any may, or it cannot be said which."""
    found = [_key(pattern) for pattern in patterns]
    return None if None in found else without_implied(frozenset(filter(None, found)))


def _key(pattern: str) -> Leaf | None:
    if is_literal(pattern):
        return Leaf("is", unescape(pattern))
    head, tail = literal_prefix(pattern), literal_suffix(pattern)
    return Leaf("prefix", head) if head else Leaf("suffix", tail) if tail else None


def escape(text: str) -> str:
    """Return the pattern that matches one text only."""
    return re.sub(r"([*?\\])", r"\\\1", text)

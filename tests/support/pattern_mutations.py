"""Event patterns with one fault each: something in them that lets less through than it should."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

type Pattern = dict[str, Any]


def mutate(pattern: Pattern) -> Iterator[tuple[str, Pattern]]:
    """Yield what was done to a pattern, and the pattern after it."""
    for place in _places(pattern["detail"], ("detail",)):
        for what, mutant in _mutants(pattern, place):
            yield f"{'.'.join(map(str, place))}: {what}", mutant


def _places(node: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """Yield the paths of all lists: of values, and of the branches of `$or`."""
    if isinstance(node, list):
        yield path
    for name, member in node.items() if isinstance(node, dict) else ():
        yield from _places(member, (*path, name))
        if name == "$or":
            for number, branch in enumerate(member):
                yield from _places(branch, (*path, name, number))


def _mutants(pattern: Pattern, place: tuple[Any, ...]) -> Iterator[tuple[str, Pattern]]:
    values = _at(pattern, place)
    for number, value in enumerate(values):
        if len(values) > 1 + (place[-1] == "$or"):
            yield f"without {value}", _with(pattern, place, [*values[:number], *values[number + 1 :]])
        if narrower := _narrow(value):
            yield (
                f"{narrower} for {value}",
                _with(pattern, place, [*values[:number], narrower, *values[number + 1 :]]),
            )


def _narrow(value: Any) -> Any:
    match value:
        case str():
            return value + "x"
        case {"prefix": str(text)}:
            return {"prefix": text + "x"}
        case {"suffix": {"equals-ignore-case": text}}:
            return {"suffix": {"equals-ignore-case": "x" + text}}
        case {"anything-but": {"prefix": str(text)}}:
            return {"anything-but": {"prefix": text[: len(text) // 2]}}
        case {"suffix": text}:
            return {"suffix": "x" + text}
    return None


def _at(pattern: Pattern, place: tuple[Any, ...]) -> Any:
    found: Any = pattern
    for step in place:
        found = found[step]
    return found


def _with(pattern: Pattern, place: tuple[Any, ...], values: list[Any]) -> Pattern:
    mutant = deepcopy(pattern)
    _at(mutant, place[:-1])[place[-1]] = values
    return mutant

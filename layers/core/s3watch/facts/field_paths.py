"""Dotted names of facts and of members of a record, as Sigma rules write them: `resources.ARN`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Any

from s3watch.facts.fields import FACTS, RECORD_MEMBERS, REQUEST_MEMBERS


@cache
def getter(name: str) -> Callable[[Any], Any]:
    """Compile a name into a function that reads it from an Access; None stands for absent.

    Raises KeyError for an `s3.` name that is no fact.
    """
    if name.startswith("s3."):
        return attrgetter(FACTS[name].attribute or name.removeprefix("s3."))
    if name in RECORD_MEMBERS:
        return attrgetter(f"record.{RECORD_MEMBERS[name]}")
    if name in REQUEST_MEMBERS:
        parameter = attrgetter(REQUEST_MEMBERS[name])
        return lambda access: parameter(access.record.request) if access.record.request else None
    top, *rest = name.split(".")
    parts = tuple(rest)
    return lambda access: walk(access.member(top), parts)


def walk(value: Any, parts: tuple[str, ...]) -> Any:
    """Read the member that `parts` lead to: None if absent; through a list, the list of every element's.

    A member's own name may hold dots: of the names that are there, the shortest is tried first.
    """
    if not parts:
        return value
    if isinstance(value, list):
        return _walk_all(value, parts)
    if not isinstance(value, dict):
        return None
    for end in range(1, len(parts) + 1):
        name = parts[0] if end == 1 else ".".join(parts[:end])
        if name in value:
            found = walk(value[name], parts[end:])
            if found is not None:
                return found
    return None


def _walk_all(elements: list[Any], parts: tuple[str, ...]) -> list[Any] | None:
    found: list[Any] = []
    for element in elements:
        each = walk(element, parts)
        if isinstance(each, list):
            found += each
        elif each is not None:
            found.append(each)
    return found or None

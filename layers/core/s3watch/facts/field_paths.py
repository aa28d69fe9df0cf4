"""Reads facts and record members by the dotted names that Sigma rules use: `resources.ARN`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from operator import attrgetter
from typing import Any

from msgspec import UNSET

from s3watch.facts.fields import FACTS, RECORD_MEMBERS, REQUEST_MEMBERS
from s3watch.sources.cloudtrail import MAYBE_ABSENT, has_top_level


@cache
def getter(name: str) -> Callable[[Any], Any]:
    """Return a function that reads a name from an Access, and returns None if it is absent.

    Raises KeyError for an `s3.` name that is not a fact.
    """
    if name.startswith("s3."):
        return attrgetter(FACTS[name].attribute or name.removeprefix("s3."))
    if name in MAYBE_ABSENT:
        member = attrgetter(MAYBE_ABSENT[name])
        return lambda access: None if (value := member(access.record)) is UNSET else value
    if name in RECORD_MEMBERS:
        return attrgetter(f"record.{RECORD_MEMBERS[name]}")
    if name in REQUEST_MEMBERS:
        parameter = attrgetter(REQUEST_MEMBERS[name])
        return lambda access: parameter(access.record.request) if access.record.request else None
    top, *rest = name.split(".")
    parts = tuple(rest)
    return lambda access: walk(access.members.read(top), parts)


@cache
def presence(name: str) -> Callable[[Any], bool]:
    """Return a function that tells whether an Access has a field: a known fact, or a member, be it null.

    Raises KeyError for an `s3.` name that is not a fact.
    """
    if name.startswith("s3."):
        read = getter(name)
        return lambda access: read(access) not in (None, ())
    top, *rest = name.split(".")
    parts = tuple(rest)
    if name in MAYBE_ABSENT:
        member = attrgetter(MAYBE_ABSENT[name])
        return lambda access: member(access.record) is not UNSET
    if not parts:
        return lambda access: has_top_level(access.raw, top)
    return lambda access: leads_to_member(access.members.read(top), parts)


def leads_to_member(value: Any, parts: tuple[str, ...]) -> bool:
    """Return whether a path, as in `walk`, leads to a member, of any element if it leads through a list."""
    if isinstance(value, list):
        return any(leads_to_member(element, parts) for element in flatten(value))
    if not isinstance(value, dict):
        return False
    return any(
        name in value and (not parts[end:] or leads_to_member(value[name], parts[end:]))
        for end in range(1, len(parts) + 1)
        if (name := ".".join(parts[:end]))
    )


def walk(value: Any, parts: tuple[str, ...]) -> Any:
    """Return the member at a path; None if it is absent; a path through a list gives all elements' values.

    Member names may contain dots: among the members that exist, the shortest name is tried first.
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
    for element in flatten(elements):
        each = walk(element, parts)
        if isinstance(each, list):
            found += each
        elif each is not None:
            found.append(each)
    return found or None


def flatten(elements: Sequence[Any]) -> Iterator[Any]:
    """Yield the elements of nested lists in order, however deep they are; null is left out."""
    left = [iter(elements)]
    while left:
        for element in left[-1]:
            if isinstance(element, (list, tuple)):
                left.append(iter(element))
                break
            if element is not None:
                yield element
        else:
            left.pop()

"""Reads JSON written by other services without relying on its shape: unexpected values count as absent."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite
from typing import Any

from s3watch.facts.field_paths import flatten
from s3watch.text import elide
from s3watch.times import read_time

MOST_TEXT = 1100  # characters kept of any text: a whole S3 key, which has at most 1,024 bytes
MOST_COUNT = 2**53
MOST_MEMBERS = 20  # kept of any list: the ledger stores them, and every write costs by their size


class Document:
    """A JSON value, read by dotted paths.

    A list along a path stands for all its members. The first letter of a member's name may have either case:
    events have `s3BucketDetails` where GetFindings returns `S3BucketDetails`.
    """

    def __init__(self, value: Any) -> None:
        self._value = value

    def at(self, path: str) -> Document:
        """Return the value at a path, as a document of its own."""
        return Document(self._find(path))

    def each(self, path: str) -> list[Document]:
        """Return the objects at a path, each as a document of its own."""
        return [Document(value) for value in self._find(path) if isinstance(value, dict)]

    def texts(self, path: str) -> tuple[str, ...]:
        """Return the distinct strings and integers at a path, as text, at most MOST_MEMBERS of them."""
        found = (_text(value) for value in self._find(path))
        return tuple(dict.fromkeys(text for text in found if text))[:MOST_MEMBERS]

    def text(self, *paths: str) -> str:
        """Return the first string or integer found at one of the paths, or an empty string."""
        return next((text for path in paths for text in self.texts(path)), "")

    def number(self, path: str) -> float | None:
        """Return the first number at a path, even if it is written as text."""
        numbers = (_number(value) for value in self._find(path))
        return next((number for number in numbers if number is not None), None)

    def count(self, path: str) -> int:
        """Return a count: at least 1, and at most what JSON can represent exactly."""
        return int(min(max(1, self.number(path) or 0), MOST_COUNT))

    def time(self, *paths: str) -> float:
        """Return the first time found at one of the paths, in epoch seconds, or 0."""
        found = (read_time(text) for path in paths for text in self.texts(path))
        return next((time for time in found if time and time > 0), 0.0)

    def flag(self, path: str) -> bool:
        """Return whether any value at a path is true, even if it is written as text."""
        return any(str(value).lower() == "true" for value in self._find(path))

    def pairs(self, path: str) -> Iterator[tuple[str, str]]:
        """Yield the names and values of an object's members that are strings or integers."""
        for value in self._find(path):
            if isinstance(value, dict):
                yield from ((name, text) for name, member in value.items() if (text := _text(member)))

    def _find(self, path: str) -> list[Any]:
        found = list(flatten([self._value]))
        for name in path.split("."):
            spellings = (name, name[:1].upper() + name[1:])
            objects = [value for value in found if isinstance(value, dict)]
            found = [
                member
                for value in objects
                for spelling in spellings
                if spelling in value
                for member in flatten([value[spelling]])
            ]
        return found


def _text(value: Any) -> str:
    if isinstance(value, str):
        return elide(value, MOST_TEXT)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1e18 else ""


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if isfinite(number) else None

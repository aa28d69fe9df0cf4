"""JSON that other services wrote, read without trust in its shape: what is not as documented is absent."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite
from typing import Any

from s3watch.text import elide
from s3watch.times import read_time

MOST_TEXT = 1100  # characters kept of any text: an S3 key has at most 1,024 bytes, and is worth all of them
MOST_COUNT = 2**53
MOST_MEMBERS = 20  # of any list: the ledger keeps what is read here, and pays for it with every write


class Document:
    """A JSON value and what dotted paths lead to in it.

    A list on the way stands for all its members. A member's first letter may be of either case: events write
    `s3BucketDetails`, and what GetFindings answers has `S3BucketDetails`.
    """

    def __init__(self, value: Any) -> None:
        self._value = value

    def at(self, path: str) -> Document:
        """Give what a path leads to, to go on from there."""
        return Document(self._find(path))

    def each(self, path: str) -> list[Document]:
        """Give the objects a path leads to."""
        return [Document(value) for value in self._find(path) if isinstance(value, dict)]

    def texts(self, path: str) -> tuple[str, ...]:
        """Read every text or whole number a path leads to, each once."""
        found = (_text(value) for value in self._find(path))
        return tuple(dict.fromkeys(text for text in found if text))[:MOST_MEMBERS]

    def text(self, *paths: str) -> str:
        """Read the first text that one of the paths leads to; empty where there is none."""
        return next((text for path in paths for text in self.texts(path)), "")

    def number(self, path: str) -> float | None:
        """Read a number, also one written as text."""
        numbers = (_number(value) for value in self._find(path))
        return next((number for number in numbers if number is not None), None)

    def count(self, path: str) -> int:
        """Read how often; at least once, and no more than JSON carries exactly."""
        return int(min(max(1, self.number(path) or 0), MOST_COUNT))

    def time(self, *paths: str) -> float:
        """Read the first time, as epoch seconds; 0 where there is none."""
        found = (read_time(text) for path in paths for text in self.texts(path))
        return next((time for time in found if time and time > 0), 0.0)

    def flag(self, path: str) -> bool:
        """Tell whether something is true, also where that is written as text."""
        return any(str(value).lower() == "true" for value in self._find(path))

    def pairs(self, path: str) -> Iterator[tuple[str, str]]:
        """Give the members of an object that are text or whole numbers."""
        for value in self._find(path):
            if isinstance(value, dict):
                yield from ((name, text) for name, member in value.items() if (text := _text(member)))

    def _find(self, path: str) -> list[Any]:
        found = _flat(self._value)
        for name in path.split("."):
            spellings = (name, name[:1].upper() + name[1:])
            objects = [value for value in found if isinstance(value, dict)]
            found = [
                member
                for value in objects
                for spelling in spellings
                if spelling in value
                for member in _flat(value[spelling])
            ]
        return found


def _flat(value: Any) -> list[Any]:
    """Take the members out of lists in lists, in order; null is absent."""
    left, flat = [value], []
    while left:
        value = left.pop()
        if isinstance(value, list):
            left += reversed(value)
        elif value is not None:
            flat.append(value)
    return flat


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

"""Reads one mapping of a rule file key by key, and reports what is wrong with the line of the key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from s3watch_cli.rules.diagnostics import Diagnostics, suggest
from s3watch_cli.rules.located_yaml import Document, Place


@dataclass(frozen=True, slots=True)
class Entry:
    """A mapping in a document, at `place`; what is wrong with it goes to `diagnostics`."""

    document: Document
    diagnostics: Diagnostics
    place: Place
    value: dict[str, Any]

    def line(self, *place: str | int) -> int:
        """Return the line, from 1, of a key or of a value below it."""
        return self.document.line(*self.place, *place)

    def refuse(self, place: Iterable[str | int], what: str, instead: str = "") -> None:
        """Add a mistake at a key or at a value below it."""
        self.diagnostics.refuse(self.document.path, self.line(*place), what, instead)

    def warn(self, place: Iterable[str | int], what: str, instead: str = "") -> None:
        """Add a warning at a key or at a value below it."""
        self.diagnostics.warn(self.document.path, self.line(*place), what, instead)

    def check_keys(self, *keys: str) -> None:
        """Report every key except these as unknown."""
        for key in self.value:
            if key not in keys:
                self.refuse((key,), f"unknown key `{key}`", suggest(key, keys))

    def text(self, key: str, instead: str = "") -> str:
        """Return a text, empty where the key is absent; that is a mistake if `instead` says what to write."""
        value = self.value.get(key)
        if isinstance(value, str) and value.strip():
            return value.strip()
        if value is not None:
            self.refuse((key,), f"`{key}` is not text", _in_quotes(value, instead))
        elif instead:
            self.refuse((), f"no `{key}`", instead)
        return ""

    def texts(self, *keys: str) -> Iterator[tuple[Place, str]]:
        """Yield the texts under any of the keys, each a text or a list of texts, with their places."""
        for key in [key for key in keys if key in self.value]:
            value = self.value[key]
            if value == []:
                self.refuse((key,), f"`{key}` is an empty list", "add a value, or remove the key")
            for at, text in enumerate(value if isinstance(value, list) else [value]):
                place: Place = (key, at) if isinstance(value, list) else (key,)
                if isinstance(text, str) and text.strip():
                    yield place, text.strip()
                else:
                    self.refuse(place, f"`{key}` is not text", _in_quotes(text))

    def entries(self, key: str) -> list[Entry]:
        """Return the mappings of the list under a key."""
        return entries(self.document, self.diagnostics, (*self.place, key), self.value.get(key))


def _in_quotes(value: Any, instead: str = "") -> str:
    scalar = isinstance(value, int | float) and not isinstance(value, bool)
    return f'write "{value}", in quotes' if scalar else instead or "write text"


def entries(document: Document, diagnostics: Diagnostics, place: Place, value: Any) -> list[Entry]:
    """Return the mappings of a list, None being an empty one; report whatever else is in it."""
    if value is None:
        return []
    if not isinstance(value, list):
        diagnostics.refuse(
            document.path, document.line(*place), "a list is expected here", "write `- ` before each entry"
        )
        return []
    found = []
    for at, one in enumerate(value):
        if isinstance(one, dict):
            found.append(Entry(document, diagnostics, (*place, at), one))
        else:
            diagnostics.refuse(
                document.path, document.line(*place, at), "a mapping is expected here", "write `- key: ...`"
            )
    return found


def read_date(entry: Entry, key: str, example: date, instead: str = "") -> date | None:
    """Read a date; what is wrong with it goes to the diagnostics, with an `example` of how to write one.

    Without one it is a mistake if `instead` says what to write.
    """
    text = entry.text(key, instead)
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        entry.refuse((key,), f"`{text}` is not a date", f"write it as {example}")
        return None

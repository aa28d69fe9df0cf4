"""Reads YAML with the line of every value, and refuses what YAML would read as something else than written.

Uses the parser's events instead of a loader: a loader drops lines, overwrites duplicate keys, and turns `no`
into false and 012345670123 into an octal number; and libyaml's composer recurses without a limit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.events import (
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from yaml.resolver import Resolver

from s3watch_cli.rules.diagnostics import Diagnostics

type Place = tuple[str | int, ...]  # keys and indexes that lead to a value, from the top of the document

DEPTH = 40  # levels; no rule needs more, and Python's recursion limit is far away


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document: its values, and the line of each."""

    path: str
    value: Any
    lines: dict[Place, int] = field(default_factory=dict)  # of the whole file
    dates: frozenset[Place] = frozenset()  # unquoted dates, kept as text
    top: Place = ()  # where in the file the document begins, if it is a part of one

    def line(self, *place: str | int) -> int:
        """Return the line, from 1, of a value, or of the nearest value around it that has one."""
        place = (*self.top, *place)
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def part(self, *place: str | int) -> Document:
        """Return the value at a place as a document of its own."""
        value = self.value
        for name in place:
            value = value[name]
        return Document(self.path, value, self.lines, self.dates, (*self.top, *place))


def read_yaml(path: str, content: bytes, diagnostics: Diagnostics) -> Document | None:
    """Read one document, None if it cannot be read at all; mistakes go to `diagnostics`."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        diagnostics.refuse(path, line, "not UTF-8 text", "save the file as UTF-8")
        return None
    return _Reader(path, diagnostics).read(text)


class _Reader:
    def __init__(self, path: str, diagnostics: Diagnostics) -> None:
        self.path = path
        self.diagnostics = diagnostics
        self.lines: dict[Place, int] = {}
        self.dates: set[Place] = set()
        self.resolver = Resolver()

    def read(self, text: str) -> Document | None:
        events = yaml.parse(text, Loader=yaml.CSafeLoader)
        try:
            value = self._first_document(events)
        except yaml.reader.ReaderError as error:
            line = text.count("\n", 0, error.position) + 1
            self._refuse(line, f"not YAML: {error.reason}")
        except yaml.MarkedYAMLError as error:
            # For a truncated file the parser gives the line after
            last = text.count("\n") + (not text.endswith("\n"))
            self._refuse(max(1, min(_line(error.problem_mark), last)), f"not YAML: {error.problem}")
        except _TooDeepError as error:
            self._refuse(error.args[0], f"nested more than {DEPTH} levels deep")
        else:
            return Document(self.path, value, self.lines, frozenset(self.dates))
        return None

    def _refuse(self, at: Event | int, what: str, instead: str = "") -> None:
        line = at if isinstance(at, int) else _line(at.start_mark)
        self.diagnostics.refuse(self.path, line, what, instead)

    def _first_document(self, events: Iterator[Event]) -> Any:
        documents: list[Any] = []
        for event in events:
            if isinstance(event, NodeEvent):
                documents.append(self._node(event, events, ()))
            elif isinstance(event, DocumentStartEvent) and documents:
                self._refuse(event, "a second document in one file", "put it in its own file")
                break
        return documents[0] if documents else None

    def _node(self, event: Event, events: Iterator[Event], place: Place) -> Any:
        if len(place) > DEPTH:
            raise _TooDeepError(_line(event.start_mark))
        self.lines.setdefault(place, _line(event.start_mark))
        if getattr(event, "anchor", None) is not None:
            self._refuse(event, "anchors and aliases are not supported", "write the value out each time")
        if isinstance(event, MappingStartEvent):
            return self._mapping(events, place)
        if isinstance(event, SequenceStartEvent):
            return self._sequence(events, place)
        return self._scalar(event, place) if isinstance(event, ScalarEvent) else None

    def _mapping(self, events: Iterator[Event], place: Place) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        for event in events:
            if isinstance(event, MappingEndEvent):
                break
            key = self._key(event, events, place)
            if key in mapping:
                self._refuse(event, f"duplicate key `{key}`", "keep one of them")
            self.lines[(*place, key)] = _line(event.start_mark)
            mapping[key] = self._node(next(events), events, (*place, key))
        return mapping

    def _key(self, event: Event, events: Iterator[Event], place: Place) -> str:
        if not isinstance(event, ScalarEvent):
            self._node(event, events, (*place, "key"))
            self._refuse(event, "a key that is not text", "write a plain word")
            return ""
        tag = self._tag(event)
        if event.value == "<<" and not event.style:
            self._refuse(event, "merge keys (<<) are not supported", "write the values out")
        elif tag != "str":
            what = f"YAML reads the key `{event.value}` as {_NOUNS.get(tag, tag)}"
            self._refuse(event, what, _quote(event))
        return event.value

    def _sequence(self, events: Iterator[Event], place: Place) -> list[Any]:
        sequence: list[Any] = []
        for event in events:
            if isinstance(event, SequenceEndEvent):
                break
            sequence.append(self._node(event, events, (*place, len(sequence))))
        return sequence

    def _tag(self, event: ScalarEvent) -> str:
        resolve: Callable[..., str] = self.resolver.resolve
        tag = event.tag or resolve(yaml.ScalarNode, event.value, event.implicit)
        return str(tag).rpartition(":")[2]

    def _scalar(self, event: ScalarEvent, place: Place) -> Any:
        tag = self._tag(event)
        match tag:
            case "str":
                return event.value
            case "null":
                return None
            case "timestamp":
                self.dates.add(place)
                return event.value
            case "bool" | "int" | "float":
                return self._plain(event, tag)
        self._refuse(event, f"the tag !{tag} is not supported", "write plain text")
        return event.value

    def _plain(self, event: ScalarEvent, tag: str) -> Any:
        """Return a boolean or number that every YAML parser reads alike; report any other as a mistake."""
        text = event.value
        plain = {"bool": _plain_bool, "int": _plain_int, "float": _plain_float}[tag](text)
        if plain is None:
            self._refuse(event, f"YAML reads `{text}` as {_NOUNS[tag]}, not as it is written", _quote(event))
            return text
        return plain


class _TooDeepError(Exception):
    pass


def _line(mark: Any) -> int:
    return mark.line + 1 if mark else 1


_NOUNS = {
    "bool": "true or false",
    "int": "a number",
    "float": "a number",
    "null": "nothing",
    "timestamp": "a date",
}


def _quote(event: ScalarEvent) -> str:
    return f'write "{event.value}" in quotes' if '"' not in event.value else "write it in quotes"


def _plain_bool(text: str) -> bool | None:
    return {"true": True, "false": False}.get(text.lower())


def _plain_int(text: str) -> int | None:
    return int(text) if str(_as_int(text)) == text else None  # no octal, hexadecimal, 1_000 or 12:30


def _as_int(text: str) -> int | None:
    try:
        return int(text)
    except ValueError:
        return None


def _plain_float(text: str) -> float | None:
    try:
        return float(text) if repr(float(text)) == text else None  # neither 1.10, which is 1.1, nor .inf
    except ValueError:
        return None

"""Splits a YAML file of rules into pieces that can be merged one by one, and merges those of three versions.

A piece is a top-level key with its lines, or an entry with a `name` in a list: below such a key (a case of a
test), or the whole file (a label of a catalogue). Blank lines and comments belong to what follows them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from s3watch_cli.rules.diagnostics import Diagnostics
from s3watch_cli.rules.located_yaml import Document, Place, read_yaml

HEAD = ""  # the name of what stands before the first piece
ODD_NEWLINES = re.compile("[\r\x85\u2028\u2029]")  # YAML counts them as lines

type Pieces = Mapping[str, str]  # in the order of the file; their texts, joined, are the file
type Digests = Mapping[str, str]


def plain_text(content: bytes) -> str | None:
    """Return the text of a file with newlines as on Unix, None if it is not UTF-8."""
    try:
        return content.decode().replace("\r\n", "\n")
    except UnicodeDecodeError:
        return None


def digest(content: bytes | str) -> str:
    """Return the digest by which versions are compared, whichever newlines an editor or git writes."""
    if isinstance(content, str):
        content = content.encode()
    return hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest()[:32]


def split(content: bytes) -> Pieces | None:
    """Split a file into its pieces, None if it is no YAML, or its keys and entries share lines."""
    text = plain_text(content)
    document = read_yaml("", text.encode(), found := Diagnostics()) if text else None
    if text is None or document is None or found.mistakes or ODD_NEWLINES.search(text):
        return None
    lines = [f"{line}\n" for line in text.split("\n")]
    lines[-1] = lines[-1][:-1]
    starts = _starts(document, lines)
    if starts is None:
        return None
    ends = [*(start for _, start in starts[1:]), len(lines)]
    pieces = {HEAD: "".join(lines[: starts[0][1]])} if starts[0][1] else {}
    pieces |= {name: "".join(lines[start:end]) for (name, start), end in zip(starts, ends, strict=True)}
    return pieces if len(pieces) == len(starts) + (HEAD in pieces) else None


def _starts(document: Document, lines: list[str]) -> list[tuple[str, int]] | None:
    """Return where each piece begins, by the index of its line; None if there are none of their own."""
    starts: list[tuple[str, int]] = []
    for name, place in _places(document.value):
        at = document.line(*place) - 1
        own = lines[at].lstrip()
        if isinstance(place[-1], int) and not own.startswith("-"):
            return None
        indent = len(lines[at]) - len(own)
        if len(place) == 1 and isinstance(place[0], str) and (indent or own.startswith("{")):
            return None
        while at and _leads(lines[at - 1], indent):
            at -= 1
        starts.append((name, at))
    rising = all(one < other for (_, one), (_, other) in pairwise(starts))
    return starts if starts and rising else None


def _leads(line: str, indent: int) -> bool:
    """Return whether a line belongs to what follows it; one that is indented more may be text."""
    stripped = line.lstrip()
    return not stripped or (stripped.startswith("#") and len(line) - len(stripped) <= indent)


def _places(value: Any) -> Iterator[tuple[str, Place]]:
    if isinstance(value, list):
        yield from _entries("", (), value)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key, (key,)
            if isinstance(inner, list):
                yield from _entries(f"{key}: ", (key,), inner)


def _entries(before: str, place: Place, entries: list[Any]) -> Iterator[tuple[str, Place]]:
    """Yield the entries of a list, if each has a name of its own."""
    names = [entry.get("name") if isinstance(entry, dict) else None for entry in entries]
    if all(isinstance(name, str) and name for name in names) and len({*names}) == len(names):
        for index, name in enumerate(names):
            yield f"{before}{name}", (*place, index)


def merge(base: Digests, mine: Pieces, theirs: Pieces) -> tuple[dict[str, str], list[str]]:
    """Merge pieces: the result, and the names of those that both sides changed, of which it has mine."""
    merged: dict[str, str] = {}
    conflicts: list[str] = []
    for name in _order(mine, theirs):
        was, own, new = base.get(name), mine.get(name), theirs.get(name)
        if own == new or _is(new, was):
            chosen = own
        elif _is(own, was):
            chosen = new
        else:
            chosen = own
            conflicts.append(name)
        if chosen is not None:
            merged[name] = chosen
    return merged, conflicts


def _is(text: str | None, known: str | None) -> bool:
    return (digest(text) if text is not None else None) == known


def _order(mine: Pieces, theirs: Pieces) -> list[str]:
    """Return all names in my order, each that only they have behind the one that it follows with them."""
    order = list(mine)
    at = 0
    for name in theirs:
        if name not in mine:
            order.insert(at, name)
        at = order.index(name) + 1
    return order


def join(pieces: Pieces) -> bytes | None:
    """Return the file of merged pieces, None if it would not be read as these."""
    ended = {name: _ended(text) for name, text in pieces.items()}
    content = "".join(ended.values()).encode()
    again = split(content) or {}
    return content if list(again.items()) == list(ended.items()) else None


def _ended(text: str) -> str:
    return text if text.endswith("\n") else text + "\n"

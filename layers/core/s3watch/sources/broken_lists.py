"""Splits a list of records that is not JSON as a whole into its records, undecoded.

What one record has wrong must not fail the others. As long as each element is JSON by itself, at least for
`tolerant_json`, the commas between them say where it ends. If one is broken, its quotes and brackets say
nothing any more; then a record begins where an object begins with the two members that CloudTrail's records
begin with, or the first one in the list. No text in a record can look so, because its quotes are escaped, and
no object within it does. What lies between a broken record and the next beginning is one with it.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Iterator
from itertools import batched, chain, pairwise
from typing import NamedTuple

import msgspec
from msgspec import Raw

from s3watch.sources.tolerant_json import BROKEN, MOST_BYTES, find_end, is_json

_SPACE = rb"[ \t\r\n]*+"
_STRING = rb'"(?:[^"\\]++|\\.)*+"'
_COLON = _SPACE + b":" + _SPACE
_NAME = re.compile(_SPACE + rb'"((?:[^"\\]++|\\.)*+)"' + _COLON, re.DOTALL)
_BEFORE_NEXT = re.compile(_SPACE + b"," + _SPACE)
_BLANK = re.compile(_SPACE)
_PUNCTUATION = b" \t\r\n,]}"  # all that may be left between two records, or after the last one
# An object's first two members, or its first one if that holds a list or an object.
_MEMBER = rb'"([^"\\]{1,100})"' + _COLON
_FIRST_VALUE = b"(?:" + _STRING + rb'|[^ \t\r\n,\[\]{}"]++)' + _SPACE + b"," + _SPACE
_OBJECT = rb"(?<!:)(?<!: )\{" + _SPACE  # that is no member's value
_CLOUDTRAIL = (b"eventVersion", b"userIdentity")
_BEGINNING = re.compile(_OBJECT + _MEMBER + b"(?:" + _FIRST_VALUE + _MEMBER + b")?+", re.DOTALL)
_MOST_TRIED = 3  # commas that may be within a record, before the records are read one after another
_list = msgspec.json.Decoder(list[Raw])


class _Split(NamedTuple):
    """Where the elements of a list begin and end, in turn; at `end` something begins that is none."""

    bounds: array[int]
    end: int

    def parts(self, content: bytes) -> Iterator[bytes]:
        return (content[begin:end] for begin, end in batched(self.bounds, 2, strict=True))


def elements(raw: bytes | Raw) -> Iterable[bytes | Raw]:
    """Return the elements of a list, undecoded; what is no list is one element."""
    try:
        return _list.decode(raw)
    except BROKEN:
        content = bytes(raw).strip()
        return split(content, 0) if content.startswith(b"[") else (content,)


def find_list(content: bytes, wanted: bytes) -> int | None:
    """Return where the list begins that an object has under a name; None if it has none.

    What comes after the beginning of the list may be broken.
    """
    start = _skip(content, 0)
    if content[start : start + 1] != b"{" or wanted not in content:
        return None
    at: int | None = start + 1
    while at is not None and (name := _NAME.match(content, at)):
        value = name.end()
        if name[1] == wanted and content[value : value + 1] == b"[":
            return value
        end = find_end(content, value)
        comma = _BEFORE_NEXT.match(content, end) if end is not None else None
        at = comma.end() if comma else None
    return None


def split(content: bytes, start: int) -> Iterator[bytes]:
    """Yield the elements of the list that begins at `start`; one that is broken comes out as it is.

    If the list does not end, what is missing is one broken element, empty if it is missing altogether.
    """
    whole = _split(content, start + 1, strictly=True)
    if _ends(content, whole.end, within_object=start > _skip(content, 0)):
        return whole.parts(content)
    return _split_by_beginnings(content, start, _beginning_of_records(content, start, whole))


def find_cut(content: bytes, start: int) -> int | None:
    """Return a comma, the last if possible, between elements of the list that begins at `start`.

    `content` may end anywhere within the list. None if there is no such comma, or the list ends before.
    """
    commas = _commas_before_records(content, start)
    for comma in commas[: -1 - _MOST_TRIED : -1]:
        if is_json(b"[" + content[start + 1 : comma] + b"]"):
            return comma
    found = _split(content, start + 1, strictly=False)
    if found.bounds:
        comma = content.find(b",", found.bounds[-1], found.end)
        return comma if comma >= 0 else None
    return commas[-1] if commas else None


def _commas_before_records(content: bytes, start: int) -> list[int]:
    """Return the last commas that stand before what a record begins with, or the first one in the list."""
    first = _BEGINNING.match(content, _skip(content, start + 1))
    names = [_CLOUDTRAIL, *([[name for name in first.groups() if name]] if first else [])]
    comma = b"," + _SPACE + b"(?=" + b"|".join(map(_pattern, names)) + b")"
    pattern = re.compile(comma, re.DOTALL)
    for tail in (MOST_BYTES // 16, 2 * MOST_BYTES):
        if found := [each.start() for each in pattern.finditer(content, max(start, len(content) - tail))]:
            return found
    return []


def _split(content: bytes, at: int, *, strictly: bool) -> _Split:
    """Find the elements from `at` on; `strictly` says that each has to be JSON."""
    bounds = array("Q")  # there may be millions
    at = _skip(content, at)
    while (end := find_end(content, at)) is not None:
        if strictly and not is_json(content[at:end]):
            break
        bounds.extend((at, end))
        comma = _BEFORE_NEXT.match(content, end)
        if comma is None:
            return _Split(bounds, _skip(content, end))
        at = comma.end()
    return _Split(bounds, at)


def _ends(content: bytes, at: int, *, within_object: bool) -> bool:
    """Return whether the list ends at `at`, and what holds it ends properly too."""
    if content[at : at + 1] != b"]":
        return False
    rest = content[at + 1 :].strip()
    if not within_object:
        return not rest
    return rest == b"}" or (rest.startswith(b",") and is_json(b"{" + rest[1:]))


def _split_by_beginnings(content: bytes, start: int, beginning: re.Pattern[bytes]) -> Iterator[bytes]:
    """Yield the elements of a broken list, none of which goes beyond the next one's beginning."""
    beginnings = (each.start() for each in beginning.finditer(content, start + 1))
    for begin, end in pairwise(chain((start + 1,), beginnings, (len(content),))):
        part = content[begin:end]
        found = _split(part, 0, strictly=False)
        yield from found.parts(part)
        rest = part[found.end :].rstrip(b" \t\r\n,")
        ended = _ends(part, found.end, within_object=True)
        if not ended and (rest.strip(_PUNCTUATION) or (end == len(content) and b"]" not in rest)):
            yield rest


def _beginning_of_records(content: bytes, start: int, whole: _Split) -> re.Pattern[bytes]:
    """Return the pattern of what a record begins with: CloudTrail's members, or those of the first record.

    If the first one is broken, its members may be those of an object in it, and only count without others.
    """
    record = _pattern(_CLOUDTRAIL)
    first = _BEGINNING.search(content, start)
    if first is None or (not whole.bounds and re.search(record, content)):
        return re.compile(record, re.DOTALL)
    own = _pattern(name for name in first.groups() if name)
    return re.compile(record + b"|" + own, re.DOTALL)


def _pattern(names: Iterable[bytes]) -> bytes:
    members = (b'"' + re.escape(name) + b'"' + _COLON for name in names)
    return _OBJECT + _FIRST_VALUE.join(members)


def _skip(content: bytes, at: int) -> int:
    found = _BLANK.match(content, at)
    return found.end() if found else at

"""Decodes JSON that is not quite JSON, in bounded time and memory.

What one writer or another gets wrong must not hide a record: malformed UTF-8, half a surrogate pair, NaN,
a control character in a string, a number without end. The strict decoder tries first, and is fast; what is
described here is for what it refuses. https://www.rfc-editor.org/rfc/rfc8259
"""

from __future__ import annotations

import json
import re
from math import isfinite
from typing import Any

import msgspec
from msgspec import Raw

MOST_BYTES = 2 * 1024 * 1024  # of one value: CloudTrail's records have at most 1 MB, SQS's messages 1 MiB
TOO_LONG = f"longer than {MOST_BYTES:,} bytes"
MOST_DEPTH = 256  # levels of lists and objects: a policy in a request has ten, and Python recurses a thousand
SHALLOW = 2 * MOST_DEPTH  # bytes that cannot be nested deeper
MOST_DIGITS = 4000  # of an integer, below the 4,300 from which Python refuses, since its time is quadratic

# A string, closed or not, or brackets of one kind: in one pass whatever there is, without going back.
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.?)*+"?|\[++|\{++|\]++|\}++', re.DOTALL)
_SCALAR = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[^ \t\r\n,\[\]{}"]++', re.DOTALL)
_OPENING, _CLOSING = b"[{", b"]}"
_CLOSED = bytes.maketrans(_OPENING, _CLOSING)
_strict = msgspec.json.Decoder(Raw)
BROKEN = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)  # what msgspec raises about any bytes


def parse(raw: bytes | Raw) -> Any:
    """Decode any JSON value, tolerating what writers get wrong.

    Malformed UTF-8 and lone surrogates become U+FFFD. NaN, Infinity, numbers that are too large or too long
    and what is nested deeper than MOST_DEPTH become null. Control characters in strings are kept.
    Raises ValueError if it is not JSON, or has more than MOST_BYTES.
    """
    content = raw if len(raw) <= SHALLOW else _bound(bytes(raw))
    try:
        return msgspec.json.decode(content)
    except BROKEN:
        return _without_surrogates(_tolerant.decode(bytes(content).decode(errors="replace")))


def is_json(raw: bytes) -> bool:
    """Return whether `parse` can read it."""
    try:
        _strict.decode(raw)
    except BROKEN:
        try:
            parse(raw)
        except ValueError:
            return False
    return True


def encode(text: str) -> bytes:
    """Encode text as UTF-8; lone surrogates become U+FFFD."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def find_end(content: bytes, at: int) -> int | None:
    """Return where the value that begins at `at` ends, by its quotes and brackets alone; None if it does not.

    Whether it is JSON is not checked. One nested deeper than anything that could be read does not end.
    """
    if content[at : at + 1] not in (b"[", b"{"):
        scalar = _SCALAR.match(content, at)
        return scalar.end() if scalar else None
    expected = bytearray()
    for token in _TOKEN.finditer(content, at):
        brackets = token[0]
        if brackets[0] in _OPENING:
            expected += brackets.translate(_CLOSED)
            if len(expected) > MOST_BYTES:
                return None
        elif brackets[0] in _CLOSING:
            closed = min(len(brackets), len(expected))
            if expected[-closed:] != brackets[:closed]:
                return None
            del expected[-closed:]
            if not expected:
                return token.start() + closed
    return None


def _bound(content: bytes) -> bytes:
    if len(content) > MOST_BYTES:
        raise ValueError(TOO_LONG)
    return _flatten(content) if content.count(b"[") + content.count(b"{") > MOST_DEPTH else content


def _flatten(content: bytes) -> bytes:
    """Replace with null what is nested deeper than MOST_DEPTH."""
    kept: list[bytes] = []
    at = depth = 0
    for token in _TOKEN.finditer(content):
        brackets, before = token[0], depth
        if brackets[0] in _OPENING:
            depth += len(brackets)
            if depth > MOST_DEPTH >= before:
                kept += (content[at : token.start() + MOST_DEPTH - before], b"null")
        elif brackets[0] in _CLOSING:
            depth -= len(brackets)
            if before > MOST_DEPTH >= depth:
                at = token.start() + before - MOST_DEPTH
    return b"".join(kept) + (content[at:] if depth <= MOST_DEPTH else b"")


def _integer(text: str) -> int | None:
    return int(text) if len(text) <= MOST_DIGITS else None


def _number(text: str) -> float | None:
    number = float(text)
    return number if isfinite(number) else None


_tolerant = json.JSONDecoder(
    strict=False, parse_int=_integer, parse_float=_number, parse_constant=lambda _: None
)


def _without_surrogates(value: Any) -> Any:
    text = json.dumps(value, ensure_ascii=False)
    return json.loads(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))

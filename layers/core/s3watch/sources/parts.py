"""Cuts a file of any size into parts, each of which is a log file by itself.

A part ends with a line or, where there are none, with an object of several that come one after another. A
list that goes beyond a part, such as a log file's `Records`, is cut between two elements, and its beginning
repeated before the others.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from s3watch.errors import LogFileError
from s3watch.sources.access_log_lines import has_text_line
from s3watch.sources.broken_lists import find_cut, find_list
from s3watch.sources.formats import END_OF_OBJECT

PART = 2 * 1024 * 1024  # bytes: a thousand records; memory holds a part some ten times over
MOST = 3 * PART  # bytes of a part in which nothing ends: no record is nearly as long
# In JSON this stands only between two objects, in an access log only between two lines
_NEXT_OBJECT = b'}\n{"'
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def split_into_parts(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the parts of a file that comes in chunks; one that is smaller than a part comes out as it is.

    Raises what `chunks` raises, after the part that is complete before.
    """
    return (part for part in _split(chunks) if part and not part.isspace())


def _split(chunks: Iterable[bytes]) -> Iterator[bytes]:
    window = b""
    try:
        for chunk in chunks:
            is_long = len(window) + len(chunk) >= PART
            # of lines of JSON, with one copy and without looking at each
            if is_long and (end := chunk.rfind(_NEXT_OBJECT) + 1):
                yield b"".join((window, memoryview(chunk)[:end]))
                window = chunk[end:].lstrip()
                continue
            window = (window + chunk).removeprefix(_BYTE_ORDER_MARK)
            if len(window) >= PART:
                part, window = cut(window)
                if not part and len(window) > MOST:
                    part, window = window, b""
                yield part
    except LogFileError:
        yield cut(window)[0]
        raise
    yield window


def cut(window: bytes) -> tuple[bytes, bytes]:
    """Return as much of a window as is complete, and the rest with what has to stand before it."""
    end = _find_end(window)
    if end is not None:
        return window[:end], window[end:]
    start = _find_list_start(window)
    if start is None:
        return _cut_after(window, b"\n")
    comma = find_cut(window, start)
    if comma is None:
        return _cut_after(window, b"\n") if b"]\n" in window else (b"", window)
    opening = window[: start + 1]
    closing = b"]}" if opening.startswith(b"{") else b"]"
    return window[:comma] + closing, opening + window[comma + 1 :]


def _find_end(window: bytes) -> int | None:
    """Return where the last line of an access log ends, or the last but one of several objects."""
    if has_text_line(window):
        return window.rfind(b"\n") + 1
    ends = deque(END_OF_OBJECT.finditer(window), maxlen=1)
    return ends[0].end() if ends else None


def _find_list_start(window: bytes) -> int | None:
    if window.startswith(b"["):
        return 0
    starts = (find_list(window, name) for name in (b"Records", b"Events"))
    return next((start for start in starts if start is not None), None)


def _cut_after(window: bytes, separator: bytes) -> tuple[bytes, bytes]:
    end = window.rfind(separator) + 1
    return window[:end], window[end:]

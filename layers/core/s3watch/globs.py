r"""The one pattern language: `*` is any text, also `/`, `?` one character, a backslash makes these literal.

Matching never backtracks: the pieces between the stars are found from left to right and none is tried again.
Case is the caller's business.
"""

from __future__ import annotations

import re
from collections.abc import Callable

type Test = Callable[[str], bool]
type Piece = list[str | None]  # characters; None is any one

_TOKEN = re.compile(r"\\([*?\\])|(\*+)|(\?)|(.)", re.DOTALL)


def is_literal(pattern: str) -> bool:
    """Tell whether the pattern matches one text only."""
    return len(pieces := _split(pattern)) == 1 and None not in pieces[0]


def literal(pattern: str) -> str:
    """Give the one text that a literal pattern matches."""
    return "".join(filter(None, _split(pattern)[0]))


def compile_glob(pattern: str) -> Test:
    """Make the test whether the pattern matches a whole text."""
    pieces = _split(pattern)
    if any(None in piece for piece in pieces):
        return _with_gaps(pieces)
    head, *middle = ("".join(filter(None, piece)) for piece in pieces)
    if not middle:
        return head.__eq__
    tail = middle.pop()
    return _between(head, middle, tail)


def literal_head(pattern: str) -> str:
    """Give what every text that the pattern matches begins with."""
    head = _split(pattern)[0]
    return "".join(filter(None, head[: head.index(None)] if None in head else head))


def overlaps(pattern: str, prefix: str) -> bool:
    """Tell whether any text that begins with `prefix` matches the pattern."""
    head, *rest = _split(pattern)
    agree = all(want is None or want == char for want, char in zip(head, prefix, strict=False))
    return agree and (bool(rest) or len(prefix) <= len(head))


def _split(pattern: str) -> list[Piece]:
    pieces: list[Piece] = [[]]
    for escaped, stars, one, plain in _TOKEN.findall(pattern):
        if stars:
            pieces.append([])
        else:
            pieces[-1].append(None if one else escaped or plain)
    return pieces


def _between(head: str, middle: list[str], tail: str) -> Test:
    """Match a head, a tail, and what stands between them, all literal."""
    if not any(middle):
        if not tail:
            return lambda text: text.startswith(head)
        if not head:
            return lambda text: text.endswith(tail)
    shortest = len(head) + len(tail)

    def test(text: str) -> bool:
        if len(text) < shortest or not text.startswith(head) or not text.endswith(tail):
            return False
        at, end = len(head), len(text) - len(tail)
        for piece in middle:
            at = text.find(piece, at, end)
            if at < 0:
                return False
            at += len(piece)
        return True

    return test


def _with_gaps(pieces: list[Piece]) -> Test:
    """Match pieces in which some places take any character; each has one length: `re` can not backtrack."""
    head, *middle = (
        re.compile("".join("." if c is None else re.escape(c) for c in piece), re.DOTALL) for piece in pieces
    )
    if not middle:
        return lambda text: head.fullmatch(text) is not None
    tail = middle.pop()
    head_length, tail_length = len(pieces[0]), len(pieces[-1])

    def test(text: str) -> bool:
        end = len(text) - tail_length
        if end < head_length or not head.match(text) or not tail.match(text, end):
            return False
        at = head_length
        for piece in middle:
            found = piece.search(text, at, end)
            if not found:
                return False
            at = found.end()
        return True

    return test

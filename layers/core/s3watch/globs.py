r"""Parses and matches the pattern language of rules, catalogue and policies.

`*` matches any text including `/`, `?` matches one character, and a backslash before `*`, `?` or a backslash
makes it literal. Matching is case-sensitive and never backtracks: the pieces between the stars are searched
from left to right, each once, so that no pattern can be made slow.
"""

from __future__ import annotations

import re
from collections.abc import Callable

type Test = Callable[[str], bool]
type Piece = list[str | None]  # the characters between two stars; None is any one character

_TOKEN = re.compile(r"\\([*?\\])|(\*+)|(\?)|(.)", re.DOTALL)


def is_literal(pattern: str) -> bool:
    """Return whether the pattern has no wildcards, and so matches one text only."""
    return len(pieces := _split(pattern)) == 1 and None not in pieces[0]


def unescape(pattern: str) -> str:
    """Return the one text that a pattern without wildcards matches."""
    return "".join(filter(None, _split(pattern)[0]))


def compile_glob(pattern: str) -> Test:
    """Compile a pattern into a test of whether it matches a whole text."""
    pieces = _split(pattern)
    if any(None in piece for piece in pieces):
        return _with_single_wildcards(pieces)
    head, *middle = ("".join(filter(None, piece)) for piece in pieces)
    if not middle:
        return head.__eq__
    tail = middle.pop()
    return _between(head, middle, tail)


def literal_prefix(pattern: str) -> str:
    """Return the text before the first wildcard: every text that the pattern matches begins with it."""
    head = _split(pattern)[0]
    return "".join(filter(None, head[: head.index(None)] if None in head else head))


def literal_suffix(pattern: str) -> str:
    """Return the text after the last wildcard: every text that the pattern matches ends with it."""
    tail = _split(pattern)[-1]
    return "".join(filter(None, tail[len(tail) - tail[::-1].index(None) :] if None in tail else tail))


def overlaps(pattern: str, prefix: str) -> bool:
    """Return whether the pattern matches any text that begins with `prefix`."""
    head, *rest = _split(pattern)
    agrees = all(want is None or want == char for want, char in zip(head, prefix, strict=False))
    return agrees and (bool(rest) or len(prefix) <= len(head))


def _split(pattern: str) -> list[Piece]:
    pieces: list[Piece] = [[]]
    for escaped, stars, one, plain in _TOKEN.findall(pattern):
        if stars:
            pieces.append([])
        else:
            pieces[-1].append(None if one else escaped or plain)
    return pieces


def _between(head: str, middle: list[str], tail: str) -> Test:
    """Match literal text at the beginning, at the end and, in order, between them."""
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


def _with_single_wildcards(pieces: list[Piece]) -> Test:
    """Match pieces that contain `?`; each has a fixed length, so that `re` can not backtrack."""
    head, *middle = (
        re.compile("".join("." if c is None else re.escape(c) for c in piece), re.DOTALL) for piece in pieces
    )
    if not middle:
        return lambda text: head.fullmatch(text) is not None
    tail = middle.pop()
    head_length, tail_length = len(pieces[0]), len(pieces[-1])
    literal = _longest_literal(pieces)

    def test(text: str) -> bool:
        if literal not in text:  # of a text that does not match, mostly all that has to be looked at
            return False
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


def _longest_literal(pieces: list[Piece]) -> str:
    """Return the longest text without wildcards in a pattern; empty if it has none."""
    runs = "\0".join("".join("\0" if char is None else char for char in piece) for piece in pieces)
    return max(runs.split("\0"), key=len)

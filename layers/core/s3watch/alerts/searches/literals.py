"""Quotes texts for SQL and for a shell, so that they can be pasted and can not change what is run.

Text from a caller is split where mail programs would make a link of it, and invisible characters are written
as character codes.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby, pairwise

from s3watch.links import atoms, find_links
from s3watch.text import is_visible, pack

WIDTH = 66  # columns of a quoted text, so that a line with its indent stays below 78


def sql_literal(text: str, *, whole: bool = False) -> list[str]:
    """Quote a text for SQL as pieces to be concatenated, each of at most 66 columns.

    Unless it is trusted, and may stay `whole`, it is split where mail programs would make a link of it.
    """
    quote, code = "'{}'".format, "chr({}) || ".format
    pieces = []
    for visible, part in _runs(text, whole=whole):
        if visible:
            pieces += [quote(line) for line in _pack(part, lambda atom: atom.replace("'", "''"), 2)]
        else:
            pieces += [line.removesuffix(" || ") for line in pack((code(ord(char)) for char in part), WIDTH)]
    return pieces or ["''"]


def shell_literal(text: str, *, whole: bool = False) -> list[str]:
    r"""Quote a text for bash and zsh, as lines of at most 66 columns that a `\` has to continue."""
    pieces = []
    for visible, part in _runs(text, whole=whole):
        if visible:
            pieces += [f"'{line}'" for line in _pack(part, lambda atom: atom.replace("'", r"'\''"), 2)]
        else:
            pieces += [f"$'{line}'" for line in _pack(part, _shell_code, 3)]
    return pack(pieces, WIDTH) or ["''"]


def _shell_code(char: str) -> str:
    return f"\\U{ord(char):08x}"


def _pack(text: str, write: Callable[[str], str], quotes: int) -> list[str]:
    return pack(map(write, atoms(text)), WIDTH - quotes)


def _runs(text: str, *, whole: bool) -> list[tuple[bool, str]]:
    """Split a text into visible and invisible parts, the visible ones so that none becomes a link."""
    runs = []
    for visible, chars in groupby(text, key=is_visible):
        run = "".join(chars)
        parts = _unlinked(run) if visible and not whole else [run]
        runs += [(visible, part) for part in parts]
    return runs


def _unlinked(text: str) -> list[str]:
    """Split a text so that no part becomes a link."""
    places = [0, *sorted({end - 1 for _, end in find_links(text)} - {0}), len(text)]
    return [text[start:end] for start, end in pairwise(places)]

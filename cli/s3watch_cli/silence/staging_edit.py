"""Removes an entry from a file that is a list, and leaves all other lines of it as they are."""

from __future__ import annotations

from s3watch.errors import SettingError

from s3watch_cli.rules.diagnostics import Diagnostics
from s3watch_cli.rules.located_yaml import read_yaml


def without_entry(path: str, content: bytes, number: int) -> bytes:
    """Return a YAML list without an entry, by its number from 0.

    The entry's own lines go, with what is written behind it or indented below it; every other comment stays.
    Raises SettingError if that would change anything else, as in a list on one line.
    """
    document = read_yaml(path, content, Diagnostics())
    listed = document.value if document else None
    if not document or not isinstance(listed, list):
        raise SettingError(f"{path}: not a list any more; read it again")
    lines = content.split(b"\n")
    start = document.line(number) - 1
    end = document.line(number + 1) - 1 if number + 1 < len(listed) else len(lines)
    while end > start and _stays(lines[end - 1]):
        end -= 1
    edited = b"\n".join([*lines[:start], *lines[end:]])
    after = read_yaml(path, edited, found := Diagnostics())
    wanted = [*listed[:number], *listed[number + 1 :]]
    if found.mistakes or (after.value if after else None) != (wanted or None):
        raise SettingError(f"{path}:{start + 1}: the entry shares lines with others; remove it yourself")
    return edited


def _stays(line: bytes) -> bool:
    """Return whether a line after an entry belongs to none."""
    return not line.strip() or line.startswith(b"#")

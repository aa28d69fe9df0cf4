"""Reads dates of rule files."""

from __future__ import annotations

from datetime import date

from s3watch_cli.rules.entries import Entry


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

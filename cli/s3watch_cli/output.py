"""Prints what commands produce: rows or bytes to standard output, notes to standard error."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import msgspec

type Row = Mapping[str, Any]
type Format = Literal["auto", "table", "json", "ndjson"]

COLOURS = {"critical": "bold red", "high": "red", "medium": "yellow", "failed": "red", "passed": "green"}


def show(rows: Iterable[Row], form: Format = "auto") -> None:
    """Print rows; `auto` is a table on a terminal, else one JSON object a line."""
    if form == "auto":
        form = "table" if sys.stdout.isatty() else "ndjson"
    match form:
        case "table":
            _show_table(list(rows))
        case "json":
            write(msgspec.json.format(msgspec.json.encode(list(rows))) + b"\n")
        case _:
            for row in rows:
                write(msgspec.json.encode(row) + b"\n")


def write(content: bytes) -> None:
    """Write bytes to standard output."""
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


def note(text: str) -> None:
    """Print a line that is not a result to standard error."""
    print(text, file=sys.stderr)  # noqa: T201  # the one place that prints


def _show_table(rows: Sequence[Row]) -> None:
    from rich.console import Console  # noqa: PLC0415  # 60 ms that a filter does not need
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    if not rows:
        return
    table = Table(box=None, pad_edge=False)
    for name in rows[0]:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(Text(_text(value), style=COLOURS.get(_text(value), "")) for value in row.values()))
    Console(soft_wrap=False).print(table)


def _text(value: Any) -> str:
    if value is True or value is False:
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)

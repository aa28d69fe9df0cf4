"""Prints what commands produce: rows or bytes to standard output, notes to standard error. Writes files."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

import msgspec
from s3watch.text import count, escape, is_visible

if TYPE_CHECKING:
    from rich.status import Status

type Row = Mapping[str, Any]
type Format = Literal["auto", "table", "json", "ndjson"]

RULE = "-" * 78  # above each text
COLOURS = {"critical": "bold red", "high": "red", "medium": "yellow", "failed": "red", "passed": "green"}


def show(rows: Iterable[Row], form: Format = "auto", columns: Sequence[str] = ()) -> None:
    """Print rows; `auto` is a table on a terminal, of these columns only, else one JSON object a line."""
    if form == "auto":
        form = "table" if sys.stdout.isatty() else "ndjson"
    match form:
        case "table":
            _show_table([{name: row[name] for name in columns or row} for row in rows])
        case "json":
            write(msgspec.json.format(_encode(list(rows))) + b"\n")
        case _:
            for row in rows:
                write(_encode(row) + b"\n")


def show_texts(rows: Iterable[Row], form: Format, render: Callable[[Row], str]) -> None:
    """Print rows as `show` does, but for people each as a text, as soon as there is one."""
    if form == "table" or (form == "auto" and sys.stdout.isatty()):
        for row in rows:
            write(_as_lines(f"{RULE}\n{render(row)}").encode(errors="replace") + b"\n")
    else:
        show(rows, form)


def _as_lines(text: str) -> str:
    """Return lines without what a terminal would obey."""
    return "\n".join(map(show_controls, text.split("\n")))


def _encode(value: Any) -> bytes:
    """Encode a result; half surrogate pairs, of file names that are not UTF-8, become question marks."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        text = json.dumps(msgspec.to_builtins(value), ensure_ascii=False, separators=(",", ":"))
        return text.encode(errors="replace")


def write(content: bytes) -> None:
    """Write bytes to standard output."""
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


def replace_file(path: Path, content: bytes) -> None:
    """Write a file at once, so that nobody reads half of it. Raises OSError, which names that file."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        raise OSError(error.errno, error.strerror, str(path)) from error


class Progress:
    """Says how far the reading of files has come, while it lasts, on standard error if it is a terminal."""

    def __init__(self) -> None:
        self._files = self._records = 0
        self._status: Status | None = None

    def __enter__(self) -> Self:
        if sys.stderr and sys.stderr.isatty():  # None if it is closed
            from rich.console import Console  # noqa: PLC0415  # 60 ms that a filter does not need

            self._status = Console(stderr=True).status("")
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._status:
            self._status.stop()

    def advance(self, files: int, records: int) -> None:
        """Count more files and records as read."""
        self._files += files
        self._records += records
        if self._status:
            self._status.update(f"{count(self._records, 'record')} of {count(self._files, 'file')} read")


def note(text: str) -> None:
    """Print lines that are not a result to standard error, without what a terminal would obey."""
    print(_as_lines(text), file=sys.stderr)  # noqa: T201  # the one place that prints


def show_controls(text: str) -> str:
    r"""Return text as one line, with control and other invisible characters as escapes such as `\x1b`."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if is_visible(char) else escape(char) for char in text)


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
    return show_controls(", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value))

"""Finds log files in folders, and reads a file, or standard input, in chunks."""

from __future__ import annotations

import codecs
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from io import BufferedReader
from pathlib import Path
from typing import cast

from s3watch.errors import LogFileError
from s3watch.sources import streams
from s3watch.sources.log_keys import ACCESS_LOG, classify_key
from s3watch.text import count

from s3watch_cli.history.failures import FailureLog, Failures
from s3watch_cli.history.s3_objects import S3, list_objects, open_object

_KINDS = (".json", ".ndjson", ".jsonl", ".log", ".csv")
ENDINGS = (*_KINDS, *(f"{kind}.gz" for kind in _KINDS), ".parquet")  # of the last, only to say so
# What Athena's UNLOAD writes, named by the engine's id of the query and a UUID
UNLOADED = re.compile(r"\d{8}_\d{6}_\d{5}_[a-z0-9]{5}_[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?:\.gz)?")
STANDARD_INPUT = "-"
MOST_NAMED = 3  # of the files that are left out
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)  # as PowerShell writes what is redirected to a file


class LogFiles:
    """The log files in files and folders, by name; and what was left out of the folders, and why."""

    def __init__(self, paths: Sequence[str], failures: Failures | FailureLog) -> None:
        """Prepare the search; a path is a file, a folder, `s3://bucket/prefix`, or `-` for standard input.

        A folder that holds no log file, or cannot be read, is one of the failures.
        """
        self._paths = paths
        self._failures = failures
        self._kinds: Counter[str] = Counter()  # files that hold no accesses, by what AWS writes into them
        self._others: list[str] = []
        self._unending: list[str] = []  # pipes, sockets and devices: whoever reads them may wait for ever

    def __iter__(self) -> Iterator[str]:
        """Yield the paths of the files; a file that is named is taken for a log file whatever its name."""
        for path in self._paths:
            if path.startswith(S3):
                yield from self._of_bucket(path)
            elif path == STANDARD_INPUT or not Path(path).is_dir():
                yield path
            else:
                yield from self._of_folder(Path(path))

    def notes(self) -> Iterator[str]:
        """Say which files of the folders were left out, and why."""
        for kind, number in sorted(self._kinds.items()):
            yield f"left out: {count(number, 'file')} of {kind}, without accesses"
        if self._unending:
            yield f"left out: {count(len(self._unending), 'special file')} ({_some(self._unending)})"
        if self._others:
            named = _some(self._others)
            yield f"left out: {len(self._others)} whose names are not those of log files ({named})"

    def _of_folder(self, folder: Path) -> Iterator[str]:
        found = False
        for place, folders, names in folder.walk(on_error=self._fail):
            folders.sort()
            for path in (place / name for name in sorted(names)):
                if not self._may_hold_accesses(path.as_posix()):
                    continue
                if path.exists() and not path.is_file():
                    self._unending.append(str(path))
                else:
                    found = True
                    yield str(path)
        if not found:
            self._failures.add(f"no log file in {folder}")

    def _of_bucket(self, prefix: str) -> Iterator[str]:
        found = False
        try:
            for path in list_objects(prefix):
                if path == prefix or self._may_hold_accesses(path):
                    found = True
                    yield path
        except LogFileError as error:
            self._failures.add(str(error))
        else:
            if not found:
                self._failures.add(f"no log file in {prefix}")

    def _may_hold_accesses(self, path: str) -> bool:
        """Recognize a log file by its name; access logs have no extension."""
        file = classify_key(path)
        if not file.holds_accesses:
            self._kinds[file.kind] += 1
            return False
        name = path.rpartition("/")[2]
        if name.endswith(ENDINGS) or file.kind == ACCESS_LOG or UNLOADED.fullmatch(name):
            return True
        self._others.append(path)
        return False

    def _fail(self, error: OSError) -> None:
        self._failures.add(f"{error.filename}: {error.strerror}")


def _some(paths: Sequence[str]) -> str:
    more = ", ..." if len(paths) > MOST_NAMED else ""
    return f"{', '.join(sorted(paths)[:MOST_NAMED])}{more}"


def title(path: str) -> str:
    """Return what a path is called in messages."""
    return "standard input" if path == STANDARD_INPUT else path


def read_chunks(path: str) -> Iterator[bytes]:
    """Yield the content of a file, decompressed and in UTF-8, in chunks of some megabytes.

    Raises LogFileError if it is damaged, after what comes before the damage, and OSError.
    """
    with _open(path) as file:
        is_utf_16 = file.peek(2)[:2] in _UTF_16
        chunks = streams.read_chunks(file, title(path))
        if is_utf_16:
            decoder = codecs.getincrementaldecoder("utf-16")(errors="replace")
            chunks = (decoder.decode(chunk).encode() for chunk in chunks)
        yield from chunks


def _open(path: str) -> AbstractContextManager[BufferedReader]:
    if path.startswith(S3):
        return open_object(path)
    if path == STANDARD_INPUT:
        return nullcontext(cast("BufferedReader", sys.stdin.buffer))
    return Path(path).open("rb")

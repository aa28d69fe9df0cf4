"""A year of logs as people have it: `python -m tests.support.year_of_logs FOLDER --records 2000000`.

Trail folders with digests among them, exports of the CLI and of Athena, log files that were joined, lines
of JSON in one large file, access logs with hostile lines, empty and broken files, and files that are no logs.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import batched
from pathlib import Path
from typing import Any

from tests.support.access_log import make_line
from tests.support.athena_exports import as_csv, as_unloaded
from tests.support.cloudtrail import as_bytes, make_log_file, make_record, make_user

YEAR = datetime(2025, 11, 20, tzinfo=UTC)  # its beginning; a record every 15 seconds
BROKEN = (
    "athena/unreadable.parquet",
    "broken/cut.json.gz",
    "broken/empty.json",
    "broken/other.json",
    "broken/text.json",
)  # each a failure
HOSTILE = 3  # lines of each access log that are none


def make_year(folder: Path, records: int) -> None:
    """Write the folder; half of its records are lines of one file."""
    half, joined, looked_up, asked, logged = (records * part // 16 for part in (8, 12, 13, 14, 15))
    _write(folder / "history.ndjson", (as_bytes(each) + b"\n" for each in _records(0, half)))
    _write_trail(folder, _records(half, joined))
    _write(folder / "joined.json.gz", _joined(_records(joined, looked_up)), gzip.open)
    _write_export(folder / "lookup.json", _records(looked_up, asked))
    _write_athena(folder, list(_records(asked, logged)))
    _write_access_logs(folder, range(logged, records))
    _write_broken(folder)


def _records(start: int, end: int) -> Iterator[dict[str, Any]]:
    """Records over a year, one in forty of which reads a sensitive object."""
    for number in range(start, end):
        time = YEAR + timedelta(seconds=number * 15)
        yield make_record(
            bucket="elsewhere" if number % 40 else "hr-data",
            eventTime=time.strftime("%Y-%m-%dT%H:%M:%SZ"),
            requestID=f"R{number:016X}", eventID=f"f2b287f3-0df1-4234-a2f4-{number:012x}",
            userIdentity=make_user(f"user{number % 50}"),
        )  # fmt: skip


def _write(path: Path, parts: Iterator[bytes], opened: Callable[..., Any] = open) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with opened(path, "wb") as file:
        file.writelines(parts)


def _joined(records: Iterator[dict[str, Any]]) -> Iterator[bytes]:
    return (make_log_file(*some) for some in batched(records, 100, strict=False))


def _write_trail(folder: Path, records: Iterator[dict[str, Any]]) -> None:
    day = folder / "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/11/20"
    for number, some in enumerate(batched(records, 2000, strict=False)):
        _write(day / f"111122223333_CloudTrail_{number}.json.gz", iter([make_log_file(*some)]), gzip.open)
    digest = folder / "AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2026/11/20/digest.json.gz"
    _write(digest, iter([b'{"digestS3Bucket": "trail", "logFiles": []}']), gzip.open)


def _write_export(path: Path, records: Iterator[dict[str, Any]]) -> None:
    events = [{"EventId": each["eventID"], "CloudTrailEvent": json.dumps(each)} for each in records]
    _write(path, iter([json.dumps({"Events": events}, indent=4).encode()]))


def _write_athena(folder: Path, records: list[dict[str, Any]]) -> None:
    half = len(records) // 2
    _write(folder / "athena/results.csv", iter([as_csv(*records[:half])]))
    unloaded = folder / "athena/20261120_081403_00042_a1b2c_0a1b2c3d-1111-4222-8333-444455556666.gz"
    _write(unloaded, iter([as_unloaded(*records[half:])]), gzip.open)
    _write(folder / "athena/unreadable.parquet", iter([b"PAR1"]))


def _write_access_logs(folder: Path, numbers: range) -> None:
    hostile = [b"", b"half a line", b'79a59d hr-data [20/Nov/2026:08:14:03 +0000] "', b"\xff\x00"]
    for file, some in enumerate(batched(numbers, 5000, strict=False)):
        lines = [make_line(request=f"A{number:015X}", agent=f'a" "{number}') for number in some]
        path = folder / f"access/2026-11-20-08-14-03-{file:016X}"
        _write(path, iter([b"\n".join([*hostile, *lines])]))


def _write_broken(folder: Path) -> None:
    contents = (gzip.compress(make_log_file(make_record()))[:-20], b"", b'{"a": 1}', b"hello")
    for name, content in zip(BROKEN[1:], contents, strict=True):
        _write(folder / name, iter([content]))
    _write(folder / "notes.txt", iter([b"what we know so far"]))


def main() -> None:
    """Write such a folder."""
    parser = argparse.ArgumentParser(prog="python -m tests.support.year_of_logs", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--records", type=int, default=20_000, help="some 1.3 KB each (default 20000)")
    options = parser.parse_args()
    make_year(options.folder, options.records)


if __name__ == "__main__":
    main()

"""Reads the records of log files of any size, and tells them from whatever else is in the files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice

import msgspec
from s3watch.errors import LogFileError, RecordError
from s3watch.facts.access import Access
from s3watch.sources.cloudtrail import Record, decode
from s3watch.sources.feeds import ACCESS_LOG_LINE
from s3watch.sources.log_keys import classify_key
from s3watch.sources.streams import read_parts

from s3watch_cli.history import athena_exports
from s3watch_cli.history.failures import FailureLog, Failures, places_in

MOST_RECORDS = 5000  # read before they are evaluated: of one part of a file, which bounds their bytes
MOST_ROWS = 64  # the same of a CSV export, each of which may be as long as a record may be
NO_RECORD = "no CloudTrail record, access-log line or S3 event"
_EVENT_NAME = b'"eventName"'

type Placed = tuple[str, bytes]  # where a record stands, and the record


class LogReader:
    """Reads log files one by one; what cannot be read goes to the failures."""

    def __init__(self, failures: Failures | FailureLog, account: str | None = None) -> None:
        """Prepare the reading; `account` owns the buckets whose records do not say who does."""
        self._failures = failures
        self._account = account

    def read(self, name: str, chunks: Iterable[bytes]) -> Iterator[list[Placed]]:
        """Yield the records of a file, given in chunks, some at a time.

        Whatever is wrong with it is a failure, also if it holds no record.
        """
        number, known, begin = 0, False, places_in(name)
        try:
            for entries in self._entries(name, chunks):
                placed = list[Placed]()
                for number, entry in enumerate(entries, number + 1):  # noqa: B020  # goes on counting
                    place = f"{begin}{number}"
                    if known and _EVENT_NAME in entry:
                        placed.append((place, entry if self._account is None else self._with_owner(entry)))
                        continue
                    placed += self._examine(place, entry)
                    known = known or bool(placed)
                if placed:
                    yield placed
            if not known:
                self._failures.refuse(name, f"{NO_RECORD} in it")
        except LogFileError as error:
            self._failures.add(str(error), name)
        except OSError as error:
            self._failures.add(f"{name}: {error.strerror or error}", name)

    def _examine(self, place: str, entry: bytes) -> Iterator[Placed]:
        """Yield what a file holds if it is a record; that it is none is a failure."""
        raw = entry if _EVENT_NAME in entry else athena_exports.read_row(entry)
        if why := _why_no_record(raw):
            self._failures.reject(place, why)
        else:
            yield place, self._with_owner(raw)

    def _entries(self, name: str, chunks: Iterable[bytes]) -> Iterator[list[bytes]]:
        """Yield what a file holds, record or not. Raises LogFileError if its beginning is no log file's."""
        head = next(chunks := iter(chunks), b"")
        athena_exports.refuse_tables(head, name)
        whole = chain([head], chunks)
        if athena_exports.is_csv(head):
            yield from _in_lists(athena_exports.read_csv(whole, name), MOST_ROWS)
            return
        for records in read_parts(whole, name, self._account or classify_key(name).account):
            yield from _in_lists(records, MOST_RECORDS)

    def _with_owner(self, raw: bytes) -> bytes:
        """Name the owner of the bucket in a CloudTrail record without resources, which exports leave out."""
        if self._account is None:
            return raw
        record = decode(raw)
        bucket = Access(record, raw).bucket
        if (
            record.event_type == ACCESS_LOG_LINE
            or bytes(record.resources) not in (b"null", b"[]")
            or not bucket
        ):
            return raw
        owned = {"type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{bucket}", "accountId": self._account}
        return raw.rstrip().removesuffix(b"}") + b',"resources":' + msgspec.json.encode([owned]) + b"}"


def _in_lists(entries: Iterator[bytes], most: int) -> Iterator[list[bytes]]:
    """Yield entries some at a time, those before an error too."""
    while True:
        some = list[bytes]()
        try:
            some.extend(islice(entries, most))
        except LogFileError:
            yield some
            raise
        if not some:
            return
        yield some


def _why_no_record(raw: bytes) -> str:
    """Return why something is no record; empty if it is one, whatever it lacks."""
    try:
        record = decode(raw)
    except RecordError as error:
        return str(error)
    return "" if _is_record(record) else NO_RECORD


def _is_record(record: Record) -> bool:
    named = record.event_name or record.event_source or record.event_id
    return bool(named) or bytes(record.identity) not in (b"null", b"{}")

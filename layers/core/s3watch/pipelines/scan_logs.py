"""Log files through the pipeline: a message names files, a file has records by the thousand.

A file is judged in chunks, so that a ledger that is away stops it soon. What can not be read is set aside by
itself: a record with its file and number, a file as its message. Whatever was not recorded makes the whole
message come again; what was recorded then counts nothing a second time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import batched

from s3watch.errors import LogFileError, RecordError, UnavailableError
from s3watch.pipelines.detect import Outcome, Pipeline
from s3watch.sources.envelopes import Message
from s3watch.sources.formats import read_records
from s3watch.sources.log_keys import classify_key
from s3watch.sources.log_notifications import LogObject, PoisonRecord, read_notification, read_poison_record

CHUNK = 2000  # records judged at a time: some ledger writes, and a tenth of a second
MOST_BYTES = 128 * 1024 * 1024  # of one inflated file; CloudTrail closes files at 50 MB
MOST_TEXT = (
    200_000  # characters of a record that is set aside: a message holds 1 MiB, a record 256 KB at most
)
MOST_POISON = 100  # records of a file that are set aside by themselves; one with more is refused as a whole
WAY = "log_files"

type Download = Callable[[LogObject, int], bytes]  # the object, and the most bytes it may have


@dataclass(slots=True)
class Scan:
    """What some messages came to."""

    outcome: Outcome = field(default_factory=Outcome)
    files: int = 0  # read to their end
    skipped: Counter[str] = field(default_factory=Counter)  # files passed over knowingly, by kind
    poison: dict[str, list[PoisonRecord]] = field(default_factory=dict)  # records to set aside, by message
    unreadable: dict[str, str] = field(default_factory=dict)  # messages to set aside, and why
    delayed: dict[str, str] = field(default_factory=dict)  # messages to try again, and why

    def numbers(self) -> dict[str, int]:
        """What became of files and records, by the names of the metrics."""
        records = {f"Records{name.capitalize()}": n for name, n in asdict(self.outcome.counts).items()}
        return records | {
            "LogFiles": self.files,
            "LogFilesSkipped": self.skipped.total(),
            "LogFilesRefused": len(self.unreadable),
            "RuleFailures": len(self.outcome.rule_failures),
        }

    @property
    def unrecorded(self) -> set[str]:
        """The messages to try again."""
        return set(self.delayed)


class Scanner:
    """Judges the log files that messages tell of; `account` is that of buckets whose log does not say it."""

    def __init__(self, pipeline: Pipeline, download: Download, account: str | None) -> None:
        self._pipeline = pipeline
        self._download = download
        self._account = account

    def scan(self, messages: Iterable[Message], now: float) -> Scan:
        """Judge messages, one at a time."""
        scan = Scan()
        for message in messages:
            try:
                self._take(message, scan, now)
            except UnavailableError as error:
                scan.delayed[message.id] = str(error)
            except (LogFileError, RecordError) as error:
                scan.unreadable[message.id] = str(error)
        return scan

    def _take(self, message: Message, scan: Scan, now: float) -> None:
        again = read_poison_record(message.body)
        if again:
            content, name = again.record.encode(), f"{again.file}, record {again.number}"
            self._judge(message, name, read_records(content, name, account=self._account), scan, now)
            return
        refusals: list[str] = []
        for place in read_notification(message.body):
            try:
                self._read(message, place, scan, now)
            except LogFileError as error:  # the other files of the message go on
                refusals.append(str(error))
        if refusals:
            raise LogFileError("; ".join(refusals))

    def _read(self, message: Message, place: LogObject, scan: Scan, now: float) -> None:
        """Read one file, unless its name says that it holds no accesses."""
        file = classify_key(place.key)
        if not file.holds_accesses:
            scan.skipped[file.kind] += 1
            return
        content = self._download(place, MOST_BYTES)
        records = read_records(content, place.uri, MOST_BYTES, file.account or self._account)
        del content  # half of what is in memory
        self._judge(message, place.uri, records, scan, now)
        scan.files += 1

    def _judge(self, message: Message, file: str, records: Iterable[bytes], scan: Scan, now: float) -> None:
        """Judge records by their numbers; at the first chunk that was not recorded the message goes back."""
        poison: list[PoisonRecord] = []
        numbered = ((str(number), raw) for number, raw in enumerate(records, 1))
        for chunk in batched(numbered, CHUNK, strict=False):
            outcome = self._pipeline.run(chunk, now, WAY)
            scan.outcome.add(outcome)
            if outcome.unrecorded:
                raise UnavailableError(f"{file}: the ledger could not be written")
            poison += _poison(file, chunk, outcome)
            if len(poison) > MOST_POISON:
                raise LogFileError(f"{file}: more than {MOST_POISON} of its records can not be read")
        if poison:
            scan.poison.setdefault(message.id, []).extend(poison)


def _poison(file: str, chunk: Iterable[tuple[str, bytes]], outcome: Outcome) -> Iterator[PoisonRecord]:
    for number, raw in chunk:
        if reason := outcome.unreadable.get(number):
            yield PoisonRecord(file, int(number), raw[:MOST_TEXT].decode(errors="replace"), reason)

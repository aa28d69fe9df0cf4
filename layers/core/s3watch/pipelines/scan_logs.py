"""Evaluates log files: a message names files, and a file has thousands of records.

A file is evaluated in chunks, so that an unavailable ledger stops it early. What cannot be parsed goes to the
dead-letter queue: a record by itself, with its file and number; a file as its message. If a chunk could not
be recorded, the whole message is retried; hits that were already recorded are not counted again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import batched, islice

from s3watch.errors import LogFileError, UnavailableError, describe
from s3watch.pipelines.detect import Outcome, Pipeline
from s3watch.sources.envelopes import Message
from s3watch.sources.formats import read_records
from s3watch.sources.log_keys import classify_key
from s3watch.sources.log_notifications import LogObject, PoisonRecord, read_notification, read_poison_record
from s3watch.sources.tolerant_json import encode

CHUNK = 2000  # records evaluated at a time: some ledger writes, and a tenth of a second
MOST_BYTES = 128 * 1024 * 1024  # of one decompressed file; CloudTrail closes files at 50 MB
# Characters of an unreadable record in the dead-letter queue: a message can have 1 MiB, a record has 256 KB.
MOST_TEXT = 200_000
MOST_POISON = 100  # unreadable records of a file; a file with more of them is refused as a whole,
MOST_FAILED = 10_000  # after all its others were evaluated; with so many of them it is no log file
WAY = "log_files"

type Download = Callable[[LogObject, int], bytes]  # takes the object and its maximum size in bytes


@dataclass(slots=True)
class Scan:
    """The result of a batch of messages."""

    outcome: Outcome = field(default_factory=Outcome)
    files: int = 0  # evaluated completely
    skipped: Counter[str] = field(default_factory=Counter)  # files without accesses, by kind
    poison: dict[str, list[PoisonRecord]] = field(default_factory=dict)  # unreadable records, by message id
    unreadable: dict[str, str] = field(default_factory=dict)  # message id: reason
    delayed: dict[str, str] = field(default_factory=dict)  # id of a message to retry: reason

    def numbers(self) -> dict[str, int]:
        """Return the numbers of files and records by result, under the names of the metrics."""
        records = {f"Records{name.capitalize()}": n for name, n in asdict(self.outcome.counts).items()}
        return records | {
            "LogFiles": self.files,
            "LogFilesSkipped": self.skipped.total(),
            "LogFilesRefused": len(self.unreadable),
            "RuleFailures": len(self.outcome.rule_failures),
        }

    @property
    def unrecorded(self) -> set[str]:
        """The ids of the messages to retry."""
        return set(self.delayed)


class Scanner:
    """Evaluates the log files that messages name; `account` owns the buckets whose logs name no owner."""

    def __init__(self, pipeline: Pipeline, download: Download, account: str | None) -> None:
        self._pipeline = pipeline
        self._download = download
        self._account = account

    def scan(self, messages: Iterable[Message], now: float) -> Scan:
        """Evaluate messages, one at a time."""
        scan = Scan()
        for message in messages:
            try:
                self._take(message, scan, now)
            except UnavailableError as error:
                scan.delayed[message.id] = str(error)
            except Exception as error:  # noqa: BLE001  # reported with the message, in the dead-letter queue
                scan.unreadable[message.id] = describe(error)
        return scan

    def _take(self, message: Message, scan: Scan, now: float) -> None:
        redriven = read_poison_record(message.body)
        if redriven:
            content, name = encode(redriven.record), f"{redriven.file}, record {redriven.number}"
            self._judge(message, name, read_records(content, name, account=self._account), scan, now)
            return
        announced = read_notification(message.body)
        refusals = announced.unreadable
        for place in announced.objects:
            try:
                self._read(message, place, scan, now)
            except UnavailableError:
                raise
            except Exception as error:  # noqa: BLE001  # the other files of the message are still evaluated
                refusals.append(describe(error))
        if refusals:
            raise LogFileError("; ".join(refusals))

    def _read(self, message: Message, place: LogObject, scan: Scan, now: float) -> None:
        """Evaluate one file, unless its name says that it has no accesses."""
        file = classify_key(place.key)
        if not file.holds_accesses:
            scan.skipped[file.kind] += 1
            return
        content = self._download(place, MOST_BYTES)
        records = read_records(content, place.uri, MOST_BYTES, file.account or self._account)
        del content  # half of the memory in use
        self._judge(message, place.uri, records, scan, now)
        scan.files += 1

    def _judge(self, message: Message, file: str, records: Iterable[bytes], scan: Scan, now: float) -> None:
        """Evaluate records, with their numbers as ids; raises at the first chunk that was not recorded."""
        poison: list[PoisonRecord] = []
        failed = 0
        numbered = ((str(number), raw) for number, raw in enumerate(records, 1))
        for chunk in batched(numbered, CHUNK, strict=False):
            outcome = self._pipeline.run(chunk, now, WAY)
            scan.outcome.add(outcome)
            if outcome.unrecorded:
                raise UnavailableError(f"{file}: the ledger could not be written")
            failed += len(outcome.unreadable)
            if failed > MOST_FAILED:
                break
            poison += islice(_poison(file, chunk, outcome), MOST_POISON + 1 - len(poison))
        if failed > MOST_POISON:
            raise LogFileError(f"{file}: more than {MOST_POISON} of its records cannot be read")
        if poison:
            scan.poison.setdefault(message.id, []).extend(poison)


def _poison(file: str, chunk: Iterable[tuple[str, bytes]], outcome: Outcome) -> Iterator[PoisonRecord]:
    for number, raw in chunk:
        if reason := outcome.unreadable.get(number):
            yield PoisonRecord(file, int(number), raw[:MOST_TEXT].decode(errors="replace"), reason)

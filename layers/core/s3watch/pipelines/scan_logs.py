"""Evaluates log files: a message names files, and a file has thousands of records.

A file is read as it comes and evaluated in chunks, so that memory holds one of these, whatever its size.

Whoever can send to the queue decides nothing: only files in known log buckets are read, and a dead letter
that comes back only says which record of which file to read again.

An unavailable ledger stops a file early. What cannot be parsed goes to the dead-letter queue: a record by
itself, with its file and number; a file as its message. However many records cannot be parsed, the others of
the file are evaluated; of a file that is damaged or too large, those before that place. If a chunk could not
be recorded, or the time is over, also within a chunk, or S3 stops sending, the whole message is retried; hits
that were already recorded are not counted again. A file that S3 does not give out is tried for some minutes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass, field
from itertools import islice

from s3watch.errors import LogFileError, RefusedError, UnavailableError, describe
from s3watch.pipelines.detect import Pipeline
from s3watch.pipelines.outcome import Outcome
from s3watch.sources.envelopes import Message
from s3watch.sources.log_keys import Owners, classify_key
from s3watch.sources.log_notifications import (
    WHOLE_FILE,
    LogObject,
    PoisonRecord,
    read_notification,
    read_poison_record,
)
from s3watch.sources.streams import read_records

CHUNK = 2000  # records evaluated at a time: some ledger writes, and a tenth of a second
CHUNK_BYTES = 4 * 1024 * 1024  # of these, should each be as long as a record may be
# Of one file, decompressed: access logs, which take longest, fit into half of the function's time. CloudTrail
# closes files at 50 MB.
MOST_BYTES = 256 * 1024 * 1024
# Characters of an unreadable record in the dead-letter queue: a message can have 1 MiB, a record has 256 KB.
MOST_TEXT = 200_000
MOST_POISON = 100  # unreadable records of a file that are set aside one by one; those beyond, together
MOST_FILES = 100  # that one message names; CloudTrail names a few, S3 one
# From the fifth receive on, a message is set aside if S3 does not give out one of its files: it is eight
# minutes old then (see aws.clients.postpone), and a new permission has taken effect. SQS counts receives, not
# refusals: a message that waited for the ledger, or for time, has one try left.
FINAL_RECEIVE = 5
WAY = "log_files"
NO_TIME = "there was no time left to read all of its files"

# Takes the object and its maximum size in bytes, and yields its content in chunks
type Download = Callable[[LogObject, int], Iterable[bytes]]
type CountCalls = Callable[[Mapping[str, int], float], None]  # may raise UnavailableError
type Stop = Callable[[], bool]  # whether the time to run is nearly over


@dataclass(slots=True)
class Scan:
    """The result of a batch of messages."""

    outcome: Outcome = field(default_factory=Outcome)
    files: int = 0  # evaluated completely
    skipped: Counter[str] = field(default_factory=Counter)  # files without accesses, by kind
    foreign: Counter[str] = field(default_factory=Counter)  # files in no log bucket, by bucket
    poison: dict[str, list[PoisonRecord]] = field(default_factory=dict)  # unreadable records, by message id
    unreadable: dict[str, str] = field(default_factory=dict)  # message id: reason
    delayed: dict[str, str] = field(default_factory=dict)  # id of a message to retry: reason
    calls: Counter[str] = field(default_factory=Counter)  # of CloudTrail, by hour and bucket in one text
    uncounted: str = ""  # why these could not be added to what is kept

    def numbers(self) -> dict[str, int]:
        """Return the numbers of files and records by result, under the names of the metrics."""
        records = {f"Records{name.capitalize()}": n for name, n in asdict(self.outcome.counts).items()}
        return records | {
            "LogFiles": self.files,
            "LogFilesSkipped": self.skipped.total(),
            "LogFilesForeign": self.foreign.total(),
            "LogFilesRefused": len(self.unreadable),
            "RuleFailures": len(self.outcome.rule_failures),
        }

    def metrics(self) -> dict[str, int]:
        """Return the numbers worth a metric: each is charged for, and each invocation logs it."""
        return {name: number for name, number in self.numbers().items() if number or name == "LogFiles"}

    def warnings(self) -> Iterator[tuple[str, dict[str, object]]]:
        """Yield what to log, each with what it is about."""
        for name, reason in self.delayed.items():
            yield "log file will be retried", {"message_id": name, "reason": reason}
        if self.uncounted:
            yield "calls were not counted", {"reason": self.uncounted}
        if self.foreign:
            yield "files of other buckets were not read", {"buckets": sorted(self.foreign)[:10]}

    @property
    def unrecorded(self) -> set[str]:
        """The ids of the messages to retry."""
        return set(self.delayed)

    @property
    def trouble(self) -> str:
        """Why one of them must be retried."""
        return next(iter(self.delayed.values()), "")


@dataclass(frozen=True, slots=True)
class _Task:
    """One message, and where its results go."""

    message: Message
    scan: Scan
    now: float
    should_stop: Stop

    def check_time(self) -> None:
        """Raise UnavailableError if there is no time left to go on."""
        if self.should_stop():
            raise UnavailableError(NO_TIME)


class Scanner:
    """Evaluates the log files that messages name, of these buckets and no others."""

    def __init__(
        self,
        pipeline: Pipeline,
        download: Download,
        owners: Owners,
        buckets: AbstractSet[str],
        count_calls: CountCalls = lambda _calls, _now: None,
    ) -> None:
        self._pipeline = pipeline
        self._download = download
        self._owners = owners
        self._buckets = buckets
        self._count_calls = count_calls

    def scan(self, messages: Iterable[Message], now: float, should_stop: Stop = lambda: False) -> Scan:
        """Evaluate messages, one at a time, until `should_stop`; the others are retried."""
        scan = Scan()
        for message in messages:
            if should_stop():
                scan.delayed[message.id] = "the files of other messages took all the time"
                continue
            self._try(_Task(message, scan, now, should_stop))
        try:
            self._count_calls(scan.calls, now)
        except UnavailableError as error:
            scan.uncounted = str(error)
        return scan

    def _try(self, task: _Task) -> None:
        message, scan = task.message, task.scan
        try:
            self._take(task)
        except UnavailableError as error:
            scan.delayed[message.id] = str(error)
        except RefusedError as error:
            is_final = message.receive_count >= FINAL_RECEIVE
            (scan.unreadable if is_final else scan.delayed)[message.id] = str(error)
        except Exception as error:  # noqa: BLE001  # reported with the message, in the dead-letter queue
            scan.unreadable[message.id] = describe(error)

    def _take(self, task: _Task) -> None:
        if redriven := read_poison_record(task.message.body):
            self._read_again(task, redriven)
            return
        announced = read_notification(task.message.body)
        places = self._known(task, announced.objects)
        if len(places) > MOST_FILES:
            raise LogFileError(f"names {len(places)} files, more than the limit of {MOST_FILES}")
        withheld, refused = self._read_all(task, places)
        refused = [*announced.unreadable, *refused]
        if withheld:
            raise RefusedError("; ".join((*withheld, *refused)))
        if refused:
            raise LogFileError("; ".join(refused))

    def _read_all(self, task: _Task, places: Iterable[LogObject]) -> tuple[list[str], list[str]]:
        """Evaluate files; returns why S3 withholds some of them, and why others cannot be read."""
        withheld, refused = list[str](), list[str]()
        for place in places:
            task.check_time()
            try:
                self._read(task, place)
            except UnavailableError:
                raise
            except RefusedError as error:
                withheld.append(str(error))
            except Exception as error:  # noqa: BLE001  # the other files of the message are still evaluated
                refused.append(describe(error))
        return withheld, refused

    def _known(self, task: _Task, places: Iterable[LogObject]) -> list[LogObject]:
        """Return the objects in log buckets, each once; the others are counted."""
        different = dict.fromkeys(places)
        task.scan.foreign.update(place.bucket for place in different if place.bucket not in self._buckets)
        return [place for place in different if place.bucket in self._buckets]

    def _read(self, task: _Task, place: LogObject) -> None:
        """Evaluate one file, unless its name says that it has no accesses."""
        file = classify_key(place.key)
        if not file.holds_accesses:
            task.scan.skipped[file.kind] += 1
            return
        self._evaluate(task, place, enumerate(self._records(place), 1))
        task.scan.files += 1

    def _read_again(self, task: _Task, redriven: PoisonRecord) -> None:
        """Evaluate the record of a file that a dead letter names, as it is in the file."""
        for place in self._known(task, [redriven.place]):
            records = enumerate(self._records(place), 1)
            if redriven.number == WHOLE_FILE:
                self._evaluate(task, place, records)
                continue
            named = next((one for one in records if one[0] == redriven.number), None)
            if named is None:
                raise LogFileError(f"{place.uri}: has no record {redriven.number}")
            self._evaluate(task, place, [named])

    def _records(self, place: LogObject) -> Iterator[bytes]:
        owner = self._owners.owner_of(place.bucket, place.key)
        return read_records(self._download(place, MOST_BYTES), place.uri, MOST_BYTES, owner)

    def _evaluate(self, task: _Task, place: LogObject, records: Iterable[tuple[int, bytes]]) -> None:
        """Evaluate numbered records; raises where one is not recorded, or cannot be read."""
        poison: list[PoisonRecord] = []
        failed = 0
        try:
            for chunk in _chunks(records):
                task.check_time()
                calls = list[str]()
                outcome = self._pipeline.run(chunk, task.now, WAY, should_stop=task.should_stop, calls=calls)
                task.scan.calls.update(calls)
                task.scan.outcome.add(outcome)
                if outcome.unreached:
                    raise UnavailableError(NO_TIME)
                if outcome.unrecorded:
                    why = outcome.trouble or "no time was left"
                    raise UnavailableError(f"{place.uri}: not recorded: {why}")
                failed += len(outcome.unreadable)
                poison += islice(_poison(place, chunk, outcome), MOST_POISON - len(poison))
        except LogFileError:  # the file is set aside, and nobody can make more of it than this
            _set_aside(task, place, poison, failed)
            raise
        _set_aside(task, place, poison, failed)


def _set_aside(task: _Task, place: LogObject, poison: list[PoisonRecord], failed: int) -> None:
    """Add the unreadable records of a file to the scan, and how many more there were."""
    if failed > len(poison):
        reason = f"{failed - len(poison):,} more of its records cannot be read"
        poison.append(PoisonRecord(place.uri, WHOLE_FILE, "", reason, place.version))
    if poison:
        task.scan.poison.setdefault(task.message.id, []).extend(poison)


def _chunks(records: Iterable[tuple[int, bytes]]) -> Iterator[list[tuple[str, bytes]]]:
    """Yield records some at a time, those before the place where their file is damaged too."""
    chunk, size = list[tuple[str, bytes]](), 0
    try:
        for number, raw in records:
            chunk.append((str(number), raw))
            size += len(raw)
            if len(chunk) == CHUNK or size >= CHUNK_BYTES:
                yield chunk
                chunk, size = [], 0
    except LogFileError:
        yield chunk
        raise
    if chunk:
        yield chunk


def _poison(place: LogObject, chunk: Iterable[tuple[str, bytes]], outcome: Outcome) -> Iterator[PoisonRecord]:
    if not outcome.unreadable:  # as of nearly every chunk
        return
    for number, raw in chunk:
        if reason := outcome.unreadable.get(number):
            text = raw[:MOST_TEXT].decode(errors="replace")
            yield PoisonRecord(place.uri, int(number), text, reason, place.version)

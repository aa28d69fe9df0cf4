"""Batches: what some records of a log file come down to, before anything is made of them.

A screen decides which records matter, each for itself. So any process may do that part of the work, and the
one that goes on with the batches, in the order of the files, need not see the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from s3watch.detection.matcher import Rules
from s3watch.errors import RecordError
from s3watch.facts.access import Access
from s3watch.ledger.ledger import Ledger
from s3watch.ledger.memory_store import MemoryStore
from s3watch.pipelines.detect import Pipeline
from s3watch.pipelines.outcome import Screened
from s3watch.ruleset import Ruleset
from s3watch.sources.cloudtrail import decode

from s3watch_cli.history.failures import Failure, FailureLog
from s3watch_cli.history.log_reader import LogReader, Placed

type Screen = Callable[[Sequence[Placed]], Screened]


@dataclass(frozen=True, slots=True)
class Batch:
    """Some records of a file."""

    failures: Sequence[Failure] = ()  # of reading it so far, beyond those of the batches before
    clean: int = 0  # how many records do not matter
    time: float = 0.0  # when these records arrived, in epoch seconds: about that of the last one that has one
    records: Sequence[Placed] = ()  # that matter
    rules: Mapping[str, Rules] = field(default_factory=dict)  # by place: what is known to match of them
    is_last: bool = False  # of its file

    @property
    def size(self) -> int:
        """The bytes of its records."""
        return sum(len(raw) for _, raw in self.records)


class BatchReader:
    """Reads log files one by one, as batches."""

    def __init__(self, screen: Screen, account: str | None = None) -> None:
        """Prepare the reading; `account` owns the buckets whose records do not say who does."""
        self._screen = screen
        self._failures = FailureLog()
        self._reader = LogReader(self._failures, account)

    def read(self, name: str, chunks: Iterable[bytes]) -> Iterator[Batch]:
        """Yield the batches of a file, given in chunks; the last one holds what failed at the end."""
        for records in self._reader.read(name, chunks):
            kept = self._screen(records)
            clean = len(records) - len(kept.records)
            yield Batch(self._failures.take(), clean, _clock(records), kept.records, kept.rules)
        yield Batch(self._failures.take(), is_last=True)


def keep_all(records: Sequence[Placed]) -> Screened:
    """Keep all records: the screen of a process that judges them itself."""
    return Screened(list(records))


def screen_by(ruleset: Ruleset) -> Screen:
    """Return the screen of a replay: records that these rules find clean do not matter."""
    return Pipeline(ruleset, Ledger(MemoryStore()), with_events=True).screen


def _clock(records: Sequence[Placed]) -> float:
    for _, raw in reversed(records):
        try:
            if time := Access(decode(raw), raw).time:
                return time
        except RecordError:
            continue
    return 0.0

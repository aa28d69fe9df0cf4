"""An archive of log files, read by as many processes as it is worth."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from functools import cached_property
from itertools import chain
from pathlib import Path

from s3watch_cli.history.batches import Batch, BatchReader, Screen
from s3watch_cli.history.failures import FailureLog
from s3watch_cli.history.files import STANDARD_INPUT, LogFiles, read_chunks, title
from s3watch_cli.history.workers import Task, Workers
from s3watch_cli.output import Progress

# Bytes of records, of which one process reads some 80 MB a second: below, others take longer to start and to
# learn the rules than they save (measured with two: 0.99 times as fast at 40 MB, 1.13 at 60)
LEAST = 64 * 1024 * 1024
INFLATED = 10  # times as large as a file: so well does such JSON compress
UNKNOWN = 1024 * 1024  # bytes of what is not a file here, such as an object in a bucket
MOST_JOBS = 4  # by default: each takes some 40 MB, and all together with this process less than 300


class Archive:
    """The log files of paths (see LogFiles), and what a screen leaves of their records."""

    def __init__(
        self,
        paths: Sequence[str],
        make_screen: Callable[[], Screen],
        account: str | None = None,
        jobs: int | None = None,
        *,
        here: Screen | None = None,
    ) -> None:
        """Prepare the reading, by `jobs` processes; by default, as many as pay.

        `account` owns the buckets whose records do not say who does. `here` is the screen of this process,
        if another one costs less: what has learned the rules already, or judges all records itself.
        """
        self._log = FailureLog()
        self._files = LogFiles(paths, self._log)
        self._make_screen, self._account, self._here = make_screen, account, here
        self._least = LEAST if jobs is None else 0
        self._jobs = jobs or min(os.process_cpu_count() or 1, MOST_JOBS)

    def feed(self, take: Callable[[Batch], None]) -> None:
        """Have all batches taken, and say on a terminal how far the reading has come."""
        with Progress() as progress, closing(self.batches()) as batches:
            for batch in batches:
                take(batch)
                progress.advance(files=batch.is_last, records=batch.clean + len(batch.records))

    def batches(self) -> Generator[Batch]:
        """Yield the batches of all files, in the order of the files, whichever process read them."""
        others = (Task(path, self._log.take()) for path in self._files)
        first = self._take_enough(others) if self._jobs > 1 else []
        tasks = chain(first, others)
        if len(first) > 1 and sum(_estimate(task.path) for task in first) >= self._least:
            with Workers(self._make_screen, self._account, self._jobs) as workers:
                yield from workers.read(tasks, self._read)
        else:
            for task in tasks:
                yield Batch(task.failures)
                yield from self._read(task.path)
        yield Batch(self._log.take())

    def notes(self) -> Iterator[str]:
        """Say which files of the folders were left out, when all batches have been read."""
        return self._files.notes()

    def _take_enough(self, tasks: Iterator[Task]) -> list[Task]:
        """Return two files or more that are worth several processes, or all if there are not so many."""
        taken, size = list[Task](), 0
        for task in tasks:
            taken.append(task)
            size += _estimate(task.path)
            if len(taken) > 1 and size >= self._least:
                break
        return taken

    def _read(self, path: str) -> Iterator[Batch]:
        """Read a file in this process."""
        return self._reader.read(title(path), read_chunks(path))

    @cached_property
    def _reader(self) -> BatchReader:
        return BatchReader(self._here or self._make_screen(), self._account)


def _estimate(path: str) -> int:
    """Return about how many bytes of records a file holds; standard input, none that another could read."""
    if path == STANDARD_INPUT:
        return 0
    try:
        size = Path(path).stat().st_size
    except OSError:
        return UNKNOWN
    return size * INFLATED if path.endswith(".gz") else size

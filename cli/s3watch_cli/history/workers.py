"""Reads log files in several processes, and gives their batches back in the order of the files.

The processes are started afresh, not forked: threads may be running here (the progress bar's, boto3's), and
a fork copies their locks. They import only what reading takes, and have a session of their own, so that
Ctrl-C reaches this process alone, which ends them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, Pipe, wait
from typing import Any, Self, cast

from s3watch.errors import S3watchError

from s3watch_cli.history.batches import Batch, Screen
from s3watch_cli.history.failures import Failure
from s3watch_cli.history.files import STANDARD_INPUT, title
from s3watch_cli.history.worker import READY

MOST_AHEAD = 8 * 1024 * 1024  # bytes of batches that wait for the files before them
MOST_FILES = 1000  # that are handed out before the first of them is done
MOST_IN_HAND = 2  # files of a process: while the batches of one are taken from it, it has the next
TO_END = 30  # seconds within which a process is gone whose connection has ended; it takes milliseconds


class WorkerError(S3watchError):
    """A process that reads log files could not be started, or failed; the message says over which file."""


@dataclass(slots=True)
class Task:
    """A file to be read, and what has come of it."""

    path: str
    failures: list[Failure]  # of what was searched for files just before this one
    batches: deque[Batch] = field(default_factory=deque)
    size: int = 0  # of these batches
    is_read: bool = False
    error: str = ""  # that stopped the reading, and is none of the file's


class Worker:
    """One process, with the files that it has in hand, in the order of all files."""

    def __init__(self) -> None:
        self.connection, theirs = Pipe()
        self.tasks: deque[Task] = deque()
        self.is_ready = False
        self._process = subprocess.Popen(  # noqa: S603  # our own interpreter on our own module
            [sys.executable, "-P", "-m", "s3watch_cli.history.worker", str(theirs.fileno())],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            stdin=subprocess.PIPE,  # which ends when we do, and the process with it
            stdout=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            start_new_session=True,
        )
        theirs.close()

    def send(self, message: object) -> None:
        """Send something; that the process has ended is found out when nothing more comes from it."""
        with suppress(ConnectionError):
            self.connection.send(message)

    def give(self, task: Task) -> None:
        """Hand out a file."""
        self.tasks.append(task)
        self.send(task.path)

    def end(self) -> None:
        """End the process at once."""
        self._process.kill()
        self.wait()

    def wait(self) -> int:
        """Wait for a process whose connection has ended; returns its exit code."""
        self.connection.close()
        with self._process as process:
            return process.wait(TO_END)


class Workers:
    """So many processes, which end with the context."""

    def __init__(self, make_screen: Callable[[], Screen], account: str | None, number: int) -> None:
        """Prepare the processes; each makes a screen of its own."""
        self._setup = (make_screen, account)
        self._number = number
        self._workers: list[Worker] = []
        self._tasks: deque[Task] = deque()  # handed out and not done, in the order of the files

    def __enter__(self) -> Self:
        self._workers = [Worker() for _ in range(self._number)]
        for worker in self._workers:
            worker.send(self._setup)
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.end()

    def read(self, tasks: Iterator[Task], read_here: Callable[[str], Iterator[Batch]]) -> Iterator[Batch]:
        """Yield the batches of files, file by file; standard input is read here. Raises WorkerError."""
        while self._hand_out(tasks):
            first = self._tasks[0]
            yield Batch(first.failures)
            yield from read_here(first.path) if first.path == STANDARD_INPUT else self._collect(first, tasks)
            self._tasks.popleft()

    def _hand_out(self, tasks: Iterator[Task]) -> bool:
        """Give each process something to do; returns whether any file is not done."""
        for worker in self._workers * MOST_IN_HAND:
            if len(worker.tasks) < MOST_IN_HAND and (task := self._next(tasks)):
                worker.give(task)
        return bool(self._tasks)

    def _next(self, tasks: Iterator[Task]) -> Task | None:
        while len(self._tasks) < MOST_FILES and (task := next(tasks, None)):
            self._tasks.append(task)
            if task.path != STANDARD_INPUT:
                return task
        return None

    def _collect(self, first: Task, tasks: Iterator[Task]) -> Iterator[Batch]:
        """Yield the batches of the first file; the others go on meanwhile."""
        while first.batches or not first.is_read:
            self._receive(block=not first.batches)
            self._hand_out(tasks)
            while first.batches:
                batch = first.batches.popleft()
                first.size -= batch.size
                yield batch
        if first.error:
            raise WorkerError(
                f"{title(first.path)}: internal error, {first.error}; see its traceback with --jobs 1 --debug"
            )

    def _receive(self, *, block: bool) -> None:
        """Take what the processes have sent, of those that are ahead only while there is room."""
        is_full = sum(task.size for task in self._tasks) > MOST_AHEAD
        heard = {
            worker.connection: worker
            for worker in self._workers
            if worker.tasks and (worker.tasks[0] is self._tasks[0] or not is_full)
        }
        for connection in wait([*heard], None if block else 0):
            worker = heard[cast("Connection", connection)]
            try:
                self._take(worker, worker.connection.recv())
            except (EOFError, OSError):  # the latter within a message
                self._replace(worker)

    def _take(self, worker: Worker, message: Any) -> None:
        if isinstance(message, Batch):
            self._add(worker, message)
        elif message == READY:
            worker.is_ready = True
        elif worker.is_ready:
            worker.tasks[0].error = message
            self._add(worker, Batch(is_last=True))
        else:
            raise WorkerError(f"no process to read files could be started: {message}; use --jobs 1")

    def _add(self, worker: Worker, batch: Batch) -> None:
        task = worker.tasks[0]
        task.batches.append(batch)
        task.size += batch.size
        task.is_read = batch.is_last
        if batch.is_last:
            worker.tasks.popleft()

    def _replace(self, worker: Worker) -> None:
        """Give the files of a process that ended to another one, apart from the one that it was reading."""
        code = worker.wait()
        if not worker.is_ready:
            raise WorkerError(f"a process to read files {_describe(code)} before it began; use --jobs 1")
        name = title(worker.tasks[0].path)
        why = f"{name}: not read to its end, because the process that read it {_describe(code)}"
        self._add(worker, Batch([Failure("add", why, name)], is_last=True))
        successor = self._workers[self._workers.index(worker)] = Worker()
        successor.send(self._setup)
        for task in worker.tasks:
            successor.give(task)


def _describe(code: int) -> str:
    return f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"

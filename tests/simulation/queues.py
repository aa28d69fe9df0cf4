"""SQS with a Lambda event source mapping, and the table's stream with the one of notify."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from zlib import crc32

from tests.simulation.scheduler import Scheduler

STREAM_BATCH = 100
STREAM_RETRIES = 3


@dataclass(slots=True)
class Queued:
    """One message; its receipt handle names it and how often it was received."""

    id: str
    body: str
    received: int = 0
    is_hidden: bool = False
    until: float = 0  # hidden until then

    @property
    def receipt(self) -> str:
        return f"{self.id} {self.received}"

    def record(self) -> dict[str, Any]:
        """The message as Lambda is invoked with it."""
        return {
            "messageId": self.id,
            "receiptHandle": self.receipt,
            "body": self.body,
            "attributes": {"ApproximateReceiveCount": str(self.received)},
        }


@dataclass(frozen=True, slots=True)
class Mapping:
    """The settings of a queue and of the function that reads it, as in template.yaml; times in seconds."""

    visibility: float
    timeout: float
    batch: int
    window: float
    workers: int
    most_receives: int = 1000


type Handler = Callable[[list[dict[str, Any]]], Sequence[str]]  # records to the ids of those that failed


class Queue:
    """A standard queue: at least once, in any order, hidden while it is worked on."""

    def __init__(
        self, role: str, scheduler: Scheduler, mapping: Mapping, handle: Handler, bury: Callable[[str], None]
    ) -> None:
        self.role = role
        self.messages: dict[str, Queued] = {}
        self._scheduler = scheduler
        self._mapping = mapping
        self._handle = handle
        self._bury = bury
        self._visible: list[str] = []
        self._free = mapping.workers
        self._is_polling = False
        self._number = 0

    def send(self, body: str) -> str:
        """Put a message into the queue; returns its id."""
        self._number += 1
        name = f"{self.role}-{self._number}"
        self.messages[name] = Queued(name, body)
        self._visible.append(name)
        self._poll_soon()
        return name

    def postpone(self, receipt: str, seconds: float) -> None:
        """Change how long a received message stays hidden; a receipt of an earlier receive does nothing."""
        name = receipt.partition(" ")[0]
        message = self.messages.get(name)
        if message and message.receipt == receipt and message.is_hidden:
            self._hide(message, seconds)

    def _hide(self, message: Queued, seconds: float) -> None:
        message.is_hidden, message.until = True, self._scheduler.now + seconds
        self._scheduler.at(message.until, partial(self._show, message.id, message.receipt, message.until))

    def _show(self, name: str, receipt: str, until: float) -> None:
        message = self.messages.get(name)
        if message and message.is_hidden and message.receipt == receipt and message.until == until:
            message.is_hidden = False
            self._visible.append(name)
            self._poll_soon()

    def _poll_soon(self) -> None:
        if self._free and self._visible and not self._is_polling:
            self._is_polling = True
            wait = self._scheduler.random.uniform(0.02, self._mapping.window)
            if len(self._visible) >= self._mapping.batch:
                wait = 0.02  # a full batch does not wait for its window
            self._scheduler.at(self._scheduler.now + wait, self._poll)

    def _poll(self) -> None:
        self._is_polling = False
        random = self._scheduler.random
        most = min(len(self._visible), self._mapping.batch)
        chosen = [self._visible.pop(random.randrange(len(self._visible))) for _ in range(most)]
        batch = [message for name in chosen if (message := self._receive(name))]
        if batch:
            self._free -= 1
            self._scheduler.start(
                self.role, partial(self._work, batch), self._mapping.timeout, self._worker_died
            )
        self._poll_soon()

    def _receive(self, name: str) -> Queued | None:
        message = self.messages.get(name)
        if message is None:
            return None
        message.received += 1
        if message.received > self._mapping.most_receives:
            del self.messages[name]
            self._bury(message.body)
            return None
        self._hide(message, self._mapping.visibility)
        return message

    def _work(self, batch: list[Queued]) -> None:
        failed = set(self._handle([message.record() for message in batch]))
        for message in batch:
            if message.id not in failed:
                self.messages.pop(message.id, None)
        self._worker_died()

    def _worker_died(self) -> None:
        self._free += 1
        self._poll_soon()


type Change = tuple[str, dict[str, Any]]  # key and new image


class Stream:
    """The table's changes by shard, each in order: filtered, in batches, each tried again a few times."""

    def __init__(
        self,
        shards: int,
        scheduler: Scheduler,
        wakes: Callable[[dict[str, Any]], bool],
        deliver: Callable[[Sequence[Change]], bool],
        timeout: float,
    ) -> None:
        self._shards: list[deque[Change]] = [deque() for _ in range(shards)]
        self._is_busy = [False] * shards
        self._scheduler = scheduler
        self._wakes = wakes
        self._deliver = deliver
        self._timeout = timeout

    @property
    def is_idle(self) -> bool:
        return not any(self._shards) and not any(self._is_busy)

    def changed(self, key: str, item: dict[str, Any]) -> None:
        """Take a change of an item."""
        if self._wakes(item):
            shard = crc32(key.encode()) % len(self._shards)
            self._shards[shard].append((key, item))
            self._read_soon(shard)

    def _read_soon(self, shard: int) -> None:
        if self._shards[shard] and not self._is_busy[shard]:
            self._is_busy[shard] = True
            wait = self._scheduler.random.uniform(0.1, 0.6)
            self._scheduler.at(self._scheduler.now + wait, partial(self._read, shard))

    def _read(self, shard: int) -> None:
        changes = self._shards[shard]
        batch = [changes.popleft() for _ in range(min(len(changes), STREAM_BATCH))]
        self._try(shard, batch, STREAM_RETRIES)

    def _try(self, shard: int, batch: list[Change], retries: int) -> None:
        def end(*, succeeded: bool) -> None:
            if succeeded or not retries:
                self._is_busy[shard] = False
                self._read_soon(shard)
            else:
                again = partial(self._try, shard, batch, retries - 1)
                self._scheduler.at(self._scheduler.now + 1, again)

        def work() -> None:
            end(succeeded=self._deliver(batch))

        self._scheduler.start("notify", work, self._timeout, partial(end, succeeded=False))

"""Virtual time, and workers that take turns: synchronous code in greenlets, which stops wherever it waits."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any, cast

from greenlet import GreenletExit, getcurrent, greenlet


class Worker(greenlet):
    """One invocation of a function: it runs until it ends, or until it is killed and never resumed."""

    def __init__(self, role: str, number: int, work: Callable[[], Any], started: float) -> None:
        super().__init__(work)
        self.role = role
        self.number = number
        self.started = started
        self.is_killed = False
        self.saying: tuple[Any, ...] = ()  # what the next publication says
        self.on_death: Callable[[], None] = lambda: None

    def __str__(self) -> str:
        return f"{self.role} {self.number}"


class Scheduler:
    """A clock that jumps from one action to the next; actions of one instant come in a random order."""

    def __init__(self, random: Random) -> None:
        self.now = 0.0
        self.random = random
        self.workers: dict[Worker, None] = {}  # that have not ended; in the order they began
        self._killed: list[Worker] = []  # kept, so that no `finally` of theirs runs before the end
        self._actions: list[tuple[float, float, int, Callable[[], None]]] = []
        self._number = 0
        self._hub = getcurrent()
        self.on_kill: Callable[[Worker], None] = lambda worker: None

    def at(self, time: float, action: Callable[[], None]) -> None:
        """Run an action at a time, in the hub: it must not wait."""
        self._number += 1
        heapq.heappush(self._actions, (max(time, self.now), self.random.random(), self._number, action))

    def start(
        self, role: str, work: Callable[[], None], timeout: float, on_death: Callable[[], None]
    ) -> Worker:
        """Run a function in a worker of its own, now; it is killed if it takes longer than its timeout."""
        self._number += 1
        worker = Worker(role, self._number, work, self.now)
        worker.parent = self._hub
        self.workers[worker] = None
        worker.on_death = on_death
        self.at(self.now + timeout, partial(self._time_out, worker))
        self.at(self.now, partial(self._resume, worker))
        return worker

    def wait(self, seconds: float) -> None:
        """Stop the current worker for some time, and let others run."""
        self.at(self.now + seconds, partial(self._resume, current()))
        self._hub.switch()

    def die(self) -> None:
        """Kill the current worker: it never continues, and no `finally` of it runs."""
        worker = current()
        self._bury(worker)
        self.at(self.now, worker.on_death)
        self._hub.switch()

    def run(self, until: float) -> None:
        """Run the actions up to a time."""
        while self._actions and self._actions[0][0] <= until:
            self.now, _, _, action = heapq.heappop(self._actions)
            action()

    def close(self) -> None:
        """Unwind the workers that were killed or still wait; they can do no more."""
        for worker in (*self._killed, *self.workers):
            if not worker.dead:
                worker.throw(GreenletExit)
        self._killed.clear()
        self.workers.clear()

    def _resume(self, worker: Worker) -> None:
        if not worker.is_killed:
            worker.switch()
            if worker.dead:
                self.workers.pop(worker, None)

    def _time_out(self, worker: Worker) -> None:
        if not worker.dead and not worker.is_killed:
            self._bury(worker)
            worker.on_death()

    def _bury(self, worker: Worker) -> None:
        worker.is_killed = True
        self.workers.pop(worker, None)
        self._killed.append(worker)
        self.on_kill(worker)


def current() -> Worker:
    """Return the worker that runs."""
    return cast("Worker", getcurrent())

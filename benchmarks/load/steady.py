"""Records without number through the real functions, one batch after the other, where nothing fails.

A world as the simulation's clients of AWS see it, but for a stream of records instead of a plan of them.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from functools import partial
from itertools import batched
from typing import Any, cast

from benchmarks.load.metered_table import MeteredTable
from benchmarks.load.outcome import Outcome, by_topic, exceeded, missed
from tests.simulation import callers, system
from tests.simulation.expressions import Item
from tests.simulation.plan import START, Act, Plan
from tests.simulation.queues import STREAM_BATCH, Change, Queued
from tests.simulation.scheduler import Worker
from tests.simulation.system import Entry
from tests.simulation.table import Index
from tests.simulation.topics import Topics
from tests.simulation.world import LONGEST, SWEEP_STOPS, TIMEOUTS, World

BATCH = 100  # messages of detect's batch
CALL = 0.001  # seconds that a call takes: as if ten of each function worked at once
MINUTE, HOUR = 60.0, 3600.0
CALLER = f"{callers.USERS}999999999"  # in the record from which all are made; so are its key and its ids
KEY = "payroll/key-999999.csv"
KEYS = 5000


class Steady:
    """Runs the functions in virtual time, and listens to what the topics take."""

    topics = Topics()  # hears nothing: nobody dies here, so that nothing is excused

    def __init__(self, table: type[MeteredTable] = MeteredTable, *, in_full: bool = True) -> None:
        """Prepare a run; messages are written `in_full` or, as in most of the simulation's, by their headlines only."""
        self.plan = Plan(seed=0 if in_full else 1, arrivals=())
        self.now = 0.0
        indexes = {name: Index(*attributes) for name, attributes in system.INDEXES.items()}
        self.table = table(indexes, self._changed, self._index)
        self.told: dict[str, Counter[str]] = {topic: Counter() for topic in system.TOPICS}  # by principal
        self.messages: Counter[str] = Counter()
        self.doubled = 0
        self._greatest: dict[str, int] = {}  # told of a group on a topic
        self._heard: set[str] = set()
        self._changes: deque[Change] = deque()
        self._next_sweep = MINUTE

    # ---- what the simulation's clients call ----

    def call(self, _service: str, _operation: str, effect: Callable[[], Any], about: str = "") -> Any:
        """Make one call."""
        del about
        self.now += CALL
        return effect()

    def publish(self, _worker: Worker, topic: str, _request: Any, said: Iterable[Entry]) -> None:
        """Take a message."""
        self.messages[topic] += 1
        for entry in said:
            name, thread = f"{topic} {entry.id}", f"{topic} {entry.group}"
            self.doubled += name in self._heard
            self._heard.add(name)
            more = max(0, entry.count - self._greatest.get(thread, 0))
            self._greatest[thread] = self._greatest.get(thread, 0) + more
            self.told[topic][entry.principal] += more

    def _changed(self, key: str, item: Item) -> None:
        if system.wakes(item):
            self._changes.append((key, item))

    def _index(self, key: str, item: Item) -> None:
        for index in self.table.indexes.values():
            index.put(key, item)

    # ---- the functions ----

    def feed(self, bodies: Iterable[str], at: float) -> None:
        """Let messages arrive at a time: detect takes them, notify what is new, sweep comes once a minute."""
        self.now = max(self.now, at)
        records = [Queued(str(number), body, 1).record() for number, body in enumerate(bodies)]
        self._invoke("detect", lambda: self._detect({"Records": records}))
        self._notify()
        if self.now >= self._next_sweep:
            self._sweep()

    def finish(self) -> None:
        """Sweep until nothing is due any more, or for ten hours."""
        end = self.now + LONGEST
        while (due := system.earliest_due(self.table)) is not None and self.now < end:
            self.now = max(self.now + MINUTE, due - START)
            self._sweep()

    def hottest_told(self, group: str) -> int:
        """Return how many hits of a group machines were told of."""
        return self._greatest.get(f"machines {group}", 0)

    def _detect(self, event: dict[str, Any]) -> None:
        done = system.HANDLERS["detect"](event, START + self.now)
        assert done.is_balanced, done.counts
        assert not done.failed, done.counts

    def _notify(self) -> None:
        while self._changes:
            some = [self._changes.popleft() for _ in range(min(len(self._changes), STREAM_BATCH))]
            self._invoke("notify", partial(system.notify, some, self._clock))

    def _sweep(self) -> None:
        self._next_sweep = (self.now // MINUTE + 1) * MINUTE
        self._invoke("sweep", self._sweep_once)
        self._notify()

    def _sweep_once(self) -> None:
        failed, _ = system.sweep(self._clock, TIMEOUTS["sweep"] - SWEEP_STOPS)
        assert failed is None, failed

    def _clock(self) -> float:
        return START + self.now

    def _invoke(self, role: str, work: Callable[[], None]) -> None:
        Worker(role, 0, work, self.now).switch()


def run_steady(records: int, callers_of: int, table: type[MeteredTable] = MeteredTable) -> Outcome:
    """Let so many reads arrive within an hour, by so many callers in turn."""
    steady = Steady(table, in_full=callers_of == 1)
    with system.living_in(cast("World", steady)):
        began = time.process_time()
        for batch in batched(range(records), BATCH, strict=False):
            at = batch[-1] / records * HOUR
            steady.feed((_body(number, number % callers_of, at) for number in batch), at)
        steady.finish()
    return _outcome(steady, records, callers_of, time.process_time() - began)


def _outcome(steady: Steady, records: int, callers_of: int, seconds: float) -> Outcome:
    expected: Counter[str] = Counter()
    for number in range(callers_of):
        hits = records // callers_of + (number < records % callers_of)
        expected[_PRINCIPAL.replace(CALLER, _caller(number))] += hits
    group, units = steady.table.hottest()
    return Outcome(
        records=records, hits=records, groups=steady.table.groups(), faults={}, messages=by_topic(steady.messages),
        lost=missed(expected, steady.told), repeated=0, bound=0, doubled=steady.doubled,
        overcounted=exceeded(records, steady.told), broken=[], units=steady.table.units, hot_units=units,
        hot_hits=steady.hottest_told(group), seconds=seconds,
    )  # fmt: skip


# ---- records, all made from one: making each by itself takes as long as detecting it ----

_ACT = Act(0, 0.0, CALLER, "GetObject", "hr-data", KEY)
_RECORD = callers.records(_ACT, "events")[0]
_BODY = callers.envelope(_RECORD)
_PRINCIPAL = next(seen.principal for seen in system.hits_of([_RECORD])[0])
_TIME = "2026-11-20T06:00:00Z"
_EVENT = "00000000-0000-0000-0000-000000000000"


def _caller(number: int) -> str:
    return f"{callers.USERS}{number:09}"


def _body(number: int, caller: int, at: float) -> str:
    """The message with the record of a read within the first hour."""
    minute, second = divmod(int(at), 60)
    return (
        _BODY.replace(CALLER, _caller(caller))
        .replace(KEY, f"payroll/key-{number % KEYS:06}.csv")
        .replace(callers.request_id(_ACT), f"REQUEST{number:09}")
        .replace(_EVENT, f"00000000-0000-4000-8000-{number:012}")
        .replace(_TIME, f"2026-11-20T06:{min(minute, 59):02}:{second:02}Z")
    )

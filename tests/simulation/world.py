"""A world: the real functions on a simulated table, queues, topics and log buckets, driven by one plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import groupby
from random import Random
from typing import Any

from tests.simulation import callers, system
from tests.simulation.clients import CHAT, MACHINES, MAIL, conflict, refusal
from tests.simulation.plan import START, Arrival, Fault, Plan, Way, clock
from tests.simulation.queues import Change, Mapping, Queue, Stream
from tests.simulation.scheduler import Scheduler, Worker, current
from tests.simulation.table import Index, Table, size_of
from tests.simulation.topics import Topics
from tests.simulation.truth import Truth

# Seconds that a call takes, at least and at most
LATENCY = {
    "store": (0.002, 0.012),
    MAIL: (0.01, 0.06),
    CHAT: (0.01, 0.06),
    MACHINES: (0.01, 0.06),
    "queue": (0.004, 0.02),
}
OTHER_LATENCY = (0.02, 0.1)
TIMEOUTS = {"detect": 60.0, "scan": 120.0, "notify": 60.0, "sweep": 58.0}  # as in template.yaml
SWEEP_STOPS = 25.0  # seconds before its timeout, as in functions/sweep
WRITES = ("put_item", "update_item", "delete_item", "transact_write_items")
LONGEST = 34 * 3600.0  # seconds after the last arrival: a window, its roll-ups and end, and the next morning


class World:
    """One run of a plan; `run` it, then read what happened."""

    def __init__(self, plan: Plan, *, traced: bool = False, table: type[Table] = Table) -> None:
        self.plan = plan
        self.scheduler = Scheduler(Random(f"{plan.seed} world"))
        self.scheduler.on_kill = self._killed
        self.truth = Truth(plan)
        self.topics = Topics()
        self.counts: Counter[str] = Counter()
        self.faults: list[tuple[float, Fault]] = []  # that happened, and when
        self.crashes: list[tuple[float, str]] = []
        self.unbalanced: list[tuple[float, str]] = []
        self.largest: Counter[str] = Counter()  # bytes, by kind of item or topic
        self.trace: list[str] | None = [] if traced else None
        self._faults = {(fault.role, fault.service, fault.number): fault for fault in plan.faults}
        self._calls: Counter[tuple[str, str]] = Counter()
        self._contents: dict[str, list[tuple[int, int]]] = {}  # records, by the id of their message
        self._ways: dict[str, Way] = {}  # by the id of their message
        self._bodies: dict[str, str] = {}
        self._files: dict[str, bytes] = {}
        self._unindexed = 0
        self._arrivals = sorted(plan.arrivals, key=lambda arrival: arrival.at)
        self._left = len(self._arrivals)
        self._make_parts(table)

    def _make_parts(self, table: type[Table]) -> None:
        workers, scheduler = self.plan.workers, self.scheduler
        indexes = {name: Index(*attributes) for name, attributes in system.INDEXES.items()}
        self.table = table(indexes, self._changed, self._index_later)
        mappings = {
            "detect": Mapping(362.0, TIMEOUTS["detect"], workers.batch, 2.0, workers.detect),
            "scan": Mapping(720.0, TIMEOUTS["scan"], 4, 0.1, workers.scan),
        }
        self.queues = {
            role: Queue(role, scheduler, mapping, partial(self._work, role), self.bury)
            for role, mapping in mappings.items()
        }
        self.stream = Stream(workers.shards, scheduler, system.wakes, self._notify, TIMEOUTS["notify"])

    # ---- the run ----

    def run(self) -> None:
        """Let everything happen, until there is nothing left to do, for a day and ten hours at most."""
        scheduler = self.scheduler
        for at, together in groupby(self._arrivals, key=lambda arrival: arrival.at):
            scheduler.at(at, partial(self._arrive, list(together)))
        scheduler.at(scheduler.random.uniform(0, 60), self._sweep)
        ends = [arrival.at for arrival in self._arrivals] + [outage.end for outage in self.plan.outages]
        with system.living_in(self):
            scheduler.run(max(ends, default=0.0) + LONGEST)
            self.is_over = True
            scheduler.close()

    def _arrive(self, arrivals: Sequence[Arrival]) -> None:
        self._left -= len(arrivals)
        by_way: dict[Way, list[Arrival]] = {}
        for arrival in arrivals:
            by_way.setdefault(arrival.way, []).append(arrival)
        for arrival in by_way.pop("events", []):
            raws = self.truth.records(arrival.act, "events")
            for part in arrival.parts:
                self._send("detect", callers.envelope(raws[part]), [(arrival.act.number, part)], "events")
        for way, some in by_way.items():
            self._file(way, some)

    def _file(self, way: Way, arrivals: Iterable[Arrival]) -> None:
        keys = [(arrival.act.number, part) for arrival in arrivals for part in arrival.parts]
        raws = [self.truth.records(a.act, a.way)[part] for a in arrivals for part in a.parts]
        name = f"{len(self._files):016X}"
        if way == "access_logs":
            name = f"111122223333/eu-west-1/hr-data/2026/11/20/2026-11-20-08-14-03-{name}"
            self._files[name] = b"\n".join(raws)
        else:
            name = f"AWSLogs/111122223333/CloudTrail/eu-west-1/2026/11/20/{name}.json"
            self._files[name] = callers.log_file(raws)
        self._send("scan", callers.notification(name), keys, way)

    def _send(self, role: str, body: str, records: list[tuple[int, int]], way: Way) -> None:
        name = self.queues[role].send(body)
        self._contents[name] = records
        self._ways[name] = way
        self._bodies[body] = name
        self.counts["records"] += len(records)

    def _work(self, role: str, batch: list[dict[str, Any]]) -> Sequence[str]:
        """Invoke detect or scan_logs; returns the ids of the messages that stay in the queue."""
        names = [message["messageId"] for message in batch]
        records = [record for name in names for record in self._contents[name]]
        self.truth.receive(records, self.scheduler.now)
        self.say(f"begins with {len(names)} messages, {len(records)} records")
        try:
            done = system.HANDLERS[role]({"Records": batch}, START + self.scheduler.now)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is a fault of the program
            self.crashes.append((self.scheduler.now, f"{current()}: {type(error).__name__}: {error}"))
            self.say(f"raises {error!r}")
            return names
        if not done.is_balanced:
            self.unbalanced.append((self.scheduler.now, f"{current()}: {done.counts}"))
        for name in names:
            if name not in done.failed:
                self.truth.accept(self._contents[name], self._ways[name], self.scheduler.now)
        self.say(f"ends: {done.counts}" + (f", {len(done.failed)} stay in the queue" if done.failed else ""))
        return done.failed

    def _notify(self, changes: Sequence[Change]) -> bool:
        """Invoke notify with a batch of the stream; returns whether it succeeded."""
        try:
            system.notify(changes, lambda: START + self.scheduler.now)
        except Exception as error:  # noqa: BLE001  # as above
            self.crashes.append((self.scheduler.now, f"{current()}: {type(error).__name__}: {error}"))
            return False
        return True

    def _sweep(self) -> None:
        self._start_sweep()
        for _ in range(1, self.plan.workers.sweeps):  # EventBridge's schedule invokes at least once
            self.scheduler.at(self.scheduler.now + self.scheduler.random.uniform(0, 45), self._start_sweep)
        self.scheduler.at(self.scheduler.now + 60, self._sweep_again)

    def _start_sweep(self) -> None:
        self.scheduler.start("sweep", self._sweep_once, TIMEOUTS["sweep"], lambda: None)

    def _sweep_once(self) -> None:
        failed, counts = system.sweep(lambda: START + self.scheduler.now, TIMEOUTS["sweep"] - SWEEP_STOPS)
        self.counts["failed sweeps"] += bool(failed)
        if failed and not system.is_expected(failed):
            self.crashes.append((self.scheduler.now, f"{current()}: {type(failed).__name__}: {failed}"))
        if failed or counts:
            self.say(f"ends: {counts}" + (f", {failed}" if failed else ""))

    def _sweep_again(self) -> None:
        """Sweep; later, or not at all, if nothing could happen now."""
        now = self.scheduler.now
        if self._is_idle:
            due = system.earliest_due(self.table)
            times = [due - START] if due is not None else []
            times += [self._arrivals[-self._left].at] if self._left else []
            if not times:
                return
            if min(times) > now:
                minutes = (min(times) - now) // 60 + 1
                self.scheduler.at(now + 60 * minutes, self._sweep_again)
                return
        self._sweep()

    @property
    def _is_idle(self) -> bool:
        busy = self.scheduler.workers or self._unindexed or not self.stream.is_idle
        return not busy and not any(queue.messages for queue in self.queues.values())

    # ---- what clients.py calls ----

    def call(self, service: str, operation: str, effect: Callable[[], Any], about: str = "") -> Any:
        """Make one call: time passes before and after its effect, and what the plan has for it happens.

        `about` is the key of an item or the name of a topic.
        """
        worker = current()
        fault = self._next_fault(worker.role, service)
        kind = fault.kind if fault else ""
        self._pass_time(service, fault, "slow before")
        if fault:
            self._note(fault, operation, about)
        self._fail_before(worker, kind, service, operation, about)
        answer = effect()
        if kind in ("lost", "repeated"):
            self.topics.excuse(worker, about)
        if kind == "killed after":
            self.scheduler.die()
        if kind == "repeated":
            answer = effect()
        self._pass_time(service, fault, "slow after")
        if kind == "lost":
            raise refusal(operation)
        return answer

    def _next_fault(self, role: str, service: str) -> Fault | None:
        self._calls[role, service] += 1
        self.counts["calls"] += 1
        return self._faults.get((role, service, self._calls[role, service]))

    def _pass_time(self, service: str, fault: Fault | None, slow: str) -> None:
        low, high = LATENCY.get(service, OTHER_LATENCY)
        seconds = fault.seconds if fault and fault.kind == slow else 0.0
        self.scheduler.wait(self.scheduler.random.uniform(low, high) / 2 + seconds)

    def _fail_before(self, worker: Worker, kind: str, service: str, operation: str, about: str) -> None:
        """Die or raise, if the call has no effect."""
        if kind == "killed before":
            self.scheduler.die()
        if kind == "conflict" and operation in WRITES:
            raise conflict(operation)
        is_away = self._is_away(service)
        if is_away:
            self.counts["fault: away"] += 1
        if kind in ("refused", "conflict") or is_away:
            self.topics.excuse(worker, about)
            raise refusal(operation)

    def publish(self, worker: Worker, topic: str, request: dict[str, Any], said: tuple[Any, ...]) -> None:
        """Take a message."""
        self.topics.take(self.scheduler.now, worker, topic, len(request["Message"].encode()), said)
        self.counts["messages"] += 1
        if self.trace is not None:
            texts = "; ".join(f"{entry.id} ({entry.count}) {entry.text}" for entry in said[:5])
            self.say(f"publishes to {topic}: {texts}{' ...' if said[5:] else ''}")

    def bury(self, body: str) -> None:
        """Take a dead letter."""
        self.counts["dead letters"] += 1
        if name := self._bodies.get(body):
            self.truth.bury(self._contents[name], self.scheduler.now)

    def file(self, key: str) -> bytes:
        """Read a log file."""
        return self._files[key]

    def say(self, text: str) -> None:
        """Add a line to the trace, if there is one."""
        if self.trace is not None:
            self.trace.append(f"{clock(self.scheduler.now)} {current()} {text}")

    # ---- faults ----

    def _note(self, fault: Fault, operation: str, about: str) -> None:
        self.faults.append((self.scheduler.now, fault))
        self.counts[f"fault: {fault.kind}"] += 1
        self.say(f"{operation} {about}: {fault}")

    def _is_away(self, service: str) -> bool:
        now = self.scheduler.now
        return any(each.service == service and each.start <= now < each.end for each in self.plan.outages)

    def _killed(self, worker: Worker) -> None:
        self.topics.bereave(worker)
        self.counts["killed"] += 1
        if self.trace is not None:
            self.trace.append(f"{clock(self.scheduler.now)} {worker} dies")

    # ---- the table's stream and indexes ----

    def _changed(self, key: str, item: dict[str, Any]) -> None:
        kind = key.partition("#")[0]
        self.largest[kind] = max(self.largest[kind], size_of(item))
        self.counts[f"writes of {kind}"] += 1
        self.stream.changed(key, item)

    def _index_later(self, key: str, item: dict[str, Any]) -> None:
        lag = self.plan.workers.index_lag
        if not lag:
            self._index(key, item)
        else:
            self._unindexed += 1
            self.scheduler.at(self.scheduler.now + lag, partial(self._index_lately, key, item))

    def _index_lately(self, key: str, item: dict[str, Any]) -> None:
        self._unindexed -= 1
        self._index(key, item)

    def _index(self, key: str, item: dict[str, Any]) -> None:
        for index in self.table.indexes.values():
            index.put(key, item)


def run(plan: Plan, *, traced: bool = False) -> World:
    """Run a plan."""
    world = World(plan, traced=traced)
    world.run()
    return world

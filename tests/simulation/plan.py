"""A plan: everything that happens in one run of the simulation, as plain data that prints and shrinks.

Times are seconds since the start of the run, unless they are called epoch seconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

START = 1795154400.0  # 2026-11-20T06:00:00Z, epoch seconds: where a window of six hours begins

Way = Literal["events", "log_files", "access_logs"]
Kind = Literal[
    "refused",  # nothing is done, and an error comes back: throttled, unreachable, no permission
    "conflict",  # nothing is done, because another writer has the item; only writes to the table
    "lost",  # done, but the answer is lost, and the SDK gives up
    "repeated",  # done, the answer is lost, and the SDK does it again
    "slow before",  # seconds pass before it is done
    "slow after",  # it is done, and the answer takes seconds
    "killed before",  # the process dies and nothing is done
    "killed after",  # it is done, and the process dies before the answer
]


@dataclass(frozen=True, slots=True)
class Act:
    """One request by a caller (callers.py), on one key or on several by one DeleteObjects."""

    number: int
    at: float
    caller: str
    event: str
    bucket: str
    key: str = ""
    keys: tuple[str, ...] = ()

    def __str__(self) -> str:
        target = f"{len(self.keys)} keys, the first {self.keys[0][:40]}" if self.keys else self.key
        return f"act {self.number}: {self.caller} {self.event} {self.bucket}/{target} at {clock(self.at)}"


@dataclass(frozen=True, slots=True)
class Arrival:
    """Some records of one act (0 is the call, 1 onwards the objects of a batch delete) that arrive together.

    Log files that arrive by the same way at the same time are one file.
    """

    at: float
    way: Way
    act: Act
    first: int = 0
    last: int = 0

    @property
    def parts(self) -> range:
        return range(self.first, self.last + 1)

    def __str__(self) -> str:
        which = f", its records {self.first} to {self.last}" if self.act.keys else ""
        return f"{clock(self.at)} by {self.way}: {self.act}{which}"


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong at one call: the number-th call of a role to a service."""

    role: str  # detect, scan, notify, sweep
    service: str  # store, mail, chat, queue, files
    number: int
    kind: Kind
    seconds: float = 0

    def __str__(self) -> str:
        seconds = f" by {self.seconds:.0f} s" if self.seconds else ""
        return f"call {self.number} of {self.role} to {self.service}: {self.kind}{seconds}"


@dataclass(frozen=True, slots=True)
class Outage:
    """A time in which a service refuses every call."""

    service: str
    start: float
    end: float

    def __str__(self) -> str:
        return f"{clock(self.start)} to {clock(self.end)}: {self.service} is away"


@dataclass(frozen=True, slots=True)
class Workers:
    """How many of each there are at a time, and how many messages a batch of detect has at most."""

    detect: int = 2
    scan: int = 2
    shards: int = 2  # of the stream: one notify each
    sweeps: int = 1  # that the scheduler starts each minute
    batch: int = 10
    exact: int = 256  # accesses that the ledger claims in one group
    index_lag: float = 0.0  # seconds until a write shows in an index


@dataclass(frozen=True, slots=True)
class Plan:
    """One run: what arrives, what fails, who works; the seed decides the latencies and the order."""

    seed: int
    arrivals: tuple[Arrival, ...]
    faults: tuple[Fault, ...] = ()
    outages: tuple[Outage, ...] = ()
    workers: Workers = Workers()
    flood: frozenset[str] = frozenset()  # callers who try to bury the others
    name: str = ""

    @property
    def acts(self) -> list[Act]:
        """The acts of which at least one record arrives, in the order of their numbers."""
        acts = {arrival.act.number: arrival.act for arrival in self.arrivals}
        return [acts[number] for number in sorted(acts)]

    def lines(self) -> Iterator[str]:
        """Describe the plan for people."""
        yield f"plan {self.name or self.seed}: {self.workers}"
        yield from (f"  {arrival}" for arrival in sorted(self.arrivals, key=lambda each: each.at))
        yield from (f"  {outage}" for outage in self.outages)
        yield from (f"  {fault}" for fault in self.faults)


def clock(seconds: float) -> str:
    """Write a time of a run as h:mm:ss.t."""
    tenths = round(seconds * 10)
    return f"{tenths // 36000}:{tenths // 600 % 60:02}:{tenths // 10 % 60:02}.{tenths % 10}"

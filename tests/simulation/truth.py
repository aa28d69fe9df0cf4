"""What people should be told: the hits of a plan, and when the system had received and accepted each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.simulation import callers, system
from tests.simulation.plan import Act, Plan, Way
from tests.simulation.system import Seen

type RecordId = tuple[int, int]  # number of the act, part


@dataclass(slots=True)
class Due:
    """One hit that must be told, with the records that have to arrive for it."""

    act: Act
    seen: Seen
    needs: tuple[RecordId, ...]
    weight: int = 1  # 0: an object of a batch delete of which another one counts already
    is_optional: bool = False  # a batch delete without its keys: told only if they come too late

    @property
    def rank(self) -> int:
        return callers.RANKS[self.act.event]


@dataclass(frozen=True, slots=True)
class Told:
    """A hit that the system has accepted."""

    due: Due
    received: float  # when the first invocation began that had all its records
    accepted: float  # when the first invocation had ended well


@dataclass(slots=True)
class Truth:
    """The hits of a plan, and the times of its records."""

    plan: Plan
    received: dict[RecordId, float] = field(default_factory=dict)
    accepted: dict[RecordId, float] = field(default_factory=dict)
    accepted_by: dict[Way, dict[RecordId, float]] = field(default_factory=dict)
    buried: dict[RecordId, float] = field(default_factory=dict)
    _records: dict[tuple[int, str], list[bytes]] = field(default_factory=dict)
    _hits: dict[int, list[list[Seen]]] = field(default_factory=dict)

    def records(self, act: Act, way: Way) -> list[bytes]:
        """Return the records of an act; those by EventBridge and in a log file are the same."""
        key = act.number, "access_logs" if way == "access_logs" else "cloudtrail"
        if key not in self._records:
            self._records[key] = callers.records(act, way)
        return self._records[key]

    def receive(self, records: Iterable[RecordId], now: float) -> None:
        """Note that an invocation began with these records."""
        for record in records:
            self.received.setdefault(record, now)

    def accept(self, records: Iterable[RecordId], way: Way, now: float) -> None:
        """Note that an invocation took these records, which came by a way."""
        by = self.accepted_by.setdefault(way, {})
        for record in records:
            self.accepted.setdefault(record, now)
            by.setdefault(record, now)

    def accepted_ways(self, due: Due) -> dict[Way, float]:
        """Return by which ways a hit was accepted, and when."""
        times = {way: [by.get(need) for need in due.needs] for way, by in self.accepted_by.items()}
        return {way: max(some) for way, some in times.items() if None not in some}  # type: ignore[type-var]  # no None is in it

    def bury(self, records: Iterable[RecordId], now: float) -> None:
        """Note that these records are dead letters."""
        for record in records:
            self.buried.setdefault(record, now)

    def dues(self) -> list[Due]:
        """Return every hit that must be told."""
        return [due for act in self.plan.acts for due in self._dues_of(act)]

    def _dues_of(self, act: Act) -> list[Due]:
        if act.number not in self._hits:
            self._hits[act.number] = system.hits_of(self.records(act, "events"))
        found = self._hits[act.number]
        if act.event != "DeleteObjects":
            return [Due(act, seen, ((act.number, 0),)) for seen in found[0]]
        keyless = [Due(act, seen, ((act.number, 0),), weight=0, is_optional=True) for seen in found[0]]
        return keyless + [
            Due(act, seen, ((act.number, 0), (act.number, part)), weight=0)
            for part, hits in enumerate(found)
            for seen in hits
            if part
        ]

    def told(self) -> dict[str, list[Told]]:
        """Return the hits that the system has accepted, by group, in the order in which it did."""
        groups: dict[str, list[Told]] = {}
        for due in self.dues():
            if all(need in self.accepted for need in due.needs):
                received = max(self.received[need] for need in due.needs)
                accepted = max(self.accepted[need] for need in due.needs)
                groups.setdefault(due.seen.group, []).append(Told(due, received, accepted))
        for hits in groups.values():
            hits.sort(key=lambda told: (told.accepted, told.due.act.number))
            _count_once(hits)
        return groups


def _count_once(hits: list[Told]) -> None:
    """Let the first accepted object of each batch delete be the one that counts."""
    counted: set[int] = set()
    for told in hits:
        if told.due.act.event == "DeleteObjects" and not told.due.is_optional:
            told.due.weight = told.due.act.number not in counted
            counted.add(told.due.act.number)

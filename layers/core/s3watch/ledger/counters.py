"""Counts hits by act, and the bytes they moved, apart by the way that the records came.

While a group claims its accesses, no copy is counted twice, whatever way it came. Beyond that, each way has
counters of its own. All ways report the same accesses, so that of each act only the greatest number counts.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct


class Sums(Struct, frozen=True):
    """The number of accesses by act, and the bytes that they moved."""

    acts: dict[str, int] = {}
    bytes_in: int = 0
    bytes_out: int = 0

    @property
    def count(self) -> int:
        """The number of accesses."""
        return sum(self.acts.values())

    def plus(self, other: Sums) -> Sums:
        """Return the sum of both."""
        acts = {act: self.acts.get(act, 0) + other.acts.get(act, 0) for act in {**self.acts, **other.acts}}
        return Sums(acts, self.bytes_in + other.bytes_in, self.bytes_out + other.bytes_out)

    def since(self, before: Sums) -> Sums:
        """Return what was added since `before`; acts that were not are left out."""
        acts = {act: number - before.acts.get(act, 0) for act, number in self.acts.items()}
        added = {act: number for act, number in acts.items() if number > 0}
        return Sums(added, self.bytes_in - before.bytes_in, self.bytes_out - before.bytes_out)


class Counters(Struct, frozen=True):
    """What a write can add to a group without reading it; kept apart from the rest of the group."""

    ways: dict[str, Sums] = {}  # "events", "log_files", ...
    last: float = 0  # epoch seconds of the latest event
    additions: int = 0  # how often something was added

    def plus(self, way: str, sums: Sums, last: float) -> Counters:
        """Return the counters after one addition."""
        ways = {**self.ways, way: self.ways.get(way, Sums()).plus(sums)}
        return Counters(ways, max(self.last, last), self.additions + 1)


def greatest(ways: Mapping[str, Sums]) -> Sums:
    """Return for each act the greatest number of any way: there are at least as many accesses."""
    acts: dict[str, int] = {}
    for sums in ways.values():
        for act, number in sums.acts.items():
            acts[act] = max(acts.get(act, 0), number)
    bytes_in = max((sums.bytes_in for sums in ways.values()), default=0)
    return Sums(acts, bytes_in, max((sums.bytes_out for sums in ways.values()), default=0))

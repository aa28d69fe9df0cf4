"""What one scenario did, and which of it must not be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

LOSSES = frozenset({"record lost", "never accepted", "untold"})  # laws of the simulation that a loss breaks


@dataclass(slots=True)
class Outcome:
    """What happened to some records; numbers of messages are by topic, an untold hit counts on each topic."""

    records: int  # that arrived, copies included
    hits: int  # that had to be told
    groups: int
    faults: dict[str, int]
    messages: dict[str, int]
    lost: int
    repeated: int  # messages that came twice, as it is documented ...
    bound: int  # ... and how many may: their sender died, or an answer was lost, before they were deleted
    doubled: int  # messages that came twice although nothing had happened to their sender
    overcounted: int  # hits that an "about" counts more than there are
    broken: list[str]  # other laws of the simulation
    units: int  # write units of the ledger
    hot_units: int  # those of the group that took most
    hot_hits: int  # that it told
    seconds: float  # of CPU
    waited: float | None = None  # until somebody else's critical alert was told on all topics
    memory: float = 0.0  # MiB at most, of the whole process
    name: str = ""

    def failures(self) -> Iterator[str]:
        """Say what must not have happened."""
        if self.lost:
            yield f"{self.lost:,} lost"
        if self.doubled:
            yield f"{self.doubled:,} came twice without an excuse"
        yield from self.broken


def missed(expected: Mapping[str, int], told: Mapping[str, Mapping[str, int]]) -> int:
    """Count the hits that were not told, on each topic, by caller."""
    return sum(
        max(0, hits - some.get(caller, 0)) for some in told.values() for caller, hits in expected.items()
    )


def exceeded(hits: int, told: Mapping[str, Mapping[str, int]]) -> int:
    """Return by how many hits the topic that counted most is above what there are."""
    return max(0, *(sum(some.values()) - hits for some in told.values()))


def by_topic(topics: Counter[str]) -> dict[str, int]:
    """Sort numbers of messages by topic."""
    return dict(sorted(topics.items()))

"""The result of a batch of records: all of them counted, and those named that somebody has to look at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from s3watch.detection.matcher import Hit, Result, RuleFailure, Rules


@dataclass(slots=True)
class Counts:
    """The numbers of records in a batch, by result."""

    received: int = 0
    clean: int = 0
    excluded: int = 0  # all hits silenced by exceptions, on trial, or signals
    hit: int = 0
    failed: int = 0
    held: int = 0  # parts of batch deletes, counted again when they are evaluated

    def add(self, other: Counts) -> None:
        """Add the numbers of another batch."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def balanced(self) -> bool:
        """Whether every record received is accounted for."""
        return self.received == self.clean + self.excluded + self.hit + self.failed + self.held


@dataclass(slots=True)
class Screened:
    """The records that matter, each with its id, and what some of them are known to match."""

    records: list[tuple[str, bytes]] = field(default_factory=list)
    rules: dict[str, Rules] = field(default_factory=dict)  # id: the detections that the record matches


@dataclass(slots=True)
class Outcome:
    """The result of one batch; records are named by the ids that the caller gave them."""

    counts: Counts = field(default_factory=Counts)
    unreadable: dict[str, str] = field(default_factory=dict)  # id: reason
    unrecorded: set[str] = field(
        default_factory=set
    )  # ids to retry: unreached, or the ledger was unavailable
    trouble: str = ""  # with the ledger, if records are unrecorded because of it
    unreached: set[str] = field(default_factory=set)  # ids of those for which no time was left
    rule_failures: list[RuleFailure] = field(default_factory=list)
    hits: list[Hit] = field(default_factory=list)
    correlated: list[Hit] = field(default_factory=list)  # correlations that fired, with the last access
    silenced: Counter[str] = field(default_factory=Counter)  # hits, by exception or trial

    def add(self, other: Outcome) -> None:
        """Add the results of another batch, apart from those that grow with the number of hits."""
        self.counts.add(other.counts)
        self.rule_failures += other.rule_failures
        self.silenced += other.silenced

    def add_correlated(self, result: Result) -> None:
        """Add a correlation that fired, or failed."""
        if isinstance(result, Hit):
            self.correlated.append(result)
        else:
            self.rule_failures.append(result)

    def reject(self, unreadable: Mapping[str, str]) -> None:
        """Count records as failed because they cannot be parsed; `unreadable` has the reason for each id."""
        self.counts.received += len(unreadable)
        self.counts.failed += len(unreadable)
        self.unreadable |= unreadable

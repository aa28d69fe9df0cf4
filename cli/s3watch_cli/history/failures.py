"""What could not be read or evaluated in a replay: each file by name, and the first few of its records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

MOST_NAMED = 5  # records of a file: they show what is wrong, and the others are counted
_RECORD = ", record "


class Failure(NamedTuple):
    """What a FailureLog noted: a call of the method of Failures that has this name."""

    kind: Literal["add", "reject", "reject_more", "refuse"]
    what: str  # the line, a record's place, or the file
    more: str | int  # the line's file, why, or how many


class FailureLog:
    """Takes down what fails where log files are read, for Failures that are kept elsewhere, or later."""

    def __init__(self) -> None:
        self._noted: list[Failure] = []
        self._more: Counter[str] = Counter()

    def add(self, line: str, file: str = "") -> None:
        """Take down a failure of a file, or of something else."""
        self._noted.append(Failure("add", line, file))

    def reject(self, place: str, why: str) -> None:
        """Take down what is no record; beyond those that could be named, only how many there are."""
        if len(self._noted) < MOST_NAMED:
            self._noted.append(Failure("reject", place, why))
        else:
            self._more[place.rpartition(_RECORD)[0]] += 1

    def refuse(self, file: str, why: str) -> None:
        """Take down a file in which there is no record."""
        self._noted, self._more = [Failure("refuse", file, why)], Counter()

    def take(self) -> list[Failure]:
        """Return what was taken down since the last time."""
        more = [Failure("reject_more", file, number) for file, number in self._more.items()]
        taken = [*self._noted, *more]
        self._noted, self._more = [], Counter()
        return taken


class Failures:
    """Lines for people, file by file in the order of what failed; bounded for each file."""

    def __init__(self) -> None:
        self._lines: dict[str, dict[str, None]] = {}  # by file; what is said twice is told once
        self._named: Counter[str] = Counter()  # records by file
        self._unnamed: Counter[str] = Counter()
        self._rejected: Counter[str] = Counter()

    def __bool__(self) -> bool:
        return bool(self._lines)

    def add(self, line: str, file: str = "") -> None:
        """Add a failure of a file, or of something else."""
        self._lines.setdefault(file, {})[line] = None

    def add_record(self, place: str, why: str) -> None:
        """Add a record that could not be evaluated."""
        file = place.rpartition(_RECORD)[0]
        if self._named[file] < MOST_NAMED:
            self._named[file] += 1
            self.add(f"{place}: {why}", file)
        else:
            self._unnamed[file] += 1

    def reject(self, place: str, why: str) -> None:
        """Add what is no record, or cannot be read, and so does not reach the pipeline."""
        self._rejected[place.rpartition(_RECORD)[0]] += 1
        self.add_record(place, why)

    def reject_more(self, file: str, number: int) -> None:
        """Add so many more of a file's records that were rejected, when no more of these are to be named."""
        self._rejected[file] += number
        self._unnamed[file] += number

    def repeat(self, noted: Iterable[Failure]) -> None:
        """Add what was taken down elsewhere."""
        for kind, what, more in noted:
            getattr(self, kind)(what, more)

    def refuse(self, file: str, why: str) -> None:
        """Add a file in which there is no record, instead of all that was rejected in it."""
        for each in (self._lines, self._named, self._unnamed, self._rejected):
            each.pop(file, None)
        self.add(f"{file}: {why}", file)

    @property
    def rejected(self) -> int:
        """How many records were rejected, in files that hold others."""
        return self._rejected.total()

    def lines(self) -> Iterator[str]:
        """Yield a line for each failure, and one a file for the records that are not named."""
        for file, lines in self._lines.items():
            yield from lines
            if more := self._unnamed[file]:
                yield f"{file}: and {more:,} more of its records"


def places_in(file: str) -> str:
    """Return how the names of a file's records begin; the number of each follows, from 1."""
    return f"{file}{_RECORD}"

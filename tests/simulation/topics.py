"""What the topics took: every message with what it says, and which of it may come a second time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.simulation.scheduler import Worker
from tests.simulation.system import Entry


@dataclass(slots=True)
class Published:
    """One message that a topic took: what it says, by whom, and for which of it a second copy is excused."""

    at: float
    topic: str
    entries: tuple[Entry, ...]
    worker: str
    size: int
    open: set[str] = field(default_factory=set)  # ids of entries whose mark was not written yet
    excused: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Said:
    """One message on one topic about one subject, with the number of accesses that are told by then."""

    at: float
    told: int
    exact: bool
    text: str


class Topics:
    """All publications of a run.

    What excuses a second copy: a worker that dies, or a call that fails, between the topic's answer and the
    mark.
    """

    def __init__(self) -> None:
        self.published: list[Published] = []
        self._by_worker: dict[Worker, list[Published]] = {}
        self._said: dict[tuple[str, bool], dict[str, list[Said]]] = {}

    def take(self, now: float, worker: Worker, topic: str, size: int, said: tuple[Entry, ...]) -> None:
        """Take a message of so many bytes."""
        published = Published(now, topic, said, str(worker), size, {entry.id for entry in said})
        self.published.append(published)
        self._by_worker.setdefault(worker, []).append(published)

    def mark(self, worker: Worker, keys: Sequence[str]) -> None:
        """Note that a write of these items was answered: what it marks has no excuse to come again."""
        for published in self._by_worker.get(worker, ()):
            if published.open:
                published.open -= {entry.id for entry in published.entries if entry.item in keys}

    def bereave(self, worker: Worker) -> None:
        """Excuse a second copy of what a killed worker published and did not mark."""
        for published in self._by_worker.pop(worker, ()):
            published.excused |= published.open

    def excuse(self, worker: Worker, about: str) -> None:
        """Excuse a second copy of what a failed call was to mark, or of a publication without an answer.

        A digest is marked by several calls; those after one that failed are not made.
        """
        for published in self._by_worker.get(worker, ()):
            if about == published.topic or about.startswith(f"message#{published.topic}#"):
                published.excused |= published.open

    def doubles(self) -> tuple[int, list[tuple[Published, str]]]:
        """Count the messages that came again in the documented window, and return those outside it."""
        excused: dict[tuple[str, str], bool] = {}
        documented, others = 0, list[tuple[Published, str]]()
        for published in self.published:
            for entry in published.entries:
                key = published.topic, entry.id
                if excused.get(key) is True:
                    documented += 1
                elif key in excused:
                    others.append((published, entry.id))
                excused[key] = entry.id in published.excused
        return documented, others

    def numbers(self) -> Counter[str]:
        """Count the messages of each topic."""
        return Counter(published.topic for published in self.published)

    def excused(self) -> int:
        """Count the messages that may come a second time, as it is documented."""
        return sum(len(published.excused) for published in self.published)

    def said(self, topic: str, *, principals: bool) -> dict[str, list[Said]]:
        """Return what was said on a topic, by group or by principal; the latter adds up over its groups."""
        if (topic, principals) not in self._said:
            self._said[topic, principals] = self._gather(topic, principals=principals)
        return self._said[topic, principals]

    def _gather(self, topic: str, *, principals: bool) -> dict[str, list[Said]]:
        found = dict[str, list[Said]]()
        greatest, sums, inexact = Counter[str](), Counter[str](), set[str]()
        for published in self.published:
            for entry in published.entries if published.topic == topic else ():
                subject = entry.principal if principals else entry.group
                more = max(0, entry.count - greatest[entry.group])
                greatest[entry.group] += more
                sums[subject] += more
                inexact |= set() if entry.exact else {subject}
                said = Said(published.at, sums[subject], subject not in inexact, entry.text)
                found.setdefault(subject, []).append(said)
        return found

"""Checks whether the deployment sees and tells what it is there for, and reports what has changed.

A problem is told when it begins and when it ends, on the operations topic. What is told is kept after it was
sent: if that fails, it is told again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import tzinfo
from typing import NamedTuple, Protocol

from s3watch.alerts.sns_message import Publication
from s3watch.detection.catalogue import Catalogue
from s3watch.health.gaps import find_stall
from s3watch.health.own_changes import find_changes
from s3watch.health.parts import Parts
from s3watch.health.problems import Expected, Problem, find_problems
from s3watch.health.report import Day, write_change, write_summary
from s3watch.health.state import Health, compare
from s3watch.health.volumes import Volumes, Watched, find_drops, hours_before
from s3watch.ledger.groups import Group
from s3watch.ruleset import Ruleset


class Store(Protocol):
    """Keeps what the last check found; aws/own_parts/health_store.py does."""

    def read(self) -> Health:
        """Return what the last check found. Raises UnavailableError."""

    def keep(self, after: Health) -> None:
        """Replace it. Raises UnavailableError."""


class VolumeStore(Protocol):
    """Has the calls of the log files; aws/own_parts/volume_store.py does."""

    @property
    def buckets(self) -> Sequence[str]:
        """Those of which calls are counted."""

    def read(self, hours: Sequence[str]) -> Volumes:
        """Return the calls on buckets in some hours. Raises UnavailableError."""


class Checked(NamedTuple):
    """The numbers of a check, for metrics and logs."""

    open: int
    begun: tuple[str, ...]  # in words
    ended: tuple[str, ...]


class HealthCheck:
    """Checks one deployment."""

    def __init__(
        self,
        stack: str,
        expected: Expected,
        ruleset: Ruleset,
        store: Store,
        volumes: VolumeStore,
        publish: Callable[[Publication], None],
        zone: tzinfo,
    ) -> None:
        self._stack, self._expected, self._zone = stack, expected, zone
        self._ruleset, self._catalogue = ruleset, Catalogue(ruleset)
        self._store, self._volumes, self._publish = store, volumes, publish

    def run(self, parts: Parts, now: float) -> Checked:
        """Compare the parts with what is expected, and tell what has changed. Raises UnavailableError."""
        before = self._store.read()
        changed = find_changes(before.made, parts.made)
        stall = find_stall(parts.trail, now, self._zone) if self._expected.reads_canary else ()
        found = [*find_problems(parts, self._expected), *stall, *changed]
        change = compare(before, [*found, *self._find_drops(before, now)], parts, now, self._zone)
        if change.begun or change.ended:
            self._publish(write_change(self._stack, change, now, self._zone).publication())
        self._store.keep(change.after)
        return Checked(
            len(change.after.open),
            tuple(each.what for each in change.begun),
            tuple(each.what for each in change.ended),
        )

    def _find_drops(self, before: Health, now: float) -> list[Problem]:
        watched = [
            Watched(bucket, tuple(label.name for label in self._catalogue.of_bucket(bucket)))
            for bucket in self._volumes.buckets
        ]
        volumes, told = self._volumes.read(hours_before(now)), [each.key for each in before.open]
        return find_drops(volumes, watched, len(self._ruleset.detections), now, told)

    def summarize(self, groups: Iterable[Group], now: float) -> None:
        """Tell what the last 24 hours had, also if that is nothing. Raises UnavailableError."""
        health = self._store.read()
        day = Day(tuple(groups), self._ruleset.exceptions, health.open, health.gaps)
        self._publish(write_summary(self._stack, day, now, self._zone).publication())

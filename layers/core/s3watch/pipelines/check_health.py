"""Checks whether the deployment sees and tells what it is there for, and reports what has changed.

A problem is told when it begins and when it ends, on the operations topic. What is told is kept after it was
sent: if that fails, it is told again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import tzinfo
from typing import NamedTuple, Protocol

from s3watch.alerts.sns_message import Publication
from s3watch.health.own_changes import find_changes
from s3watch.health.parts import Parts
from s3watch.health.problems import Expected, find_problems
from s3watch.health.report import Day, write_change, write_summary
from s3watch.health.state import Health, compare
from s3watch.ledger.groups import Group
from s3watch.ruleset import RuleException


class Store(Protocol):
    """Keeps what the last check found; aws/own_parts/health_store.py does."""

    def read(self) -> Health:
        """Return what the last check found. Raises UnavailableError."""

    def keep(self, after: Health) -> None:
        """Replace it. Raises UnavailableError."""


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
        store: Store,
        publish: Callable[[Publication], None],
        zone: tzinfo,
    ) -> None:
        self._stack, self._expected, self._zone = stack, expected, zone
        self._store, self._publish = store, publish

    def run(self, parts: Parts, now: float) -> Checked:
        """Compare the parts with what is expected, and tell what has changed. Raises UnavailableError."""
        before = self._store.read()
        changed = find_changes(before.made, parts.made)
        change = compare(before, [*find_problems(parts, self._expected), *changed], parts, now)
        if change.begun or change.ended:
            self._publish(write_change(self._stack, change, now, self._zone).publication())
        self._store.keep(change.after)
        return Checked(
            len(change.after.open),
            tuple(each.what for each in change.begun),
            tuple(each.what for each in change.ended),
        )

    def summarize(self, groups: Iterable[Group], exceptions: Iterable[RuleException], now: float) -> None:
        """Tell what the last 24 hours had, also if that is nothing. Raises UnavailableError."""
        day = Day(tuple(groups), tuple(exceptions), self._store.read().open)
        self._publish(write_summary(self._stack, day, now, self._zone).publication())

"""Leaves of what matched what has to be told: by earlier accesses, by exceptions, without signals."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

from s3watch.detection.exceptions import Exceptions, Silencing
from s3watch.detection.matcher import Hit, Result, RuleFailure
from s3watch.errors import UnavailableError, describe
from s3watch.ledger.first_seen import Asked, FirstSeen
from s3watch.ledger.store import Store
from s3watch.pipelines.outcome import Outcome
from s3watch.ruleset import Ruleset
from s3watch.times import day_of


class Found(NamedTuple):
    """What a record matched, and what is asked about earlier accesses."""

    name: str
    results: Sequence[Result]
    asked: Sequence[Asked]


class Sifted(NamedTuple):
    """A hit as it was matched, which correlations count, what is left to be alerted, and what is silenced."""

    matched: Hit
    kept: Hit | None
    silenced: list[Silencing]


class Sieve:
    """What a rule set says about hits beyond the access itself."""

    def __init__(self, ruleset: Ruleset, store: Store) -> None:
        self._exceptions = Exceptions(ruleset.exceptions, ruleset.staged)
        self._signals = frozenset(each.rule for each in ruleset.detections if each.is_signal)
        self._first_seen = FirstSeen(ruleset.detections, store)

    def sift_all(self, found: Sequence[Found], outcome: Outcome, now: float) -> list[tuple[str, Sifted]]:
        """Return the hits of records, each with the record's id, judged together by earlier accesses.

        The records are left to retry if these cannot be read.
        """
        try:
            self.judge([each for one in found for each in one.asked])
        except UnavailableError as error:
            outcome.trouble = str(error)
            outcome.unrecorded |= {one.name for one in found}
            outcome.counts.received -= len(found)
            return []
        sifted: list[tuple[str, Sifted]] = []
        for name, results, _ in found:
            try:
                sifted += [(name, each) for each in self.sift(results, 1, outcome, now)]
            except Exception as error:  # noqa: BLE001  # reported with the record, in the dead-letter queue
                outcome.counts.received -= 1
                outcome.reject({name: describe(error)})
        return sifted

    def judge(self, asked: Sequence[Asked]) -> None:
        """Say of accesses what is new about them. Raises UnavailableError."""
        self._first_seen.judge(asked)

    def sift(self, results: Sequence[Result], records: int, outcome: Outcome, now: float) -> list[Sifted]:
        """Apply the exceptions, count the records by what is left, and return the hits of judged accesses."""
        left = self._first_seen.test(results)
        if not left:
            outcome.counts.clean += records
            return []
        failures = [result for result in left if isinstance(result, RuleFailure)]
        matched = [result for result in left if isinstance(result, Hit)]
        outcome.rule_failures += failures
        sifted = [Sifted(hit, self.keep(now, hit, quiet := list[Silencing]()), quiet) for hit in matched]
        for each in sifted:
            if each.silenced:
                outcome.silenced.update([one.name for one in each.silenced])
        counts = outcome.counts
        if any(each.kept for each in sifted):
            counts.hit += records
        elif failures:
            counts.failed += records
        else:
            counts.excluded += records
        return sifted

    def keep(self, now: float, hit: Hit, silenced: list[Silencing]) -> Hit | None:
        """Return what exceptions and trials leave of a hit, without detections that are only signals."""
        left = self._exceptions.apply(hit, day_of(hit.access.time or now), silenced)
        if left is None or self._signals.isdisjoint(rules := [each.rule for each in left.detections]):
            return left
        loud = tuple(
            each for each, rule in zip(left.detections, rules, strict=True) if rule not in self._signals
        )
        return dataclasses.replace(left, detections=loud) if loud else None

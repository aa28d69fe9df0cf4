"""What came of a replay: every record counted by its result, and what failed."""

from __future__ import annotations

from collections import Counter

from s3watch.pipelines.outcome import Counts, Outcome

from s3watch_cli.history.batches import Batch
from s3watch_cli.history.failures import Failures


class ReplayResult:
    """Adds up the outcomes of batches."""

    def __init__(self) -> None:
        self.failures = Failures()
        self.silenced: Counter[str] = Counter()  # hits, by exception or trial
        self._evaluated = Counts()

    @property
    def counts(self) -> Counts:
        """The numbers of records by result, those included that could not be read and were not evaluated."""
        counts = Counts(received=self.failures.rejected, failed=self.failures.rejected)
        counts.add(self._evaluated)
        return counts

    def add(self, outcome: Outcome) -> None:
        """Add the outcome of a batch whose records are named by their places."""
        self._evaluated.add(outcome.counts)
        self.silenced += outcome.silenced
        for place, why in outcome.unreadable.items():
            self.failures.add_record(place, why)
        for place in sorted(outcome.unrecorded):
            self.failures.add_record(place, "its hits could not be recorded")
        for rule in outcome.rule_failures:
            self.failures.add(f"{rule.rule}: {rule.error}")

    def add_batch(self, batch: Batch) -> None:
        """Add what failed before a batch, and those of its records of which nothing comes."""
        self.failures.repeat(batch.failures)
        self._evaluated.received += batch.clean
        self._evaluated.clean += batch.clean

    def release_held(self) -> None:
        """Count the parts of batch deletes once, now that all of these were evaluated."""
        self._evaluated.received -= self._evaluated.held
        self._evaluated.held = 0

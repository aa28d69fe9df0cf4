"""What the ledger needs of a store: memory_store.py is the plainest, aws/dynamodb_store.py the real one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # a cold start needs the names of none of these
    from s3watch.facts.batch_deletes import BatchDelete
    from s3watch.ledger.groups import Counters, Group
    from s3watch.ledger.token_bucket import Bucket
    from s3watch.posture.review import ReviewState


class Store(Protocol):
    """Keeps groups, claims, batch deletes and rates; every change is conditional on what was read.

    Every method may raise UnavailableError. Times are epoch seconds.
    """

    def group(self, identity: str) -> Group | None:
        """Read a group as it is now."""

    def write(self, before: Group | None, after: Group, claims: Sequence[str], now: float) -> None:
        """Replace a group and take claims, all or nothing. Raises ConflictError."""

    def count(self, identity: str, added: Counters) -> None:
        """Add to a group's counters without looking. Raises ConflictError where the group is gone."""

    def due_groups(self, now: float) -> Sequence[str]:
        """Name the groups that are due."""

    def batch_delete(self, request: str) -> BatchDelete | None:
        """Read what is known of a batch delete."""

    def keep(self, before: BatchDelete | None, after: BatchDelete, now: float) -> None:
        """Replace what is known of a batch delete. Raises ConflictError."""

    def due_deletes(self, now: float) -> Sequence[str]:
        """Name the batch deletes whose wait is over."""

    def reviewed(self, bucket: str) -> ReviewState:
        """Read what the last review of a bucket found; nothing, if there was none."""

    def keep_reviewed(self, before: ReviewState, after: ReviewState) -> None:
        """Replace what is known of a bucket, for good. Raises ConflictError."""

    def rate(self, name: str) -> Bucket:
        """Read a token bucket, full if it was never used."""

    def spend(self, name: str, before: Bucket, after: Bucket) -> None:
        """Replace a token bucket. Raises ConflictError."""

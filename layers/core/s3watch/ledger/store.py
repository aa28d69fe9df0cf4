"""The interface of the ledger's store: memory_store.py is for tests, aws/dynamodb_store.py for production."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # not imported at a cold start
    from s3watch.facts.batch_deletes import BatchDelete
    from s3watch.ledger.groups import Counters, Group
    from s3watch.ledger.token_bucket import Bucket
    from s3watch.posture.review import ReviewState


class Store(Protocol):
    """Stores groups, claims, batch deletes, bucket reviews and token buckets.

    A change is conditional on the state that was read (`before`; None: there was none) and raises
    ConflictError if another writer was first. Every method may raise UnavailableError. Times are epoch
    seconds.
    """

    def group(self, identity: str) -> Group | None:
        """Read the current state of a group; None if there is none."""

    def write(self, before: Group | None, after: Group, claims: Sequence[str], now: float) -> None:
        """Replace a group and take claims, in one transaction. Raises ConflictError."""

    def count(self, identity: str, added: Counters) -> None:
        """Add to a group's counters without reading it. Raises ConflictError if there is no such group."""

    def due_groups(self, now: float) -> Sequence[str]:
        """Return the ids of the due groups."""

    def batch_delete(self, request: str) -> BatchDelete | None:
        """Read the state of a batch delete; None if there is none."""

    def keep(self, before: BatchDelete | None, after: BatchDelete, now: float) -> None:
        """Replace the state of a batch delete. Raises ConflictError."""

    def due_deletes(self, now: float) -> Sequence[str]:
        """Return the request ids of the due batch deletes."""

    def reviewed(self, bucket: str) -> ReviewState:
        """Read the result of a bucket's last review; empty if there was none."""

    def keep_reviewed(self, before: ReviewState, after: ReviewState) -> None:
        """Replace the result of a bucket's last review; it never expires. Raises ConflictError."""

    def rate(self, name: str) -> Bucket:
        """Read a token bucket; full if it was never used."""

    def spend(self, name: str, before: Bucket, after: Bucket) -> None:
        """Replace a token bucket. Raises ConflictError."""

"""The interface of the ledger's store: memory_store.py for replay, aws/dynamodb_store.py for production."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # not imported at a cold start
    from s3watch.facts.batch_deletes import BatchDelete
    from s3watch.ledger.claims import Claim
    from s3watch.ledger.counters import Sums
    from s3watch.ledger.groups import Group
    from s3watch.ledger.messages import Message, Topic
    from s3watch.ledger.silence.day_counts import DayCount
    from s3watch.ledger.slots import Slots
    from s3watch.ledger.token_bucket import Bucket
    from s3watch.posture.review_state import ReviewState


class Store(Protocol):
    """Stores groups, claims, batch deletes, bucket reviews and token buckets.

    A change is conditional on the state that was read (`before`; None: there was none) and raises
    ConflictError if another writer was first. Every method may raise UnavailableError. Times are epoch
    seconds.
    """

    def group(self, identity: str) -> Group | None:
        """Read the current state of a group; None if there is none."""

    def write(
        self,
        before: Group | None,
        after: Group,
        claims: Sequence[Claim],
        now: float,
        *,
        messages: Sequence[Message] = (),
        turns: str = "",
    ) -> None:
        """Replace a group, take claims, add messages and count a turn, in one transaction.

        A group that is closed by it must have its counters as they were read. Raises ConflictError, with the
        claims that were taken before, and what they say.
        """

    def count(self, identity: str, way: str, added: Sums, last: float) -> None:
        """Add to a group's counters without reading it.

        Raises ConflictError if there is no such group, or if it is exact or closed.
        """

    def judge(self, before: Group, after: Group, now: float) -> None:
        """Replace the verdict and the snooze of a group, and when it is due next, and nothing else.

        Raises ConflictError.
        """

    def due_groups(self, now: float) -> Sequence[str]:
        """Return the ids of the due groups, critical ones first."""

    def turns(self, name: str) -> int:
        """Return how many turns a principal has had in an hour (see principals.turns_of)."""

    def take_turn(self, name: str, now: float) -> int:
        """Count a turn and return its number, from 1."""

    def due_messages(self, topic: Topic, now: float) -> Sequence[str]:
        """Return the ids of a topic's due messages: critical ones, others, then those for the digest."""

    def lease(self, identity: str, now: float, until: float) -> Message | None:
        """Give a message to one sender until a time; None if it is sent, or somebody else has it."""

    def postpone(self, message: Message, due: float, *, waits: bool) -> None:
        """End the lease of a message and leave it to the sweeper, if it `waits` for the digest."""

    def mark_sent(self, messages: Sequence[Message], now: float) -> None:
        """Delete messages of one topic that were sent together; what they said may stay, for people."""

    def batch_delete(self, request: str) -> BatchDelete | None:
        """Read the state of a batch delete; None if there is none."""

    def keep(self, before: BatchDelete | None, after: BatchDelete, now: float) -> None:
        """Replace the state of a batch delete. Raises ConflictError."""

    def due_deletes(self, now: float) -> Sequence[str]:
        """Return the request ids of the due batch deletes."""

    def slots(self, key: str) -> Slots:
        """Read the slots of a block of a correlation's series (see slots.py); empty if there are none."""

    def add_to_slots(self, key: str, added: Slots, now: float) -> Slots:
        """Add to the slots of a block without reading them; returns what is in all of them then."""

    def seen(self, keys: Sequence[str]) -> Mapping[str, frozenset[int]]:
        """Read the windows remembered under some keys (see first_seen.py); none where there is nothing."""

    def add_seen(self, key: str, windows: Iterable[int], expires: float | None) -> None:
        """Add to the windows remembered under a key, without reading them; None: they never expire."""

    def day_count(self, key: str) -> DayCount:
        """Read what an entry silenced on a day (see silence/day_counts.py); empty if it silenced nothing."""

    def add_to_day(self, key: str, added: DayCount, now: float) -> None:
        """Add to what an entry silenced on a day, without reading it."""

    def reviewed(self, bucket: str) -> ReviewState:
        """Read the result of a bucket's last review; empty if there was none."""

    def keep_reviewed(self, before: ReviewState, after: ReviewState) -> None:
        """Replace the result of a bucket's last review; it never expires. Raises ConflictError."""

    def rate(self, name: str) -> Bucket:
        """Read a token bucket; full if it was never used."""

    def spend(self, name: str, before: Bucket, after: Bucket) -> None:
        """Replace a token bucket. Raises ConflictError."""

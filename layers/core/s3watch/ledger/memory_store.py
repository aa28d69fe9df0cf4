"""An in-memory store for the ledger: for replay and tests, and as the reference for other stores."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import msgspec

from s3watch.errors import ConflictError
from s3watch.facts.batch_deletes import BatchDelete
from s3watch.ledger.groups import Counters, Group
from s3watch.ledger.token_bucket import Bucket
from s3watch.posture.review import ReviewState


class MemoryStore:
    """Implements `Store` with dictionaries; every change is atomic, and nothing expires."""

    def __init__(self) -> None:
        self.groups: dict[str, Group] = {}
        self.claims: dict[str, str] = {}
        self._deletes: dict[str, BatchDelete] = {}
        self._rates: dict[str, Bucket] = {}
        self._reviewed: dict[str, ReviewState] = {}
        self._lock = threading.Lock()

    def group(self, identity: str) -> Group | None:
        """Read the current state of a group; None if there is none."""
        return self.groups.get(identity)

    def write(self, before: Group | None, after: Group, claims: Sequence[str], now: float) -> None:
        """Replace a group and take claims, in one transaction."""
        del now
        with self._lock:
            taken = [name for name in claims if name in self.claims]
            current = self.groups.get(after.id)
            if taken or _version(current) != _version(before):
                raise ConflictError(taken)
            self.claims.update(dict.fromkeys(claims, after.id))
            self.groups[after.id] = _next(after, counters=_merged(current, before, after))

    def count(self, identity: str, added: Counters) -> None:
        """Add to a group's counters without reading it."""
        with self._lock:
            group = self.groups.get(identity)
            if group is None:
                raise ConflictError
            self.groups[identity] = msgspec.structs.replace(group, counters=group.counters.plus(added))

    def due_groups(self, now: float) -> Sequence[str]:
        """Return the ids of the due groups."""
        return [group.id for group in self.groups.values() if group.due is not None and group.due <= now]

    def batch_delete(self, request: str) -> BatchDelete | None:
        """Read the state of a batch delete; None if there is none."""
        return self._deletes.get(request)

    def keep(self, before: BatchDelete | None, after: BatchDelete, now: float) -> None:
        """Replace the state of a batch delete."""
        del now
        with self._lock:
            if _version(self._deletes.get(after.request)) != _version(before):
                raise ConflictError
            self._deletes[after.request] = _next(after)

    def due_deletes(self, now: float) -> Sequence[str]:
        """Return the request ids of the due batch deletes."""
        return [
            delete.request
            for delete in self._deletes.values()
            if delete.due is not None and delete.due <= now
        ]

    def reviewed(self, bucket: str) -> ReviewState:
        """Read the result of a bucket's last review; empty if there was none."""
        return self._reviewed.get(bucket, ReviewState(bucket))

    def keep_reviewed(self, before: ReviewState, after: ReviewState) -> None:
        """Replace the result of a bucket's last review."""
        with self._lock:
            if self.reviewed(after.bucket).version != before.version:
                raise ConflictError
            self._reviewed[after.bucket] = msgspec.structs.replace(after, version=before.version + 1)

    def rate(self, name: str) -> Bucket:
        """Read a token bucket; full if it was never used."""
        return self._rates.get(name, Bucket())

    def spend(self, name: str, before: Bucket, after: Bucket) -> None:
        """Replace a token bucket."""
        with self._lock:
            if self.rate(name).version != before.version:
                raise ConflictError
            self._rates[name] = _next(after)


def _version(item: Group | BatchDelete | None) -> int:
    return item.version if item else 0


def _next[Item: (Group, BatchDelete, Bucket)](item: Item, **changes: object) -> Item:
    return msgspec.structs.replace(item, version=item.version + 1, **changes)


def _merged(current: Group | None, before: Group | None, after: Group) -> Counters:
    """Keep what `count` added since `before` was read."""
    if not (current and before):
        return after.counters
    return current.counters.plus(after.counters.since(before.counters))

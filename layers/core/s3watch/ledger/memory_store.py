"""The ledger's state in memory: for replay, for tests, and as the plainest statement of what a store does."""

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
    """Groups, claims, batch deletes and rates in dictionaries; every change atomic, nothing expires."""

    def __init__(self) -> None:
        self.groups: dict[str, Group] = {}
        self.claims: dict[str, str] = {}
        self._deletes: dict[str, BatchDelete] = {}
        self._rates: dict[str, Bucket] = {}
        self._reviewed: dict[str, ReviewState] = {}
        self._lock = threading.Lock()

    def group(self, identity: str) -> Group | None:
        """Read a group as it is now."""
        return self.groups.get(identity)

    def write(self, before: Group | None, after: Group, claims: Sequence[str], now: float) -> None:
        """Replace a group and take claims, all or nothing."""
        del now
        with self._lock:
            taken = [name for name in claims if name in self.claims]
            current = self.groups.get(after.id)
            if taken or _version(current) != _version(before):
                raise ConflictError(taken)
            self.claims.update(dict.fromkeys(claims, after.id))
            self.groups[after.id] = _next(after, counters=_merged(current, before, after))

    def count(self, identity: str, added: Counters) -> None:
        """Add to a group's counters without looking."""
        with self._lock:
            group = self.groups.get(identity)
            if group is None:
                raise ConflictError
            self.groups[identity] = msgspec.structs.replace(group, counters=group.counters.plus(added))

    def due_groups(self, now: float) -> Sequence[str]:
        """Name the groups that are due."""
        return [group.id for group in self.groups.values() if group.due is not None and group.due <= now]

    def batch_delete(self, request: str) -> BatchDelete | None:
        """Read what is known of a batch delete."""
        return self._deletes.get(request)

    def keep(self, before: BatchDelete | None, after: BatchDelete, now: float) -> None:
        """Replace what is known of a batch delete."""
        del now
        with self._lock:
            if _version(self._deletes.get(after.request)) != _version(before):
                raise ConflictError
            self._deletes[after.request] = _next(after)

    def due_deletes(self, now: float) -> Sequence[str]:
        """Name the batch deletes whose wait is over."""
        return [
            delete.request
            for delete in self._deletes.values()
            if delete.due is not None and delete.due <= now
        ]

    def reviewed(self, bucket: str) -> ReviewState:
        """Read what the last review of a bucket found."""
        return self._reviewed.get(bucket, ReviewState(bucket))

    def keep_reviewed(self, before: ReviewState, after: ReviewState) -> None:
        """Replace what is known of a bucket."""
        with self._lock:
            if self.reviewed(after.bucket).version != before.version:
                raise ConflictError
            self._reviewed[after.bucket] = msgspec.structs.replace(after, version=before.version + 1)

    def rate(self, name: str) -> Bucket:
        """Read a token bucket."""
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
    """Keep what was counted blindly since `before` was read."""
    if not (current and before):
        return after.counters
    return current.counters.plus(after.counters.since(before.counters))

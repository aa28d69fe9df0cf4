"""An in-memory store for the ledger: for replay and tests, and as the reference for other stores."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import msgspec

from s3watch.errors import ConflictError
from s3watch.facts.batch_deletes import BatchDelete
from s3watch.ledger.claims import Claim
from s3watch.ledger.counters import Counters, Sums
from s3watch.ledger.groups import Group
from s3watch.ledger.messages import Message, Topic
from s3watch.ledger.silence.day_counts import DayCount
from s3watch.ledger.slots import Slot, Slots
from s3watch.ledger.token_bucket import Bucket
from s3watch.posture.review_state import ReviewState


class MemoryStore:
    """Implements `Store` with dictionaries; every change is atomic, and nothing expires."""

    def __init__(self) -> None:
        self.groups: dict[str, Group] = {}
        self.claims: dict[str, str] = {}  # the groups that took them, by name
        self._statements: dict[str, str] = {}
        self.messages: dict[str, Message] = {}
        self._turns: Counter[str] = Counter()
        self._deletes: dict[str, BatchDelete] = {}
        self._rates: dict[str, Bucket] = {}
        self._reviewed: dict[str, ReviewState] = {}
        self._slots: dict[str, tuple[tuple[int, Slot], ...]] = {}
        self._seen: defaultdict[str, set[int]] = defaultdict(set)
        self._days: dict[str, DayCount] = {}
        self._lock = threading.Lock()

    def group(self, identity: str) -> Group | None:
        """Read the current state of a group; None if there is none."""
        return self.groups.get(identity)

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
        """Replace a group, take claims, add messages and count a turn, in one transaction."""
        del now
        with self._lock:
            taken = {one.name: self._statements[one.name] for one in claims if one.name in self.claims}
            current = self.groups.get(after.id)
            if taken or _version(current) != _version(before) or _is_outdated(current, before, after):
                raise ConflictError(taken)
            self.claims |= {one.name: after.id for one in claims}
            self._statements |= dict(claims)
            self.groups[after.id] = _next(after, counters=_merged(current, before, after))
            self.messages |= {message.id: message for message in messages}
            self._turns.update([turns] if turns else ())

    def count(self, identity: str, way: str, added: Sums, last: float) -> None:
        """Add to a group's counters without reading it."""
        with self._lock:
            group = self.groups.get(identity)
            if group is None or group.exact or group.closed:
                raise ConflictError
            counters = group.counters.plus(way, added, last)
            self.groups[identity] = msgspec.structs.replace(group, counters=counters)

    def judge(self, before: Group, after: Group, now: float) -> None:
        """Replace the verdict and the snooze of a group, and when it is due next, and nothing else."""
        del now
        with self._lock:
            current = self.groups.get(after.id)
            if current is None or current.version != before.version:
                raise ConflictError
            self.groups[after.id] = _next(current, verdict=after.verdict, snooze=after.snooze, due=after.due)

    def due_groups(self, now: float) -> Sequence[str]:
        """Return the ids of the due groups, critical ones first."""
        due = [group for group in self.groups.values() if group.due is not None and group.due <= now]
        return [group.id for group in sorted(due, key=lambda group: (group.level != "critical", group.due))]

    def turns(self, name: str) -> int:
        """Return how many turns a principal has had in an hour."""
        return self._turns[name]

    def take_turn(self, name: str, now: float) -> int:
        """Count a turn and return its number, from 1."""
        del now
        with self._lock:
            self._turns[name] += 1
            return self._turns[name]

    def due_messages(self, topic: Topic, now: float) -> Sequence[str]:
        """Return the ids of a topic's due messages: critical ones, others, then those for the digest."""
        due = [one for one in self.messages.values() if one.topic == topic and one.due <= now]
        return [one.id for one in sorted(due, key=lambda one: (one.queue, one.due))]

    def lease(self, identity: str, now: float, until: float) -> Message | None:
        """Give a message to one sender until a time; None if it is sent, or somebody else has it."""
        with self._lock:
            message = self.messages.get(identity)
            if message is None or message.leased_until > now:
                return None
            leased = msgspec.structs.replace(message, leased_until=until, due=until)
            self.messages[identity] = leased
            return leased

    def postpone(self, message: Message, due: float, *, waits: bool) -> None:
        """End the lease of a message and leave it to the sweeper, if it `waits` for the digest."""
        with self._lock:
            current = self.messages.get(message.id)
            if current and current.leased_until == message.leased_until:
                self.messages[message.id] = msgspec.structs.replace(
                    message, leased_until=0, due=due, waits=waits
                )

    def mark_sent(self, messages: Sequence[Message], now: float) -> None:
        """Delete messages that were sent; nobody looks for them here."""
        del now
        with self._lock:
            for message in messages:
                self.messages.pop(message.id, None)

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
        """Return the request ids of the due batch deletes, the first ones of each principal first."""
        due = [delete for delete in self._deletes.values() if delete.due is not None and delete.due <= now]
        return [one.request for one in sorted(due, key=lambda one: (not one.is_early, one.due))]

    def earliest_due(self) -> float | None:
        """Return when a sweep has something to do next, in epoch seconds."""
        items: list[Group | Message | BatchDelete] = [*self.groups.values(), *self.messages.values()]
        return min(
            (one.due for one in [*items, *self._deletes.values()] if one.due is not None), default=None
        )

    def slots(self, key: str) -> Slots:
        """Read the slots of a block of a correlation's series; empty if there are none."""
        return dict(self._slots.get(key, ()))

    def add_to_slots(self, key: str, added: Slots, now: float) -> Slots:
        """Add to the slots of a block; returns what is in all of them then."""
        del now
        with self._lock:
            known = dict(self._slots.get(key, ()))
            for number, slot in added.items():
                known[number] = _one(known.get(number, Slot()).plus(slot))
            self._slots[key] = tuple(known.items())
            return known

    def seen(self, keys: Sequence[str]) -> Mapping[str, frozenset[int]]:
        """Read the windows remembered under some keys; none of a key that is not there."""
        return {key: frozenset(self._seen.get(key, ())) for key in keys}

    def all_seen(self) -> Mapping[str, frozenset[int]]:
        """Return all windows that are remembered, by their keys."""
        return {key: frozenset(windows) for key, windows in self._seen.items()}

    def add_seen(self, key: str, windows: Iterable[int], expires: float | None) -> None:
        """Add to the windows remembered under a key."""
        del expires
        with self._lock:
            self._seen[key].update(windows)

    def day_count(self, key: str) -> DayCount:
        """Read what an entry silenced on a day; empty if it silenced nothing."""
        return self._days.get(key, DayCount())

    def add_to_day(self, key: str, added: DayCount, now: float) -> None:
        """Add to what an entry silenced on a day."""
        del now
        with self._lock:
            self._days[key] = self.day_count(key).plus(added)

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


def _is_outdated(current: Group | None, before: Group | None, after: Group) -> bool:
    """Return whether something was counted that a group's last message would not say."""
    if not (current and before and after.closed):
        return False
    return current.counters.additions != before.counters.additions


def _merged(current: Group | None, before: Group | None, after: Group) -> Counters:
    """Keep what `count` added since `before` was read."""
    if not (current and before):
        return after.counters
    counters = current.counters
    for way, sums in after.counters.ways.items():
        added = sums.since(before.counters.ways.get(way, Sums()))
        if added.count:
            counters = counters.plus(way, added, after.counters.last)
    return counters


@lru_cache(maxsize=4096)
def _one(slot: Slot) -> Slot:
    """Return the one object for equal slots: a year has millions that hold one rule, or two."""
    return slot

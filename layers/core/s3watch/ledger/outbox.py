"""The outbox: pending messages of groups, leased by one sender at a time, then marked as sent or given back.

Every change is a write that is conditional on the group as it was read, and is retried on a conflict.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from msgspec.structs import replace

from s3watch.errors import BusyError, ConflictError
from s3watch.ledger import groups
from s3watch.ledger.groups import Group, Pending
from s3watch.ledger.store import Store

LEASE = 30.0  # seconds; an attempt to call SNS ends within the client's timeouts (10 s)
ATTEMPTS = 20  # to write to a group that others write to; each conflict means that one of them succeeded
RATE = "alerts"  # the name of the token bucket that all messages share


class Outbox:
    """Leases pending messages to senders, and limits their rate. Methods raise UnavailableError."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def lease(self, identity: str, now: float, *, retry: bool) -> Group | None:
        """Lease a group's message for LEASE seconds; None if there is none or it may not be leased now.

        The stream invokes a sender on every write to a group with a pending message, including the writes of
        senders. So only the sweeper, which runs once a minute, may `retry` a message that was leased or held
        back before; otherwise senders would keep invoking each other.
        """
        return self._change(identity, partial(_leased, now=now, retry=retry), now)

    def hold_back(self, group: Group, now: float) -> None:
        """Leave a message for the next digest."""
        self._change(group.id, lambda current: _with_pending(current, now, held_back=True), now)

    def give_back(self, group: Group, now: float) -> None:
        """Leave a message for the sweeper, with the topics that already have it."""
        delivered = group.pending.delivered if group.pending else ()
        self._change(
            group.id, lambda current: _with_pending(current, now, leased_until=now, delivered=delivered), now
        )

    def mark_sent(self, group: Group, now: float) -> None:
        """Mark a leased message as sent."""
        if group.pending:
            sequence = group.pending.sequence
            self._change(group.id, lambda current: groups.sent(current, sequence, group.count, now), now)

    def roll_up(self, identity: str, now: float) -> Group | None:
        """Make a group's due roll-up pending; returns the current group, None if there is none."""
        return self._change(identity, lambda group: groups.roll_up(group, now), now) or self._store.group(
            identity
        )

    def take_token(self, now: float, *, critical: bool) -> bool:
        """Take a token from the bucket that all messages share; returns False if none is left."""
        for _ in range(ATTEMPTS):
            before = self._store.rate(RATE)
            after = before.take(now, critical=critical)
            if after is None:
                return False
            try:
                self._store.spend(RATE, before, after)
            except ConflictError:
                continue
            return True
        raise BusyError("too many concurrent writes to the token bucket of messages")

    def _change(self, identity: str, change: Callable[[Group], Group], now: float) -> Group | None:
        """Apply a change to a group, again after each conflict; None if it left the group as it was."""
        for _ in range(ATTEMPTS):
            before = self._store.group(identity)
            after = change(before) if before else None
            if before is None or after is None or after == before:
                return None
            try:
                self._store.write(before, after, (), now)
            except ConflictError:
                continue
            return after
        raise BusyError(f"too many concurrent writes to group {identity}")


def _leased(group: Group, now: float, *, retry: bool) -> Group:
    pending = group.pending
    if pending is None or pending.leased_until > now or (not retry and _was_taken(pending)):
        return group
    return replace(group, pending=replace(pending, leased_until=now + LEASE), due=now + LEASE)


def _was_taken(pending: Pending) -> bool:
    return bool(pending.leased_until or pending.held_back)


def _with_pending(group: Group, now: float, **changes: object) -> Group:
    """Change the pending message and leave it for the next sweep."""
    if group.pending is None:
        return group
    return replace(group, pending=replace(group.pending, **{"leased_until": 0, **changes}), due=now)

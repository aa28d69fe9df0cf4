"""The outbox: pending messages of groups, taken by one sender at a time, then marked as sent or given back.

Every change is conditional on the group as it was read, and tried anew where somebody else wrote meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from msgspec.structs import replace

from s3watch.errors import BusyError, ConflictError
from s3watch.ledger import groups
from s3watch.ledger.groups import Group, Pending
from s3watch.ledger.store import Store

LEASE = 30.0  # seconds; SNS answers within its client's timeouts (10 s) or not at all
ATTEMPTS = 20  # others write to a busy group too; each loss means one of them got through
RATE = "alerts"  # the name of the pace that all messages share


class Outbox:
    """What has to go out, and how fast it may."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def lease(self, identity: str, now: float, *, retry: bool) -> Group | None:
        """Take a group's message for LEASE seconds; None: there is none, or it is not this sender's turn.

        The stream sees every write to a group with a message, those of senders too. Only the sweeper, which
        comes once a minute, takes messages `again` that somebody had: else both would go round in circles.
        """
        return self._change(identity, partial(_leased, now=now, retry=retry), now)

    def hold_back(self, group: Group, now: float) -> None:
        """Leave a message to the next digest."""
        self._change(group.id, lambda current: _with_pending(current, now, held_back=True), now)

    def give_back(self, group: Group, now: float) -> None:
        """Leave a message to the sweeper, less the topics that have it."""
        delivered = group.pending.delivered if group.pending else ()
        self._change(
            group.id, lambda current: _with_pending(current, now, leased_until=now, delivered=delivered), now
        )

    def mark_sent(self, group: Group, now: float) -> None:
        """Note that a message was sent, as it was leased."""
        if group.pending:
            sequence = group.pending.sequence
            self._change(group.id, lambda current: groups.sent(current, sequence, group.count, now), now)

    def roll_up(self, identity: str, now: float) -> Group | None:
        """Make the message pending that is due; gives the group as it is then."""
        return self._change(identity, lambda group: groups.roll_up(group, now), now) or self._store.group(
            identity
        )

    def take_token(self, now: float, *, critical: bool) -> bool:
        """Take a token of the pace that all messages share; False: there is none left."""
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
        raise BusyError("the pace of messages is written to by too many at once")

    def _change(self, identity: str, change: Callable[[Group], Group], now: float) -> Group | None:
        """Change a group whatever others write meanwhile; None: the change left it as it is."""
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
        raise BusyError(f"group {identity} is written to by too many at once")


def _leased(group: Group, now: float, *, retry: bool) -> Group:
    pending = group.pending
    if pending is None or pending.leased_until > now or (not retry and _was_taken(pending)):
        return group
    return replace(group, pending=replace(pending, leased_until=now + LEASE), due=now + LEASE)


def _was_taken(pending: Pending) -> bool:
    return bool(pending.leased_until or pending.held_back)


def _with_pending(group: Group, now: float, **changes: object) -> Group:
    """Change the pending message and leave it to the next sweep."""
    if group.pending is None:
        return group
    return replace(group, pending=replace(group.pending, **{"leased_until": 0, **changes}), due=now)

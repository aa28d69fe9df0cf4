from __future__ import annotations

from typing import Any

import pytest
from s3watch.errors import BusyError, ConflictError
from s3watch.ledger.ledger import Ledger
from s3watch.ledger.memory_store import MemoryStore
from s3watch.ledger.outbox import ATTEMPTS, LEASE, Outbox
from s3watch.ledger.store import Store

from tests.support.cloudtrail import make_record
from tests.support.sensitive import NOW, make_hits


@pytest.fixture
def group(store: Store) -> str:
    Ledger(store).record(make_hits(make_record()), "events", NOW)
    return store.due_groups(NOW + 1e9)[0]


def test_a_leased_message_cannot_be_leased_again(store: Store, group: str):
    outbox = Outbox(store)

    assert outbox.lease(group, NOW, retry=False)
    assert outbox.lease(group, NOW + LEASE - 1, retry=True) is None


def test_only_the_sweeper_can_take_an_expired_lease(store: Store, group: str):
    outbox = Outbox(store)
    outbox.lease(group, NOW, retry=False)

    assert outbox.lease(group, NOW + LEASE + 1, retry=False) is None
    assert outbox.lease(group, NOW + LEASE + 1, retry=True)


def test_a_message_that_is_given_back_is_due_immediately(store: Store, group: str):
    outbox = Outbox(store)
    outbox.give_back(outbox.lease(group, NOW, retry=False), NOW + 5)

    assert store.due_groups(NOW + 5) == [group]


def test_a_message_marked_as_sent_is_no_longer_pending(store: Store, group: str):
    outbox = Outbox(store)
    outbox.mark_sent(outbox.lease(group, NOW, retry=False), NOW)

    assert (store.group(group).pending, store.group(group).reported, store.group(group).due) == (
        None,
        1,
        None,
    )


def test_tokens_run_out_with_a_reserve_for_critical_messages(store: Store):
    outbox = Outbox(store)
    others = [outbox.take_token(NOW, critical=False) for _ in range(10)]
    critical = [outbox.take_token(NOW, critical=True) for _ in range(6)]

    assert (others.count(True), critical.count(True)) == (8, 4)


class Contended(MemoryStore):
    """A store whose items somebody else changes first, so many times."""

    conflicts = 0

    def write(self, *arguments: Any) -> None:
        self._yield_to_others()
        super().write(*arguments)

    def spend(self, *arguments: Any) -> None:
        self._yield_to_others()
        super().spend(*arguments)

    def _yield_to_others(self) -> None:
        if self.conflicts:
            self.conflicts -= 1
            raise ConflictError


@pytest.fixture
def contended() -> Contended:
    store = Contended()
    Ledger(store).record(make_hits(make_record()), "events", NOW)
    return store


def test_a_change_that_conflicts_is_made_again(contended: Contended):
    [group] = contended.due_groups(NOW + 1e9)
    contended.conflicts = ATTEMPTS - 1
    leased = Outbox(contended).lease(group, NOW, retry=False)
    contended.conflicts = ATTEMPTS - 1

    assert leased
    assert Outbox(contended).take_token(NOW, critical=False)


def test_a_change_that_conflicts_forever_is_given_up_as_busy(contended: Contended):
    [group] = contended.due_groups(NOW + 1e9)
    contended.conflicts = 3 * ATTEMPTS

    with pytest.raises(BusyError, match=f"too many concurrent writes to group {group}"):
        Outbox(contended).lease(group, NOW, retry=False)
    with pytest.raises(BusyError, match="too many concurrent writes to the token bucket"):
        Outbox(contended).take_token(NOW, critical=False)

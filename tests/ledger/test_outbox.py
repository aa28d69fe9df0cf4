from __future__ import annotations

import pytest
from s3watch.ledger.ledger import Ledger
from s3watch.ledger.outbox import LEASE, Outbox
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

from __future__ import annotations

import pytest
from msgspec.structs import replace
from s3watch.errors import ConflictError
from s3watch.ledger.groups import Counters
from s3watch.ledger.ledger import Ledger
from s3watch.ledger.memory_store import MemoryStore

from tests.support.sensitive import NOW, make_hits, make_reads


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore()
    Ledger(store).record(make_hits(*make_reads(2)), "events", NOW)
    return store


def test_a_write_based_on_an_old_version_is_a_conflict(store: MemoryStore):
    (group,) = store.groups.values()
    store.write(group, replace(group, reported=1), (), NOW)

    with pytest.raises(ConflictError):
        store.write(group, replace(group, reported=2), (), NOW)


def test_blind_counts_survive_a_write_that_did_not_read_them(store: MemoryStore):
    (group,) = store.groups.values()
    store.count(group.id, Counters({"events": 5}, last=NOW))
    store.write(group, replace(group, reported=2), (), NOW)

    assert store.group(group.id).count == 7


def test_a_claim_that_is_already_taken_is_named_and_nothing_is_written(store: MemoryStore):
    (group,) = store.groups.values()
    taken = next(iter(store.claims))

    with pytest.raises(ConflictError) as conflict:
        store.write(group, replace(group, reported=9), ["new", taken], NOW)
    assert (conflict.value.claimed, store.group(group.id)) == ({taken}, group)

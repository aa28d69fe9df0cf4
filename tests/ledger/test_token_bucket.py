from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from s3watch.ledger.token_bucket import CAPACITY, REFILL, RESERVE, Bucket


def drain(bucket: Bucket, now: float, *, critical: bool = False) -> tuple[Bucket, int]:
    taken = 0
    while after := bucket.take(now, critical=critical):
        bucket, taken = after, taken + 1
    return bucket, taken


def test_a_full_bucket_allows_a_burst():
    assert drain(Bucket(), 0)[1] == CAPACITY - RESERVE


def test_critical_messages_have_a_reserve():
    empty, _ = drain(Bucket(), 0)

    assert drain(empty, 0, critical=True)[1] == RESERVE


def test_the_bucket_refills_with_time():
    empty, _ = drain(Bucket(), 0)

    assert drain(empty, 60)[1] == round(60 * REFILL)


@given(st.lists(st.tuples(st.floats(0, 30), st.booleans()), max_size=300))
def test_no_more_are_sent_than_capacity_and_refill_allow(messages: list[tuple[float, bool]]):
    bucket, now, left = Bucket(), 0.0, 0
    for pause, critical in messages:
        now += pause
        if after := bucket.take(now, critical=critical):
            bucket, left = after, left + 1

    assert left <= CAPACITY + now * REFILL + 1e-6

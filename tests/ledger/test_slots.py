from __future__ import annotations

import pytest
from s3watch.correlation import Correlation
from s3watch.ledger.slots import (
    MOST,
    Slot,
    amount_element,
    block_of,
    digest_of,
    find_true,
    fit,
    measure,
    rule_element,
    slot_at,
    start_of,
)

HOUR = 3600
COUNT = Correlation("event_count", ("one",), HOUR, 2)
SUM = Correlation("value_sum", ("one",), HOUR, 100, field="s3.bytes_out")
ORDERED = Correlation("temporal_ordered", ("one", "two"), HOUR, 2)
A, B = digest_of("a"), digest_of("b")


def slot(*elements: bytes, more: int = 0) -> Slot:
    return Slot(frozenset(elements), more)


def test_a_time_span_has_twelve_slots_and_a_block_begins_with_the_first():
    first = slot_at(COUNT, 10 * HOUR)

    assert (slot_at(COUNT, 11 * HOUR - 1), slot_at(COUNT, 11 * HOUR)) == (first + 11, first + 12)
    assert (block_of(first), block_of(first + 11), block_of(first + 12)) == (10, 10, 11)
    assert start_of(COUNT, first) == 10 * HOUR


@pytest.mark.parametrize(
    ("apart", "found"), [(11, {11: 2}), (12, {})], ids=["in a window", "longer than a window"]
)
def test_a_window_is_a_slot_and_the_eleven_before_it(apart, found):
    slots = {0: slot(A), apart: slot(B)}

    assert find_true(COUNT, slots, block_of(apart)) == found


def test_a_window_that_ends_without_an_access_is_none():
    assert find_true(COUNT, {11: slot(A, B)}, 1) == {}


def test_what_is_known_is_not_added_again():
    assert fit(COUNT, slot(A), slot(A, B)) == slot(B)


def test_a_slot_with_enough_to_fire_takes_no_more():
    assert fit(COUNT, slot(A, B), slot(digest_of("c"))) == Slot()


def test_beyond_the_elements_that_are_kept_amounts_are_added_up():
    full = slot(*(amount_element(digest_of(str(number)), 1) for number in range(MOST)))

    assert fit(SUM, full, slot(amount_element(A, 7), amount_element(B, 5))) == slot(more=12)


def test_of_two_amounts_of_one_access_the_larger_counts():
    window = [(0, slot(amount_element(A, 7))), (1, slot(amount_element(A, 9), amount_element(B, 1)))]

    assert measure(SUM, window) == 10


@pytest.mark.parametrize(
    ("one", "two", "found"), [(60, 120, 2), (60, 60, 2), (120, 60, 1)], ids=["later", "at once", "before"]
)
def test_what_comes_in_order_comes_one_after_another(one, two, found):
    window = [(0, slot(rule_element(ORDERED, 0, one), rule_element(ORDERED, 1, two)))]

    assert measure(ORDERED, window) == found


def test_one_batch_adds_no_more_than_there_is_room_for():
    many = slot(*(digest_of(str(number)) for number in range(1000)))

    assert len(fit(COUNT, Slot(), many).elements) == COUNT.least


def test_the_largest_amount_fits():
    assert len(amount_element(A, 10**30)) == len(amount_element(A, 1))

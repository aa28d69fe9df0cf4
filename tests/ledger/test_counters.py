from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from s3watch.ledger.counters import Counters, Sums, greatest

SUMS = st.builds(
    Sums,
    st.dictionaries(st.sampled_from(("read", "delete", "copy-out")), st.integers(1, 99)),
    st.integers(0, 10**9),
    st.integers(0, 10**9),
)


@given(SUMS, SUMS)
def test_what_was_added_is_what_was_not_there_before(before: Sums, added: Sums):
    assert before.plus(added).since(before) == added


def test_of_each_act_only_the_greatest_number_of_any_way_counts():
    ways = {
        "events": Sums({"read": 4, "write": 1}, bytes_out=40),
        "log_files": Sums({"read": 3, "delete": 2}, bytes_out=50),
    }

    assert greatest(ways) == Sums({"read": 4, "write": 1, "delete": 2}, bytes_out=50)


def test_without_ways_nothing_is_counted():
    assert greatest({}) == Sums()


def test_an_addition_counts_for_its_way_and_keeps_the_latest_time():
    counters = Counters().plus("events", Sums({"read": 1}), 20.0).plus("log_files", Sums({"read": 2}), 10.0)

    assert counters == Counters({"events": Sums({"read": 1}), "log_files": Sums({"read": 2})}, 20.0, 2)

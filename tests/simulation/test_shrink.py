from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from tests.simulation.shrink import minimize


@given(st.sets(st.integers(0, 59), min_size=1, max_size=4))
def test_shrinking_keeps_what_is_needed_and_nothing_else(needed: set[int]):
    def fails(parts: Sequence[int]) -> bool:
        return needed <= set(parts)

    assert minimize(range(60), fails, most=10_000) == sorted(needed)


def test_shrinking_stops_after_the_tries_it_is_given():
    tries: list[int] = []

    def fails(parts: Sequence[int]) -> bool:
        tries.append(len(parts))
        return True

    minimize(range(1000), fails, most=3)

    assert len(tries) == 3

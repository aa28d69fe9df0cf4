from __future__ import annotations

import pytest
from s3watch.turns import Turns


def fail(reason: str) -> None:
    raise ValueError(reason)


def test_every_step_has_its_turn():
    turns = Turns()

    assert [turns.take(lambda: 1), turns.take(lambda: fail("two")), turns.take(lambda: 3)] == [1, None, 3]


def test_the_first_failure_is_raised_in_the_end_and_the_others_are_counted():
    turns = Turns()
    for reason in ("one", "two", "three"):
        turns.take(lambda reason=reason: fail(reason))

    with pytest.raises(ValueError, match="one") as failure:
        turns.end()
    assert failure.value.__notes__ == ["and 2 more failed"]


def test_without_failures_nothing_is_raised():
    turns = Turns()
    turns.take(lambda: None)

    assert turns.end() is None

from __future__ import annotations

import pytest
from s3watch.enrichment.patience import MOST_WAITED, Patience

from tests.support.sensitive import NOW


class Clock:
    """A clock that waiting moves."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.patience = Patience(lambda: self.time)

    def wait(self, seconds: float) -> None:
        with self.patience.waiting():
            self.time += seconds

    def fail(self, seconds: float) -> None:
        with self.patience.waiting():
            self.time += seconds
            raise KeyError


def test_what_a_batch_has_waited_is_added_up_until_it_is_enough():
    clock, over = Clock(), list[bool]()
    for seconds in (0, MOST_WAITED - 1, 1):
        clock.wait(seconds)
        over.append(clock.patience.is_over(NOW))
        clock.time += 100  # what else takes time is not waiting

    assert over == [False, False, True]


def test_the_next_batch_waits_again():
    clock = Clock()
    clock.patience.is_over(NOW)
    clock.wait(MOST_WAITED)

    assert [clock.patience.is_over(now) for now in (NOW, NOW + 1)] == [True, False]


def test_what_fails_was_waited_for_too():
    clock = Clock()
    clock.patience.is_over(NOW)
    with pytest.raises(KeyError):
        clock.fail(MOST_WAITED)

    assert clock.patience.is_over(NOW)

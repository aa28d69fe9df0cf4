"""How much work a call does, in a unit that a busy or slow machine has too."""

from __future__ import annotations

import time
import timeit
from collections.abc import Callable


def effort_of(call: Callable[[], object]) -> float:
    """Return the CPU time of a call in times of counting to 100,000, each the fastest of three."""
    return _fastest(call) / _fastest(_count_to_100_000)


def _fastest(call: Callable[[], object]) -> float:
    return min(timeit.repeat(call, number=1, repeat=3, timer=time.process_time))


def _count_to_100_000() -> None:
    for _ in range(100_000):
        pass

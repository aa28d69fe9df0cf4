"""Measures how work grows with the size of its input, so that tests can tell linear from quadratic."""

from __future__ import annotations

from collections.abc import Callable
from time import process_time

TIMES = 4  # as large; a linear run then takes 4 times as long, a quadratic one 16 times
LINEAR = 8.0  # halfway between by ratio
ROUNDS = (3, 10)  # runs whose minimum counts; more of them where a busy machine may have doubled it


def growth[Input](make: Callable[[int], Input], run: Callable[[Input], object], size: int) -> float:
    """Return by what factor the run takes longer when its input, made for a size, is TIMES as large."""
    factor = 0.0
    for rounds in ROUNDS:
        sizes = (size, TIMES * size)
        # In turn, so that a machine that gets busy meanwhile slows down both
        times = [[_seconds(run, make(each)) for each in sizes] for _ in range(rounds)]
        small, large = map(min, zip(*times, strict=True))
        if (factor := large / small) <= LINEAR:
            break
    return factor


def _seconds[Input](run: Callable[[Input], object], given: Input) -> float:
    start = process_time()
    run(given)
    return process_time() - start

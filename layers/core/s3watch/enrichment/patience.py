"""Bounds how long all sources together hold up one batch, however slowly each of them answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

MOST_WAITED = 8.0  # seconds; the call that is under way then still ends, as aws.clients has it


class Patience:
    """Adds up how long a batch has waited."""

    def __init__(self, clock: Callable[[], float] = lambda: 0.0) -> None:
        """Prepare it. `clock` returns seconds, since whenever; by default no call takes any."""
        self._clock = clock
        self._batch, self._waited = 0.0, 0.0

    def is_over(self, now: float) -> bool:
        """Return whether the batch of this time has waited long enough."""
        if now != self._batch:
            self._batch, self._waited = now, 0.0
        return self._waited >= MOST_WAITED

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Count the time that a call takes, also if it fails."""
        started = self._clock()
        try:
            yield
        finally:
            self._waited += self._clock() - started

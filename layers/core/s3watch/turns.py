"""Work of which each piece has its turn, whatever became of the others."""

from __future__ import annotations

from collections.abc import Callable


class Turns:
    """Takes steps one after the other; a failure is raised when all had their turn, never swallowed."""

    def __init__(self) -> None:
        self._failures: list[Exception] = []

    def take[Result](self, step: Callable[[], Result]) -> Result | None:
        """Take a step; None if it failed."""
        try:
            return step()
        except Exception as error:  # noqa: BLE001  # raised by end()
            self._failures.append(error)
            return None

    def end(self) -> None:
        """Raise the first failure, noting how many there were."""
        if self._failures:
            first, *others = self._failures
            if others:
                first.add_note(f"and {len(others)} more failed")
            raise first

"""Reads settings part by part, so that a part that cannot be read keeps no other from being read."""

from __future__ import annotations

from collections.abc import Callable

from s3watch.errors import UnavailableError, describe

MOST_REASONS = 20  # a denied permission is that of every access point


class Reading:
    """What was read so far, and which parts were not, each with the reason."""

    def __init__(self) -> None:
        self.refused: dict[str, str] = {}  # what will be refused next time too, as far as anyone can know
        self.failed: dict[str, str] = {}  # what may succeed next time

    def attempt[Part](self, name: str, read: Callable[[], Part], otherwise: Part) -> Part:
        """Read one part; returns `otherwise` if it cannot be read, or is not what AWS documents."""
        try:
            return read()
        except UnavailableError as error:
            self.failed.setdefault(name, describe(error))
        except Exception as error:  # noqa: BLE001  # refused, or of a shape nobody knew: told as unread
            self.refused.setdefault(name, describe(error))
        return otherwise

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why parts were not read, a line each, for the first of them."""
        lines = [f"{name}: {reason}" for name, reason in (self.refused | self.failed).items()]
        return tuple(lines[:MOST_REASONS])

    def add(self, other: Reading) -> None:
        """Take over what another reading could not read."""
        self.refused |= other.refused
        self.failed |= other.failed

"""How often hypothesis tries a law."""

from __future__ import annotations

from hypothesis import settings


def more_examples(times: int) -> settings:
    """Try a law so many times more often than others, whichever profile is on."""
    return settings(max_examples=times * settings.default.max_examples)

"""Request parameters, which older records write as lists of one."""

from __future__ import annotations

from typing import Any


def sole(parameter: Any) -> Any:
    """Take the one element out of a list of one; anything else is what it is."""
    return parameter[0] if isinstance(parameter, list) and len(parameter) == 1 else parameter


def read_text(parameter: Any) -> str | None:
    """Read a parameter that is text; empty text is none."""
    value = sole(parameter)
    return value if isinstance(value, str) and value else None

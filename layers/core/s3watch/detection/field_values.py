"""Converts field values for comparison: into elements, and these into text, numbers or IP addresses.

Null has no elements, a list has all its elements at any depth except null, anything else is one element. As
text, numbers, booleans and objects are compact JSON. Case is folded by lower(), not casefold(): the SQL of
hunts does so too, and casefold() can turn one character into two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from ipaddress import ip_address
from typing import Any

import msgspec

from s3watch.facts.field_paths import flatten

_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


def fold(text: str) -> str:
    """Convert each character to lower case by itself, so that a folded prefix stays a prefix."""
    if "Σ" not in text:
        return text.lower()
    return "".join(map(str.lower, text))  # lower() of a whole word gives a final sigma another form


def elements(value: Any) -> Iterator[Any]:
    """Yield the elements of a field's value."""
    if isinstance(value, (list, tuple)):
        yield from flatten(value)
    elif value is not None:
        yield value


def text_of(element: Any) -> str:
    """Return the text that an element is compared as."""
    return element if isinstance(element, str) else msgspec.json.encode(element).decode()


def number_of(element: Any) -> float | None:
    """Return an element as a number, also if it is numeric text; None for booleans and anything else."""
    if isinstance(element, bool):
        return None
    if isinstance(element, (int, float)):
        return element
    return float(element) if isinstance(element, str) and _NUMBER.fullmatch(element) else None


@lru_cache(maxsize=4096)  # addresses repeat; the bound holds against forged ones
def address_of(text: str) -> tuple[int, int]:
    """Return the version and integer value of an IP address; version 0 for other text, such as a DNS name."""
    try:
        address = ip_address(text)
    except ValueError:
        return 0, 0
    return address.version, int(address)

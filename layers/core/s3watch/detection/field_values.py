"""What a field's value is to a condition: elements, each compared as text, as a number or as an address.

Null is no element, a list is all of its elements at any depth but null, anything else is one. As text,
numbers and booleans are what JSON writes, objects are compact JSON. Text is folded by lower(), not
casefold(): so does the SQL of hunts, and casefold() would make two characters of one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from ipaddress import ip_address
from typing import Any

import msgspec

_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


def fold(text: str) -> str:
    """Lower the case of each character by itself, so that a folded prefix stays a prefix."""
    if "Σ" not in text:
        return text.lower()
    return "".join(map(str.lower, text))  # lower() of a whole word gives a last sigma a form of its own


def elements(value: Any) -> Iterator[Any]:
    """Give the elements that a field's value stands for."""
    if isinstance(value, (list, tuple)):
        for element in value:
            yield from elements(element)
    elif value is not None:
        yield value


def text_of(element: Any) -> str:
    """Write an element as the text that it is compared as."""
    return element if isinstance(element, str) else msgspec.json.encode(element).decode()


def number_of(element: Any) -> float | None:
    """Read an element as a number; texts of digits are numbers too, booleans are not."""
    if isinstance(element, bool):
        return None
    if isinstance(element, (int, float)):
        return element
    return float(element) if isinstance(element, str) and _NUMBER.fullmatch(element) else None


@lru_cache(maxsize=4096)  # addresses repeat; an attacker's do not grow it without bound
def address_of(text: str) -> tuple[int, int]:
    """Read an IP address as its version and number; version 0 is no address, such as a service's DNS name."""
    try:
        address = ip_address(text)
    except ValueError:
        return 0, 0
    return address.version, int(address)

"""Tells which records the event patterns of an EventScope pass on, to count them; EventBridge decides itself.

Of its operators those that these patterns have: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def passes(record: Mapping[str, Any], patterns: Iterable[Mapping[str, Any]]) -> bool:
    """Return whether one of the patterns matches an event with this record as its detail."""
    return any(_holds(pattern["detail"], record) for pattern in patterns)


def _holds(pattern: Mapping[str, Any], value: Any) -> bool:
    """Return whether an object, or one of a list of objects, has all members that a pattern names."""
    if isinstance(value, list):
        return any(_holds(pattern, each) for each in value or [{}])
    members = value if isinstance(value, dict) else {}
    return all(_member_holds(name, wanted, members) for name, wanted in pattern.items())


def _member_holds(name: str, wanted: Any, members: Mapping[str, Any]) -> bool:
    if name == "$or":
        return any(_holds(branch, members) for branch in wanted)
    if isinstance(wanted, dict):
        return _holds(wanted, members.get(name))
    value = members.get(name, [])
    leaves = value if isinstance(value, list) else [] if isinstance(value, dict) else [value]
    return any(_leaf_holds(each, leaves) for each in wanted)


def _leaf_holds(wanted: Any, leaves: list[Any]) -> bool:
    if not isinstance(wanted, dict):
        return wanted in leaves
    [(operator, operand)] = wanted.items()
    match operator:
        case "exists":
            return bool(leaves) is bool(operand)
        case "anything-but":
            return any(leaf not in operand for leaf in leaves)
        case _:
            return any(isinstance(leaf, str) and _text_holds(operator, operand, leaf) for leaf in leaves)


def _text_holds(operator: str, operand: str | Mapping[str, str], text: str) -> bool:
    if isinstance(operand, str):
        wanted, equal = operand, str.__eq__ if operator != "equals-ignore-case" else _is_alike
    else:
        wanted, equal = operand["equals-ignore-case"], _is_alike
    match operator:
        case "prefix":
            return equal(text[: len(wanted)], wanted)
        case "suffix":
            return equal(text[max(0, len(text) - len(wanted)) :], wanted)
        case "equals-ignore-case":
            return equal(text, wanted)
    raise ValueError(f"the operator {operator} is in no pattern of a scope")


def _is_alike(text: str, wanted: str) -> bool:
    """Compare as EventBridge does where it ignores case: each character with both cases of the wanted one."""
    return len(text) == len(wanted) and all(
        char in (each, each.lower(), each.upper()) for char, each in zip(text, wanted, strict=True)
    )

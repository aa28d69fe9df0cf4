"""EventBridge's event patterns told in the plainest way, from its documentation alone.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
https://github.com/aws/event-ruler: arrays, `exists` on leaves, the case of each character by itself
"""

from __future__ import annotations

from typing import Any

from tests.support.naive_matcher import glob_matches


def passes(event: Any, pattern: dict[str, Any]) -> bool:
    """Whether an event matches a pattern."""
    return passes_any(event, expand(pattern))


def passes_any(event: Any, conjunctions: list[dict[str, Any]]) -> bool:
    """Whether an event matches one of the patterns without `$or` that a pattern was expanded to."""
    return any(holds(event, event, conjunction, ()) for conjunction in conjunctions)


def expand(pattern: dict[str, Any]) -> list[dict[str, Any]]:
    """The patterns without `$or` of which one must match."""
    found: list[dict[str, Any]] = [{}]
    for name, value in pattern.items():
        if name == "$or":
            branches = [one for branch in value for one in expand(branch)]
        elif isinstance(value, dict):
            branches = [{name: one} for one in expand(value)]
        else:
            branches = [{name: value}]
        found = [merge(one, branch) for one in found for branch in branches]
    return found


def merge(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Both patterns in one; of a member that both name, what stands last."""
    merged = dict(one)
    for name, value in other.items():
        kept = merged.get(name)
        merged[name] = merge(kept, value) if isinstance(kept, dict) and isinstance(value, dict) else value
    return merged


def holds(event: Any, value: Any, pattern: dict[str, Any], path: tuple[str, ...]) -> bool:
    """Whether one element of each list has all members that the pattern names."""
    if isinstance(value, list):
        return any(holds(event, each, pattern, path) for each in value) or (
            not value and holds(event, None, pattern, path)
        )
    members = value if isinstance(value, dict) else {}
    return all(
        holds(event, members.get(name), wanted, (*path, name))
        if isinstance(wanted, dict)
        else member_holds(event, members.get(name, []), wanted, (*path, name))
        for name, wanted in pattern.items()
    )


def member_holds(event: Any, value: Any, wanted: list[Any], path: tuple[str, ...]) -> bool:
    found = leaves(value)
    anywhere = bool(leaves_at(event, path))  # of the event: Ruler knows a path, and not its place in a list
    return any(
        each["exists"] is anywhere
        if isinstance(each, dict) and "exists" in each
        else any(leaf_holds(leaf, each) for leaf in found)
        for each in wanted
    )


def leaves_at(value: Any, path: tuple[str, ...]) -> list[Any]:
    if isinstance(value, list):
        return [leaf for each in value for leaf in leaves_at(each, path)]
    if not path:
        return leaves(value)
    return leaves_at(value[path[0]], path[1:]) if isinstance(value, dict) and path[0] in value else []


def leaves(value: Any) -> list[Any]:
    """The values that operators see: null is one, an object and an empty list are none."""
    if isinstance(value, list):
        return [leaf for each in value for leaf in leaves(each)]
    return [] if isinstance(value, dict) else [value]


def leaf_holds(leaf: Any, wanted: Any) -> bool:
    if not isinstance(wanted, dict):
        return type(leaf) is type(wanted) and leaf == wanted
    ((op, operand),) = wanted.items()
    if op == "anything-but":
        return not any(
            leaf_holds(leaf, each) for each in (operand if isinstance(operand, list) else [operand])
        )
    return isinstance(leaf, str) and text_holds(leaf, op, operand)


def text_holds(text: str, op: str, operand: Any) -> bool:
    if op == "wildcard":
        return glob_matches(operand.replace("?", r"\?"), text)
    if op == "equals-ignore-case":
        return folded_equal(text, operand)
    wanted = operand["equals-ignore-case"] if isinstance(operand, dict) else operand
    end = {"prefix": text[: len(wanted)], "suffix": text[max(0, len(text) - len(wanted)) :]}[op]
    return folded_equal(end, wanted) if isinstance(operand, dict) else end == wanted


def folded_equal(text: str, wanted: str) -> bool:
    """Whether each character is the wanted one's lower or upper case."""
    return len(text) == len(wanted) and all(
        char in (want, want.lower(), want.upper()) for char, want in zip(text, wanted, strict=True)
    )

"""Whether a policy allows a request, straight from the words of IAM's evaluation logic, with nothing clever.

The judge of what posture/policy.py says in general, about the requests of tests/posture/test_policy_laws.py.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any

ABSENT: tuple[str, ...] = ()


@dataclass(frozen=True)
class Caller:
    """Who calls, from where: the ARN and unique id of a principal, or a service and for whom it acts."""

    arn: str = ""  # empty: anonymous, or a service
    service: str = ""
    keys: dict[str, tuple[str, ...]] = field(default_factory=dict)  # condition keys in lower case


def allows(statements: list[dict[str, Any]], caller: Caller, action: str, resource: str) -> bool:
    """Return whether a request is allowed: some statement allows it, and none denies it."""
    effects = {each["Effect"] for each in statements if _applies(each, caller, action, resource)}
    return effects == {"Allow"}


def _applies(statement: dict[str, Any], caller: Caller, action: str, resource: str) -> bool:
    return (
        _names_caller(statement, caller)
        and _names(statement, "Action", action.lower())
        and _names(statement, "Resource", resource)
        and all(
            _holds(operator.lower(), caller.keys.get(key.lower(), ABSENT), values)
            for operator, keys in statement.get("Condition", {}).items()
            for key, values in keys.items()
        )
    )


def _names_caller(statement: dict[str, Any], caller: Caller) -> bool:
    if "NotPrincipal" in statement:
        return not _is_named(statement["NotPrincipal"], caller)
    return _is_named(statement["Principal"], caller)


def _is_named(principal: Any, caller: Caller) -> bool:
    named = {"AWS": "*"} if principal == "*" else principal
    account = caller.arn.split(":")[4] if caller.arn else None
    wholes = {"*", account, f"arn:aws:iam::{account}:root", caller.arn or None}
    return bool(wholes & set(_list(named.get("AWS", [])))) or (
        caller.service in _list(named.get("Service", [])) and bool(caller.service)
    )


def _names(statement: dict[str, Any], element: str, value: str) -> bool:
    excluded = f"Not{element}" in statement
    patterns = _list(statement[f"Not{element}" if excluded else element])
    lower = element == "Action"
    return excluded != any(_like(each.lower() if lower else each, value) for each in patterns)


def _holds(operator: str, values: tuple[str, ...], wanted: Any) -> bool:
    for_all, for_any = operator.startswith("forallvalues:"), operator.startswith("foranyvalue:")
    name = operator.rpartition(":")[2]
    if name.endswith("ifexists"):
        if not values:
            return True
        name = name.removesuffix("ifexists")
    if name == "null":
        return (not values) == (_list(wanted) == ["true"])
    negated, test = _OPERATORS[name]
    if for_all:
        return all(_matches(test, value, wanted) != negated for value in values)
    if for_any:
        return any(_matches(test, value, wanted) != negated for value in values)
    return any(_matches(test, value, wanted) for value in values) != negated


def _matches(test: Any, value: str, wanted: Any) -> bool:
    return any(test(each, value) for each in _list(wanted))


def _like(pattern: str, value: str) -> bool:
    return (
        re.fullmatch("".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in pattern), value) is not None
    )


def _equal(wanted: str, value: str) -> bool:
    return wanted == value


def _within(network: str, value: str) -> bool:
    return ip_address(value) in ip_network(network, strict=False)


_OPERATORS = {
    "stringequals": (False, _equal), "stringnotequals": (True, _equal), "stringlike": (False, _like),
    "stringnotlike": (True, _like), "arnlike": (False, _like), "arnnotlike": (True, _like),
    "arnequals": (False, _like), "arnnotequals": (True, _like), "ipaddress": (False, _within),
    "notipaddress": (True, _within), "bool": (False, _equal),
}  # fmt: skip


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]

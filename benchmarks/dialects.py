"""One condition in other words: our facts, Cloud Custodian's filters, EventBridge patterns, plain Python."""

from __future__ import annotations

import re
from typing import Any

from msgspec.structs import replace
from s3watch.ruleset import Condition

type Rule = dict[str, Any]

ROLE = "userIdentity.sessionContext.sessionIssuer.userName"
FACTS = {  # what a user of s3watch writes instead of CloudTrail's own fields
    "requestParameters.bucketName": "s3.bucket",
    "requestParameters.key": "s3.key",
    "sourceIPAddress": "s3.ip",
    "additionalEventData.SignatureVersion": "s3.signature",
}


class NotSayableError(Exception):
    """A language has no words for a condition."""


def to_facts(condition: Condition) -> Condition:
    """Say it by facts where there is one."""
    if condition.of:
        return replace(condition, of=tuple(map(to_facts, condition.of)))
    match condition:
        case Condition(field=field, values=names) if field == ROLE:
            return replace(condition, field="s3.principal", values=tuple(f"role/{name}" for name in names))
        case Condition(field="errorCode", values=("AccessDenied",)):
            return Condition("eq", field="s3.outcome", values=("denied",))
        case Condition(field="userIdentity.type", values=("Root",)):
            return Condition("eq", field="s3.principal_type", values=("root",))
        case Condition(field="userIdentity.accountId", values=("anonymous",)):
            return Condition("eq", field="s3.principal_type", values=("anonymous",))
        case Condition(field="additionalEventData.AuthenticationMethod"):
            return Condition("eq", field="s3.auth", values=("query",))
    return replace(condition, field=FACTS.get(condition.field, condition.field))


def to_custodian(condition: Condition) -> Rule:
    """Write an `event` filter of Cloud Custodian; `and` below others is `not` of `not`, which it can nest."""
    match condition.op:
        case "and":
            return {"not": [{"not": [to_custodian(part) for part in condition.of]}]}
        case "or":
            return {"or": [to_custodian(part) for part in condition.of]}
        case "not":
            return {"not": [to_custodian(condition.of[0])]}
        case "eq":
            return {"type": "event", "key": condition.field, "op": "in", "value": list(condition.values)}
        case "exists":
            return {"type": "event", "key": condition.field, "value": "present"}
        case "prefix" | "contains" | "glob" | "re":
            return {
                "type": "event",
                "key": condition.field,
                "op": "regex-case",
                "value": _to_regex(condition),
            }
        case "cidr":
            (network,) = condition.values
            return {
                "type": "event",
                "key": condition.field,
                "op": "in",
                "value_type": "cidr",
                "value": network,
            }
    raise NotSayableError(condition.op)


def _to_regex(condition: Condition) -> str:
    """Write a regular expression for re.match, any of the values."""
    forms = {
        "prefix": re.escape,
        "contains": lambda value: ".*" + re.escape(value),
        "glob": lambda value: re.escape(value).replace(r"\*", ".*").replace(r"\?", ".") + "$",
        "re": lambda value: ".*" + value if not value.startswith("^") else value,
    }
    if condition.field == "requestParameters":
        raise NotSayableError("an object as text")
    return "|".join(f"(?:{forms[condition.op](value)})" for value in condition.values)


def to_eventbridge(condition: Condition) -> Rule:
    """Write a pattern of EventBridge; `not` is `anything-but` or the field being absent."""
    if condition.op == "and":
        return _merge([to_eventbridge(part) for part in condition.of])
    if condition.op == "or":
        return {"$or": [to_eventbridge(part) for part in condition.of]}
    if condition.op == "not":
        return _to_anything_but(condition.of[0])
    return _nest(condition.field, _to_matchers(condition))


def _to_matchers(condition: Condition) -> list[Any]:
    values = condition.values
    match condition.op:
        case "eq":
            return list(values)
        case "prefix":
            return [{"prefix": value} for value in values]
        case "contains":
            return [{"wildcard": f"*{value}*"} for value in values]
        case "glob" if "?" not in "".join(values):
            return [{"wildcard": value} for value in values]
        case "cidr":
            return [{"cidr": value} for value in values]
        case "exists":
            return [{"exists": True}]
    raise NotSayableError(condition.op)


def _to_anything_but(condition: Condition) -> Rule:
    if condition.op not in ("eq", "contains"):
        raise NotSayableError(f"not {condition.op}")
    but = list(condition.values) if condition.op == "eq" else {"wildcard": f"*{condition.values[0]}*"}
    field = condition.field
    return {"$or": [_nest(field, [{"anything-but": but}]), _nest(field, [{"exists": False}])]}


def _nest(field: str, matchers: list[Any]) -> Rule:
    nested: Any = matchers
    for name in reversed(field.split(".")):
        nested = {name: nested}
    return nested  # type: ignore[no-any-return]  # a field has a name


def _merge(patterns: list[Rule]) -> Rule:
    merged: Rule = {}
    for pattern in patterns:
        for name, part in pattern.items():
            if name not in merged:
                merged[name] = part
            elif isinstance(part, dict):
                merged[name] = _merge([merged[name], part])
            else:
                raise NotSayableError(f"two conditions on {name}")
    return merged


def to_python(name: str, condition: Condition) -> str:
    """Write a function as people do who keep their detections in Python."""
    return f"def {name}(event):\n    return {_to_expression(condition)}\n"


def _to_expression(condition: Condition) -> str:
    value = f"get(event, {', '.join(map(repr, condition.field.split('.')))})"
    values = condition.values
    match condition.op:
        case "and" | "or":
            return "(" + f" {condition.op} ".join(map(_to_expression, condition.of)) + ")"
        case "not":
            return f"not {_to_expression(condition.of[0])}"
        case "eq":
            return f"{value} == {values[0]!r}" if len(values) == 1 else f"{value} in {values!r}"
        case "exists":
            return f"{value} is not None"
        case "prefix":
            return f"({value} or '').startswith({values!r})"
        case "contains" if condition.field == "requestParameters":
            return f"any(word in json.dumps({value}, separators=(',', ':')) for word in {values!r})"
        case "contains":
            return f"any(word in ({value} or '') for word in {values!r})"
        case "glob":
            return f"fnmatchcase({value} or '', {values[0]!r})"
        case "re":
            return f"re.search({values[0]!r}, {value} or '') is not None"
        case "cidr":
            return f"is_in_network({value}, {values[0]!r})"
        case "keyword":
            return f"any(word in json.dumps(event).lower() for word in {values!r})"
    raise NotSayableError(condition.op)

"""Conditions with Fn::Join, Fn::Split and Fn::Select, which ministack compares unresolved.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-conditions.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ministack.services.cloudformation import changesets, engine, handlers, stacks

Parameters = Mapping[str, Mapping[str, Any]]
Evaluate = Callable[[dict[str, Any], Parameters], dict[str, bool]]


def resolved(value: Any, parameters: Parameters) -> Any:
    """Replace each Fn::Join and Fn::Split of parameters in a value by its result."""
    if isinstance(value, list):
        return [resolved(member, parameters) for member in value]
    if not isinstance(value, dict):
        return value
    if "Fn::Join" in value:
        delimiter, items = value["Fn::Join"]
        return delimiter.join(_members(items, parameters))
    if "Fn::Split" in value:
        delimiter, text = value["Fn::Split"]
        return str(_plain(resolved(text, parameters), parameters)).split(delimiter)
    return {name: resolved(member, parameters) for name, member in value.items()}


def _members(items: Any, parameters: Parameters) -> list[str]:
    known = resolved(items, parameters)
    if isinstance(known, dict):
        known = str(_plain(known, parameters)).split(",")  # a list parameter is one text in ministack
    return [str(_plain(item, parameters)) for item in known]


def _plain(value: Any, parameters: Parameters) -> Any:
    """Return what Ref gives: a parameter's value, else the name itself, as in ministack."""
    if not isinstance(value, dict):
        return value
    name = str(value.get("Ref"))
    return parameters[name]["Value"] if name in parameters else name


def resolving(evaluate: Evaluate) -> Evaluate:
    """Wrap the evaluation of a template's conditions to resolve these functions first."""

    def evaluated(template: dict[str, Any], parameters: Parameters) -> dict[str, bool]:
        conditions = resolved(template.get("Conditions", {}), parameters)
        return evaluate({**template, "Conditions": conditions}, parameters)

    return evaluated


def install() -> None:
    """Install the wrapper wherever ministack imported the function by name."""
    evaluate = resolving(engine._evaluate_conditions)
    for module in (engine, changesets, handlers, stacks):
        module._evaluate_conditions = evaluate

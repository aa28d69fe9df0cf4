"""Measures the EventBridge event patterns that the templates build from the watched buckets.

EventBridge allows 2,048 characters, and a longer pattern fails only in the middle of a deployment.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from s3watch.errors import describe

LIMIT = 2048
NOTHING = object()


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short forms, `!Ref x`, as the long ones, `{Ref: x}`."""


def _function(loader: _Loader, suffix: str, node: Any) -> dict[str, Any]:
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        return {name: node.value}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    return {name: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _function)


def longest_pattern(template: Path, parameters: Mapping[str, str]) -> int:
    """Return the length in characters of the longest event pattern, those of nested stacks included.

    Raises ValueError for what is not evaluated here, yaml.YAMLError, and OSError for a missing template.
    """
    patterns = _patterns(template, {"AWS::Partition": "aws", **parameters})
    try:
        return max((len(json.dumps(pattern, separators=(",", ":"))) for pattern in patterns), default=0)
    except (
        AttributeError,
        LookupError,
        RecursionError,
        TypeError,
    ) as error:  # of a template of another shape
        raise ValueError(f"not understood, {describe(error)}") from error


def _patterns(template: Path, parameters: Mapping[str, str | None]) -> Iterator[Any]:
    """Yield the event patterns of a template, then those of its nested stacks with what they are handed."""
    document = yaml.load(template.read_text(encoding="utf-8"), _Loader)  # noqa: S506  # a SafeLoader
    declared = document.get("Parameters", {})
    defaults = {name: str(given["Default"]) for name, given in declared.items() if "Default" in given}
    values = Values(document, {**defaults, **parameters})
    for resource in document["Resources"].values():
        properties = resource.get("Properties", {})
        if "EventPattern" in properties:
            yield values.of(properties["EventPattern"])
        if resource.get("Type") == "AWS::Serverless::Application":
            handed = {name: values.known(node) for name, node in properties.get("Parameters", {}).items()}
            handed["AWS::Partition"] = parameters["AWS::Partition"]
            yield from _patterns(template.parent / properties["Location"], handed)


@dataclass(frozen=True, slots=True)
class Values:
    """Evaluates a template for given parameters; knows only the functions that event patterns use."""

    document: Mapping[str, Any]
    parameters: Mapping[str, str | None]

    def of(self, node: Any) -> Any:
        """Evaluate a node of the template."""
        if isinstance(node, list):
            return [self.of(one) for one in node]
        if not isinstance(node, dict):
            return node
        function = next(iter(node), "")
        if len(node) == 1 and function == "Ref":
            return self._parameter(node["Ref"])
        if len(node) == 1 and str(function).startswith("Fn::"):
            return self._call(function, node[function])
        found = {key: self.of(value) for key, value in node.items()}
        return {key: value for key, value in found.items() if value is not NOTHING}

    def known(self, node: Any) -> Any:
        """Evaluate a node, or return None where that is not possible; a pattern that uses it is an error."""
        with suppress(ValueError):
            return self.of(node)
        return None

    def _parameter(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return NOTHING
        value = self.parameters.get(name)
        if value is None:
            raise ValueError(f"an event pattern uses {name}, which s3watch does not evaluate")
        kind = self.document.get("Parameters", {}).get(name, {}).get("Type", "String")
        return value.split(",") if kind == "CommaDelimitedList" else value

    def _call(self, function: str, given: Any) -> Any:
        match function:
            case "Fn::If":
                return self.of(given[1] if self._holds({"Condition": given[0]}) else given[2])
            case "Fn::Join":
                return given[0].join(self.of(given[1]))
            case "Fn::Split":
                return self.of(given[1]).split(given[0])
            case "Fn::Sub":
                return self._substitute(*(given if isinstance(given, list) else [given, {}]))
        raise ValueError(f"an event pattern uses {function}, which s3watch does not evaluate")

    def _substitute(self, text: str, given: Mapping[str, Any]) -> str:
        for name, value in (*given.items(), *((name, {"Ref": name}) for name in self.parameters)):
            if f"${{{name}}}" in text:
                text = text.replace(f"${{{name}}}", self.of(value))
        return text

    def _holds(self, condition: Any) -> bool:
        function, given = next(iter(condition.items()))
        match function:
            case "Condition":
                return self._holds(self.document["Conditions"][given])
            case "Fn::Equals":
                return str(self.of(given[0])) == str(self.of(given[1]))
            case "Fn::Not":
                return not self._holds(given[0])
            case "Fn::And":
                return all(map(self._holds, given))
            case "Fn::Or":
                return any(map(self._holds, given))
        raise ValueError(f"an event pattern depends on {function}, which s3watch does not evaluate")

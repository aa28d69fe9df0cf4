"""Evaluates the templates for the parameters of a deployment, as far as CloudFormation's limits need it.

What only a deployment knows is not evaluated; a name that CloudFormation gives to a resource counts as long.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from s3watch.errors import SettingError, describe

NOTHING = object()
NESTED = "AWS::Serverless::Application"
LIST = "CommaDelimitedList"

type Parameters = Mapping[str, Mapping[str, Any]]  # what a template declares of each, by its name


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


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource that is deployed, with its unevaluated properties and what evaluates them."""

    name: str  # the logical ID; in a nested stack Stack/Name
    kind: str
    properties: Mapping[str, Any]
    values: Values

    def known(self, member: str) -> Any:
        """Evaluate a property; what is unknown counts as `UNKNOWN`."""
        return self.values.guessing().of(self.properties.get(member))


@dataclass(frozen=True, slots=True)
class Stack:
    """A template with the parameters that it is handed."""

    within: str  # empty, or the names of the nested applications that lead to it, each with a slash
    values: Values
    origins: Mapping[str, str]  # parameter: the deployment's own parameter that it is handed unchanged

    def resources(self) -> Iterator[Resource]:
        """Yield the resources that the conditions let be."""
        for name, made in self.values.document["Resources"].items():
            condition = made.get("Condition")
            if not condition or self.values.guessing().holds({"Condition": condition}):
                yield Resource(
                    self.within + name, made.get("Type", ""), made.get("Properties", {}), self.values
                )


def stacks(
    template: Path,
    parameters: Mapping[str, str],
    within: str = "",
    origins: Mapping[str, str] | None = None,
) -> Iterator[Stack]:
    """Yield the stack of a template, then those of its nested applications.

    Raises yaml.YAMLError, ValueError for a condition that is not evaluated here, and OSError.
    """
    document = yaml.load(template.read_text(encoding="utf-8"), _Loader)  # noqa: S506  # a SafeLoader
    declared = document.get("Parameters", {})
    defaults = {name: str(given["Default"]) for name, given in declared.items() if "Default" in given}
    values = Values(document, {**defaults, **parameters})
    stack = Stack(within, values, {name: name for name in declared} if origins is None else origins)
    yield stack
    pseudo = {name: value for name, value in parameters.items() if name.startswith("AWS::")}
    for resource in stack.resources():
        if resource.kind == NESTED:
            handed = {key: str(value) for key, value in (resource.known("Parameters") or {}).items()}
            location = template.parent / resource.properties["Location"]
            unchanged = dict(_unchanged(resource, handed, stack))
            yield from stacks(location, pseudo | handed, f"{resource.name}/", unchanged)


def read_parameters(template: Path) -> Parameters:
    """Return what a template declares of each parameter. Raises SettingError."""
    try:
        document = yaml.load(template.read_text(encoding="utf-8"), _Loader)  # noqa: S506  # a SafeLoader
        return {str(name): dict(one) for name, one in document["Parameters"].items()}
    except FileNotFoundError:
        raise SettingError(f"{template} does not exist; run this in the project's folder") from None
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError, yaml.YAMLError) as error:
        raise SettingError(f"{template} is not a template with parameters: {describe(error)}") from error


def _unchanged(resource: Resource, handed: Mapping[str, str], stack: Stack) -> Iterator[tuple[str, str]]:
    """Yield the parameters that a nested application is handed as the deployment gives them."""
    for name, node in (resource.properties.get("Parameters") or {}).items():
        for own in references(node):
            if own in stack.origins and stack.values.parameters.get(own) == handed.get(name):
                yield name, stack.origins[own]


def split_list(text: str) -> list[str]:
    """Split a list of a parameter, each value without the blanks around it.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
    """
    return [value.strip() for value in text.split(",")]


def references(node: Any) -> Iterator[str]:
    """Yield the names that a node of a template refers to, in order."""
    if isinstance(node, dict) and "Ref" in node:
        yield node["Ref"]
    for one in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from references(one)


# What a reference may be at most: a queue's URL and a role's ARN have up to some 130 characters.
UNKNOWN = "?" * 140


@dataclass(frozen=True, slots=True)
class Values:
    """Evaluates a template for given parameters; knows only the functions that these templates use."""

    document: Mapping[str, Any]
    parameters: Mapping[str, str]
    unknown: str = ""  # stands for what is not known here; where empty, that is an error

    def guessing(self) -> Values:
        """Return the same with `UNKNOWN` for what is not known."""
        return Values(self.document, self.parameters, UNKNOWN)

    def of(self, node: Any) -> Any:
        """Evaluate a node of the template. Raises ValueError for what is not known."""
        if isinstance(node, list):
            return [value for one in node if (value := self.of(one)) is not NOTHING]
        if not isinstance(node, dict):
            return node
        function = str(next(iter(node), ""))
        if len(node) == 1 and function == "Ref":
            return self._parameter(node["Ref"])
        if len(node) == 1 and function.startswith("Fn::"):
            return self._call(function, node[function])
        found = {key: self.of(value) for key, value in node.items()}
        return {key: value for key, value in found.items() if value is not NOTHING}

    def holds(self, condition: Any) -> bool:
        """Evaluate a condition, or an assertion of a rule."""
        function, given = next(iter(condition.items()))
        match function:
            case "Condition":
                return self.holds(self.document["Conditions"][given])
            case "Fn::Equals":
                return str(self.of(given[0])) == str(self.of(given[1]))
            case "Fn::Not":
                return not self.holds(given[0])
            case "Fn::And":
                return all(map(self.holds, given))
            case "Fn::Or":
                return any(map(self.holds, given))
            case "Fn::Contains":
                return str(self.of(given[1])) in self.of(given[0])
        raise ValueError(f"a condition uses {function}, which s3watch does not evaluate")

    def _parameter(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return NOTHING
        value = self.parameters.get(name)
        if value is None:
            return self._guess(name)
        kind = self.document.get("Parameters", {}).get(name, {}).get("Type", "String")
        return split_list(value) if kind == LIST else value

    def _guess(self, what: str) -> str:
        if not self.unknown and what not in self.document["Resources"]:
            raise ValueError(f"the template uses {what}, which s3watch does not evaluate")
        return self.unknown or UNKNOWN

    def _call(self, function: str, given: Any) -> Any:
        match function:
            case "Fn::If":
                return self.of(given[1] if self.holds({"Condition": given[0]}) else given[2])
            case "Fn::Join":
                return given[0].join(self.of(given[1]))
            case "Fn::Split":
                return self.of(given[1]).split(given[0])
            case "Fn::Select":
                return self.of(given[1])[int(given[0])]
            case "Fn::Sub":
                return self._substitute(*(given if isinstance(given, list) else [given, {}]))
        return self._guess(function)

    def _substitute(self, text: str, given: Mapping[str, Any]) -> str:
        def fill(found: re.Match[str]) -> str:
            name = found[1]
            return str(self.of(given[name]) if name in given else self._parameter(name))

        return re.sub(r"\$\{([^!}]+)\}", fill, text).replace("${!", "${")

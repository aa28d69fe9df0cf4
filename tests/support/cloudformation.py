"""A template as CloudFormation would deploy it: SAM translated, conditions decided, functions resolved.

Nested stacks are made too, with the parameters that they are handed. A reference to a resource becomes its
logical name, an attribute `Name.Attribute`, and in a nested stack `Stack/Name`: tests read like it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath
from typing import Any
from unittest.mock import patch

from samcli.yamlhelper import yaml_parse
from samtranslator.public.translator import ManagedPolicyLoader
from samtranslator.translator.transform import transform

from tests.support.project import ROOT

PSEUDO = {
    "AWS::AccountId": "111122223333",
    "AWS::Partition": "aws",
    "AWS::Region": "eu-west-1",
    "AWS::StackId": "arn:aws:cloudformation:eu-west-1:111122223333:stack/s3watch/0a1b2c3d-1111-2222",
    "AWS::StackName": "s3watch",
}
NESTED = {"AWS::Serverless::Application": "Location", "AWS::CloudFormation::Stack": "TemplateURL"}
NOTHING = object()


@dataclass(frozen=True, slots=True)
class Stack:
    """What a template with these parameters makes, nested stacks and all that is in them included."""

    resources: dict[str, Any]
    outputs: dict[str, Any]

    def of(self, kind: str) -> dict[str, Any]:
        """The properties of all resources of a type, by logical name."""
        return {
            name: resource.get("Properties", {})
            for name, resource in self.resources.items()
            if resource["Type"] == kind
        }

    def __getitem__(self, name: str) -> Any:
        return self.resources[name].get("Properties", {})

    def policies(self, role: str) -> list[Any]:
        """The inline policies of a role, with those that are resources of their own."""
        apart = [policy for policy in self.of("AWS::IAM::Policy").values() if role in policy["Roles"]]
        return [*self[role]["Policies"], *apart]


@dataclass(frozen=True, slots=True)
class _Template:
    """A template after SAM's translation, and the files of its nested stacks by logical name."""

    document: dict[str, Any]
    nested: dict[str, str]


def deploy(path: str, **given: str) -> Stack:
    """Make a stack of a template; `Partition`, `Region` and `StackName` are given like parameters."""
    names = [name for name in ("Partition", "Region", "StackName") if name in given]
    pseudo = PSEUDO | {f"AWS::{name}": given.pop(name) for name in names}
    return _make(path, given, pseudo, within="")


def deploy_text(text: str, **given: str) -> Stack:
    """Make a stack of the text of a template without nested stacks and without SAM's resources."""
    template = _Template(yaml_parse(text), {})
    values = {**PSEUDO, **dict(_values("the template", template.document["Parameters"], given))}
    resolver = _Resolver(values, template, within="")
    return Stack(dict(resolver.resources()), resolver.outputs())


def _make(path: str, given: Mapping[str, Any], pseudo: Mapping[str, str], within: str) -> Stack:
    template = _translated(path)
    values = {**pseudo, **dict(_values(path, template.document["Parameters"], given))}
    resolver = _Resolver(values, template, within)
    for rule in template.document.get("Rules", {}).values():
        for one in rule["Assertions"]:
            assert resolver.resolve(one["Assert"]), f"{path}: {one['AssertDescription']}"
    return Stack(dict(resolver.resources()), resolver.outputs())


def _values(path: str, declared: Mapping[str, Any], given: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The parameters' values, refused as CloudFormation refuses them."""
    assert not given.keys() - declared.keys(), f"{path} has no parameter {given.keys() - declared.keys()}"
    for name, spec in declared.items():
        assert name in given or "Default" in spec, f"{path} is not given {name}"
        value = given.get(name, spec.get("Default"))
        allowed = [str(one) for one in spec.get("AllowedValues", [value])]
        assert str(value) in allowed, f"{path}: {name} is {value}, none of {allowed}"
        if spec["Type"] == "CommaDelimitedList" and isinstance(value, str):
            value = [each.strip() for each in value.split(",")]
        for each in value if isinstance(value, list) else [value]:
            fits = re.fullmatch(spec.get("AllowedPattern", ".*"), str(each), re.DOTALL)
            words = spec.get("ConstraintDescription", spec.get("AllowedPattern"))
            assert fits, f"{path}: {name} must be {words}"
        yield name, value


@cache
def _translated(path: str) -> _Template:
    template = yaml_parse((ROOT / path).read_text(encoding="utf-8"))
    nested = {}
    for name, resource in template["Resources"].items():
        if place := NESTED.get(resource["Type"]):
            nested[name] = str(PurePosixPath(path).parent / resource["Properties"][place])
        for place in {"CodeUri", "ContentUri", "Location"} & resource.get("Properties", {}).keys():
            resource["Properties"][place] = "s3://bucket/key"
    with patch.dict(os.environ, {"AWS_DEFAULT_REGION": PSEUDO["AWS::Region"]}):
        return _Template(transform(template, {}, ManagedPolicyLoader(None)), nested)


class _Resolver:
    """One stack's resources; those of a nested stack when it is first referred to."""

    def __init__(self, values: Mapping[str, Any], template: _Template, within: str) -> None:
        self._values = values
        self._template = template
        self._within = within
        self._made: dict[str, Stack] = {}

    def resources(self) -> Iterator[tuple[str, Any]]:
        for name, resource in self._template.document["Resources"].items():
            if self._there(resource):
                yield self._within + name, self.resolve(deepcopy(resource))
                if name in self._template.nested:
                    yield from self._nested(name).resources.items()

    def outputs(self) -> dict[str, Any]:
        declared = self._template.document.get("Outputs", {})
        return {name: self.resolve(spec["Value"]) for name, spec in declared.items() if self._there(spec)}

    def _there(self, part: Mapping[str, Any]) -> bool:
        return "Condition" not in part or self.holds(part["Condition"])

    def _nested(self, name: str) -> Stack:
        if name not in self._made:
            given = self._template.document["Resources"][name]["Properties"].get("Parameters", {})
            pseudo = {key: self._values[key] for key in PSEUDO}
            pseudo["AWS::StackName"] += f"-{name}-1A2B3C4D5E6F"
            path, within = self._template.nested[name], f"{self._within}{name}/"
            self._made[name] = _make(path, self.resolve(given), pseudo, within)
        return self._made[name]

    def holds(self, condition: str) -> bool:
        return bool(self.resolve(self._template.document["Conditions"][condition]))

    def resolve(self, node: Any) -> Any:
        if isinstance(node, list):
            return [item for part in node if (item := self.resolve(part)) is not NOTHING]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            [(name, argument)] = node.items()
            if name in {"Ref", "Condition"} or name.startswith("Fn::"):
                return getattr(self, f"_{name.removeprefix('Fn::').lower()}")(argument)
        pairs = {name: self.resolve(value) for name, value in node.items()}
        return {name: value for name, value in pairs.items() if value is not NOTHING}

    def _ref(self, name: str) -> Any:
        return NOTHING if name == "AWS::NoValue" else self._values.get(name, self._within + name)

    def _condition(self, name: str) -> bool:
        return self.holds(name)

    def _getatt(self, path: list[str]) -> Any:
        name, _, output = ".".join(path).partition(".Outputs.")
        return self._nested(name).outputs[output] if output else self._within + name

    def _if(self, argument: list[Any]) -> Any:
        condition, then, otherwise = argument
        return self.resolve(then if self.holds(condition) else otherwise)

    def _equals(self, argument: list[Any]) -> bool:
        left, right = self.resolve(argument)
        return str(left) == str(right)

    def _not(self, argument: list[Any]) -> bool:
        return not self.resolve(argument[0])

    def _or(self, argument: list[Any]) -> bool:
        return any(self.resolve(argument))

    def _and(self, argument: list[Any]) -> bool:
        return all(self.resolve(argument))

    def _contains(self, argument: list[Any]) -> bool:
        values, value = self.resolve(argument)
        return value in values

    def _select(self, argument: list[Any]) -> Any:
        place, items = self.resolve(argument)
        return items[int(place)]

    def _join(self, argument: list[Any]) -> str:
        separator, parts = argument
        return str(separator).join(self.resolve(parts))

    def _split(self, argument: list[Any]) -> list[str]:
        separator, text = argument
        return str(self.resolve(text)).split(separator)

    def _sub(self, argument: Any) -> str:
        text, named = argument if isinstance(argument, list) else (argument, {})
        names = self.resolve(named)

        def fill(found: re.Match[str]) -> str:
            name = found[1]
            return str(
                names[name] if name in names else self._getatt([name]) if "." in name else self._ref(name)
            )

        return re.sub(r"\$\{([^!}]+)\}", fill, text).replace("${!", "${")

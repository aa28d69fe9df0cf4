"""A template as CloudFormation would deploy it: SAM translated, conditions decided, functions resolved.

A reference to a resource becomes its logical name, an attribute `Name.Attribute`: tests read like it.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
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
    "AWS::StackName": "s3watch",
}
NOTHING = object()


@dataclass(frozen=True, slots=True)
class Stack:
    """What a template with these parameters makes."""

    resources: dict[str, Any]

    def of(self, kind: str) -> dict[str, Any]:
        """The properties of all resources of a type, by logical name."""
        return {
            name: resource.get("Properties", {})
            for name, resource in self.resources.items()
            if resource["Type"] == kind
        }

    def __getitem__(self, name: str) -> Any:
        return self.resources[name].get("Properties", {})


def deploy(path: str, **given: str) -> Stack:
    """Make a stack of a template; `Partition` is given like a parameter."""
    template = _translated(path)
    parameters = {name: spec.get("Default") for name, spec in template["Parameters"].items()}
    pseudo = PSEUDO | ({"AWS::Partition": given.pop("Partition")} if "Partition" in given else {})
    lists = {name for name, spec in template["Parameters"].items() if spec["Type"] == "CommaDelimitedList"}
    values = {name: value.split(",") if name in lists else value for name, value in given.items()}
    resolver = _Resolver(parameters | pseudo | values, template.get("Conditions", {}))
    made = {
        name: resource
        for name, resource in template["Resources"].items()
        if "Condition" not in resource or resolver.holds(resource["Condition"])
    }
    return Stack(resolver.resolve(made))


def _translated(path: str) -> dict[str, Any]:
    template = yaml_parse((ROOT / path).read_text(encoding="utf-8"))
    for resource in template["Resources"].values():
        for place in {"CodeUri", "ContentUri", "Location"} & resource.get("Properties", {}).keys():
            resource["Properties"][place] = "s3://bucket/key"
    with patch.dict(os.environ, {"AWS_DEFAULT_REGION": PSEUDO["AWS::Region"]}):
        result: dict[str, Any] = transform(template, {}, ManagedPolicyLoader(None))
    return result


class _Resolver:
    def __init__(self, values: dict[str, Any], conditions: dict[str, Any]) -> None:
        self._values = values
        self._conditions = conditions

    def holds(self, condition: str) -> bool:
        return bool(self.resolve(self._conditions[condition]))

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
        return NOTHING if name == "AWS::NoValue" else self._values.get(name, name)

    def _condition(self, name: str) -> bool:
        return self.holds(name)

    def _getatt(self, path: list[str]) -> str:
        return ".".join(path)

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
        filled = re.sub(r"\$\{([^!}]+)\}", lambda found: str(names.get(found[1], self._ref(found[1]))), text)
        return filled.replace("${!", "${")

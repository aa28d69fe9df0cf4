"""Measures what a deployment makes of its parameters, against the limits of services and templates.

What is longer, or no name that a service takes, fails only in the middle of a deployment.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from s3watch.errors import describe

from s3watch_cli.template_values import LIST, NESTED, UNKNOWN, Resource, Stack, split_list, stacks

PATTERN = 2048  # characters: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
# Bytes of names and values as JSON; Lambda shows it in the error ("String measured: {...").
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
ENVIRONMENT = 4096
# characters of a role's inline policies: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
POLICIES = 10_240
# bytes: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
PARAMETER = 4096
# values of all selectors of a trail:
# https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html
SELECTORS = 500
NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
# https://docs.aws.amazon.com/lambda/latest/api/API_VpcConfig.html
IN_VPC = ("VpcSubnets", "VpcSecurityGroups")

STACK, LONGEST_REGION = "s3watch", "ap-southeast-2"  # where samconfig.toml names none
PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov", "eusc-": "aws-eusc"}


@dataclass(frozen=True, slots=True)
class Excess:
    """Something that is more than a service takes, or no value for it, and what to do."""

    what: str
    instead: str


FEWER = "watch some of its buckets in a second stack of that Region, with an environment of its own"
UNFILTERED = "deploy with FilterByBucket=false, or watch fewer buckets in this stack"


def excesses(
    template: Path, parameters: Mapping[str, str], region: str = "", stack: str = ""
) -> Iterator[Excess]:
    """Yield what a deployment with these parameters would be refused for.

    Without a Region those of the partition with the longest ARNs are measured. Raises ValueError for what is
    not evaluated here, yaml.YAMLError, and OSError for a missing template.
    """
    pseudo = {
        "AWS::Partition": partition(region),
        "AWS::Region": region or LONGEST_REGION,
        "AWS::AccountId": "1" * 12,
        "AWS::StackName": stack or STACK,
    }
    try:
        for one in stacks(template, pseudo | dict(parameters)):
            yield from _excesses(one)
    except (AttributeError, LookupError, RecursionError, TypeError) as error:  # of another shape
        raise ValueError(f"not understood, {describe(error)}") from error


def _excesses(stack: Stack) -> Iterator[Excess]:
    yield from _refused_parameters(stack)
    shared = stack.values.document.get("Globals", {}).get("Function", {}).get("Environment", {})
    for resource in stack.resources():
        for size in _sizes(resource, shared.get("Variables", {})):
            if size.number > size.limit:
                yield size.excess()


def _refused_parameters(stack: Stack) -> Iterator[Excess]:
    """Yield the parameters that CloudFormation or Lambda refuses, in the template's words if it has any."""
    for name, declared in stack.values.document.get("Parameters", {}).items():
        text = stack.values.parameters.get(name, UNKNOWN)
        for value in split_list(text) if declared["Type"] == LIST else [text]:
            if UNKNOWN not in value and (instead := _instead_of(value, declared)):
                yield Excess(f"{stack.within}{name} is `{value}`", instead)
    yield from _without_partner(stack)


def _instead_of(value: str, declared: Mapping[str, Any]) -> str:
    """Return what to write for a value that a parameter does not take; empty if it takes it."""
    allowed = [str(one) for one in declared.get("AllowedValues", [value])]
    if value not in allowed:
        return f"write one of {', '.join(allowed)}"
    if declared["Type"] == "Number":
        return _instead_of_number(value, declared)
    pattern = declared.get("AllowedPattern", ".*")
    if re.fullmatch(pattern, value, re.DOTALL):
        return ""
    words = declared.get("ConstraintDescription")
    return f"it must be {' '.join(words.split())}" if words else f"write what matches {pattern}"


def _instead_of_number(value: str, declared: Mapping[str, Any]) -> str:
    if not NUMBER.fullmatch(value):
        return "write a number"
    least, most = declared.get("MinValue", value), declared.get("MaxValue", value)
    if float(value) < float(least):
        return f"write a number of at least {least}"
    return f"write a number of at most {most}" if float(value) > float(most) else ""


def _without_partner(stack: Stack) -> Iterator[Excess]:
    """Yield the one of Lambda's two lists of a VPC that is given without the other."""
    for name, other in (IN_VPC, IN_VPC[::-1]):
        value, partner = (stack.values.parameters.get(one, "") for one in (name, other))
        if value and not partner:
            yield Excess(f"{stack.within}{name} is `{value}` without {other}", "name both, or neither")


def partition(region: str) -> str:
    """Return the partition of a Region; the one with the longest ARNs where the Region is not known."""
    if not region:
        return max(PARTITIONS.values(), key=len)
    return next((name for prefix, name in PARTITIONS.items() if region.startswith(prefix)), "aws")


@dataclass(frozen=True, slots=True)
class _Size:
    """How much there is of something, and how much of it a service allows."""

    of: str
    number: int
    unit: str
    service: str
    limit: int
    instead: str = FEWER

    def excess(self) -> Excess:
        has = f"{self.of} has {self.number} {self.unit}"
        return Excess(f"{has}, and {self.service} allows {self.limit}", self.instead)


def _sizes(resource: Resource, shared: Mapping[str, Any]) -> Iterator[_Size]:
    """Yield the sizes that depend on lists of buckets; `shared` is in the environment of every function."""
    name = resource.name
    match resource.kind:
        case "AWS::Events::Rule" if "EventPattern" in resource.properties:
            length = _json_length(resource.values.of(resource.properties["EventPattern"]))
            pattern = f"the event pattern of {name}"
            yield _Size(pattern, length, "characters", "EventBridge", PATTERN, UNFILTERED)
        case "AWS::Serverless::Function":
            own = (resource.known("Environment") or {}).get("Variables", {})
            length = _json_length({**resource.values.guessing().of(shared), **own})
            yield _Size(f"the environment of {name}", length, "bytes", "Lambda", ENVIRONMENT)
        case "AWS::IAM::Role":
            length = sum(_json_length(one["PolicyDocument"]) for one in resource.known("Policies") or ())
            yield _Size(f"the policy of {name}", length, "characters", "IAM", POLICIES)
        case "AWS::CloudTrail::Trail":
            number = _count_values(resource.known("AdvancedEventSelectors"))
            yield _Size(f"the selector of {name}", number, "values", "CloudTrail", SELECTORS)
        case _ if resource.kind == NESTED:
            for key, value in (resource.known("Parameters") or {}).items():
                length = len(str(value).encode())
                yield _Size(f"the parameter {key} of {name}", length, "bytes", "CloudFormation", PARAMETER)


def _json_length(value: Any) -> int:
    """Return the length as CloudFormation sends it: as JSON without blanks."""
    return len(json.dumps(value, separators=(",", ":")))


def _count_values(selectors: Any) -> int:
    """Return how many values all conditions of advanced event selectors have."""
    fields = [field for selector in selectors or () for field in selector["FieldSelectors"]]
    return sum(len(values) for field in fields for name, values in field.items() if name != "Field")

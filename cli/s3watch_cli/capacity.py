"""Measures what a deployment makes of its parameters, against the limits of services and templates.

What is longer, or no name that a service takes, fails only in the middle of a deployment.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from s3watch.errors import describe

from s3watch_cli.parameters import Refusal, refused_parameters
from s3watch_cli.template_values import NESTED, Resource, Stack, stacks

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

STACK, LONGEST_REGION = "s3watch", "ap-southeast-2"  # where samconfig.toml names none
PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov", "eusc-": "aws-eusc"}

FEWER = "watch some of its buckets in a second stack of that Region, with its own environment"
UNFILTERED = "deploy with FilterByBucket=false, or watch fewer buckets in this stack"


def excesses(
    template: Path, parameters: Mapping[str, str], region: str = "", stack: str = ""
) -> Iterator[Refusal]:
    """Yield what a deployment with these parameters would be refused for, once though nested stacks share it.

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
        deployed = stacks(template, pseudo | dict(parameters))
        found = ((*refused_parameters(one, parameters), *_excesses(one)) for one in deployed)
        yield from dict.fromkeys(chain.from_iterable(found))
    except (AttributeError, LookupError, RecursionError, TypeError) as error:  # of another shape
        raise ValueError(f"not understood, {describe(error)}") from error


def _excesses(stack: Stack) -> Iterator[Refusal]:
    shared = stack.values.document.get("Globals", {}).get("Function", {}).get("Environment", {})
    for resource in stack.resources():
        for size in _sizes(resource, shared.get("Variables", {})):
            if size.number > size.limit:
                yield size.excess()


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

    def excess(self) -> Refusal:
        has = f"{self.of} has {self.number} {self.unit}"
        return Refusal(f"{has}, and {self.service} allows {self.limit}", self.instead)


def _sizes(resource: Resource, shared: Mapping[str, Any]) -> Iterator[_Size]:
    """Yield the sizes that depend on lists of buckets; `shared` is in the environment of every function."""
    name = resource.name
    match resource.kind:
        case "AWS::Events::Rule" if "EventPattern" in resource.properties:
            pattern = resource.values.of(resource.properties["EventPattern"])
            length = len(pattern) if isinstance(pattern, str) else _json_length(pattern)
            of = f"the event pattern of {name}"
            yield _Size(of, length, "characters", "EventBridge", PATTERN, UNFILTERED)
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

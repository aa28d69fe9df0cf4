"""A deployed stack: its parameters, and its outputs, which name what only it knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from s3watch.aws import clients
from s3watch.errors import RefusedError

from s3watch_cli.attach.aws_errors import translate_errors

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, slots=True)
class DeployedStack:
    """The parameters and outputs of a stack."""

    name: str
    parameters: Mapping[str, str]
    outputs: Mapping[str, str]

    def listed(self, parameter: str) -> list[str]:
        """Return the values of a list; none if it is empty or not there."""
        return [one.strip() for one in self.parameters.get(parameter, "").split(",") if one.strip()]


def read_stack(cloudformation: Any, stack: str) -> DeployedStack:
    """Read a stack. Raises RefusedError if that is not possible."""
    with translate_errors(f"the stack {stack}"):
        found = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
    parameters = {
        one["ParameterKey"]: str(one.get("ParameterValue", "")) for one in found.get("Parameters", ())
    }
    outputs = {one["OutputKey"]: str(one["OutputValue"]) for one in found.get("Outputs", ())}
    return DeployedStack(stack, parameters, outputs)


def read_output(cloudformation: Any, stack: str, output: str, instead: str) -> str:
    """Return an output of a stack.

    Raises RefusedError if the stack has no such output, saying what to do `instead`, or cannot be read.
    """
    found = read_stack(cloudformation, stack).outputs.get(output)
    if found is None:
        raise RefusedError(f"the stack {stack} has no output {output}; {instead}")
    return found


def open_ledger(
    stack: str, table: str, profile: str | None, region: str | None
) -> tuple[DynamoDBClient, str]:
    """Use these credentials from now on; returns the client and the name of the stack's table, or of `table`.

    Raises RefusedError if there is no Region, no credentials, no such stack, or it has no ledger.
    """
    with translate_errors("the account"):
        boto3.setup_default_session(profile_name=profile, region_name=region)
        dynamodb = clients.client("dynamodb")
    instead = "name the table with --table"
    return dynamodb, table or read_output(boto3.client("cloudformation"), stack, "Ledger", instead)

"""A deployed stack: its parameters, and its outputs, which name what only it knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from s3watch.errors import RefusedError

from s3watch_cli.attach.aws_errors import translate_errors


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

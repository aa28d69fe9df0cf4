"""The outputs of a deployed stack: what it made, by the names that only the stack knows."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from s3watch.errors import RefusedError


def read_output(cloudformation: Any, stack: str, output: str, instead: str) -> str:
    """Return an output of a stack.

    Raises RefusedError if the stack has no such output, saying what to do `instead`, or cannot be read.
    """
    try:
        found = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
    except (ClientError, BotoCoreError) as error:
        raise RefusedError(f"cannot read the outputs of the stack {stack}: {error}; {instead}") from error
    for made in found.get("Outputs", ()):
        if made.get("OutputKey") == output:
            return str(made["OutputValue"])
    raise RefusedError(f"the stack {stack} has no output {output}; {instead}")

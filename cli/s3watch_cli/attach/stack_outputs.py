"""The outputs of a deployed stack: what it made, by the names that only the stack knows."""

from __future__ import annotations

from typing import Any

from s3watch.errors import RefusedError

from s3watch_cli.attach.aws_errors import translate_errors


def read_output(cloudformation: Any, stack: str, output: str, instead: str) -> str:
    """Return an output of a stack.

    Raises RefusedError if the stack has no such output, saying what to do `instead`, or cannot be read.
    """
    with translate_errors(f"the stack {stack}"):
        found = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
    for made in found.get("Outputs", ()):
        if made.get("OutputKey") == output:
            return str(made["OutputValue"])
    raise RefusedError(f"the stack {stack} has no output {output}; {instead}")

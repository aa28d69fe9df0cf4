"""Generates defaults.yaml, which samconfig.toml includes, from the template. Run by `make generate`.

`sam deploy` passes on the previous value of each parameter that is not named, not the template's default:
https://github.com/aws/aws-sam-cli/issues/4180
"""

from __future__ import annotations

import json
from pathlib import Path

import typer

from s3watch_cli.deployment import TEMPLATE
from s3watch_cli.template_values import Parameters, read_parameters

HEAD = """\
# Written from template.yaml by `make generate`; a test fails when it is stale. samconfig.toml includes this
# file, so that `sam deploy` sets what samconfig.toml does not name to the template's default: for such a
# parameter SAM would else keep what the stack has.
"""


def render(declared: Parameters) -> str:
    """Return the file: each parameter that has a default, and its value as a text."""
    defaults = {name: str(one["Default"]) for name, one in declared.items() if "Default" in one}
    return HEAD + "".join(f"{name}: {json.dumps(value)}\n" for name, value in defaults.items())


def write(template: Path = Path(TEMPLATE), file: Path = Path("defaults.yaml")) -> None:
    """Write the file again."""
    file.write_text(render(read_parameters(template)), encoding="utf-8")


if __name__ == "__main__":
    typer.run(write)

"""Writes the prefixes that the trail records into stacks/trail.yaml. Run by `make generate`.

They are those of the catalogue if a deployment of samconfig.toml is by prefixes, and none otherwise.
"""

from __future__ import annotations

import sys
from pathlib import Path

from s3watch.errors import S3watchError

from s3watch_cli.compiler import compile_folder, today
from s3watch_cli.deployment import SAMCONFIG, read_deployments
from s3watch_cli.output import note
from s3watch_cli.rules.diagnostics import Diagnostics
from s3watch_cli.trail_scope import template_part
from s3watch_cli.trail_scope.checks import scope_of


def write(rules: Path = Path("rules"), config: Path = Path(SAMCONFIG)) -> None:
    """Write the template beside samconfig.toml again. Raises RuleError for mistakes in the rules."""
    diagnostics = Diagnostics()
    deployments = read_deployments(rules, "", config)
    compiled = compile_folder(rules, today(), diagnostics, deployments=deployments)
    diagnostics.raise_if_any()
    path = config.parent / template_part.TRAIL
    text = path.read_text(encoding="utf-8")
    path.write_text(template_part.replace(text, scope_of(compiled.ruleset, deployments)), encoding="utf-8")


def main() -> int:
    """Write the template of the project in this folder, and return the exit code."""
    try:
        write()
    except S3watchError as error:
        note(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Writes the prefixes that the trail records into stacks/trail.yaml. Also run by `make generate`.

They are those of the catalogue if a deployment of samconfig.toml is by prefixes, and none otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from s3watch.ruleset import Ruleset

from s3watch_cli.compiler import compile_folder, today
from s3watch_cli.deployment import SAMCONFIG, read_deployments
from s3watch_cli.output import Format, note, show
from s3watch_cli.rules.diagnostics import Diagnostics, report
from s3watch_cli.trail_scope import template_part
from s3watch_cli.trail_scope.checks import derive_scope, describe_lost, written_scope
from s3watch_cli.trail_scope.prefixes import Scope


def list_trail_scope(rules_dir: Path, config: Path | None, *, write: bool, form: Format) -> None:
    """Show what a trail by prefixes records of each bucket, and with `write` write it for the deployments.

    The catalogue is not checked against the deployments: the file is part of what that checks. Raises
    RuleError and SettingError.
    """
    path = config or rules_dir.resolve().parent / SAMCONFIG
    ruleset, deployments = _compile(rules_dir), read_deployments(rules_dir, "", path)
    scope = derive_scope(ruleset, deployments)
    show(_rows(scope), form)
    for line in describe_lost(ruleset, scope):
        note(line)
    if write:
        _write(path.parent / template_part.TRAIL, written_scope(ruleset, deployments))


def _compile(rules_dir: Path) -> Ruleset:
    diagnostics = Diagnostics()
    ruleset = compile_folder(rules_dir, today(), diagnostics).ruleset
    report(diagnostics)
    return ruleset


def _rows(scope: Scope) -> Iterator[dict[str, Any]]:
    for bucket in sorted({*scope.prefixes, *scope.whole}):
        yield {
            "bucket": bucket,
            "prefixes": list(scope.prefixes.get(bucket, ())),
            "whole, because": scope.whole.get(bucket, ""),
        }


def _write(path: Path, scope: Scope) -> None:
    text = path.read_text(encoding="utf-8")
    path.write_text(template_part.replace(text, scope), encoding="utf-8")
    note(f"{template_part.TRAIL} written{'' if scope.prefixes else ' without prefixes'}; build and deploy")


def main() -> None:
    """Write the file again; run it in the root of the repository."""
    rules, config = Path("rules"), Path(SAMCONFIG)
    ruleset, deployments = _compile(rules), read_deployments(rules, "", config)
    _write(config.parent / template_part.TRAIL, written_scope(ruleset, deployments))


if __name__ == "__main__":
    typer.run(main)

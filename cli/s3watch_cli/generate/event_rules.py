"""Generates stacks/event-rules.yaml from the rules folder and samconfig.toml. Also run by `make generate`."""

from __future__ import annotations

from pathlib import Path

import typer
from s3watch.text import count

from s3watch_cli.compiler import compile_folder, today
from s3watch_cli.deployment import SAMCONFIG, read_deployments
from s3watch_cli.event_scope.checks import (
    FILE,
    SCOPE,
    WHOLE,
    derive_event_rules,
    describe_event_rules,
    scope_of,
)
from s3watch_cli.output import note
from s3watch_cli.rules.diagnostics import Diagnostics, report


def write_event_rules(rules_dir: Path, config: Path | None, *, write: bool) -> None:
    """Say what each environment's EventBridge rules pass, and with `write` write them.

    The catalogue is not checked against the deployments: the file is part of what that checks. Raises
    RuleError and SettingError.
    """
    path = config or rules_dir.resolve().parent / SAMCONFIG
    diagnostics = Diagnostics()
    ruleset = compile_folder(rules_dir, today(), diagnostics).ruleset
    report(diagnostics)
    deployments = read_deployments(rules_dir, "", path)
    rules = derive_event_rules(ruleset, deployments)
    for one in deployments:
        if scope_of(one) == WHOLE:
            note(f"{SCOPE}={WHOLE} of `{one.name}`: all calls on {count(len(one.watched), 'bucket')} pass")
    for line in describe_event_rules(rules):
        note(line)
    if write:
        file = path.parent / FILE
        file.write_text(rules.text, encoding="utf-8")
        note(f"{FILE} written; build and deploy")


def main() -> None:
    """Write the file again; run it in the root of the repository."""
    write_event_rules(Path("rules"), Path(SAMCONFIG), write=True)


if __name__ == "__main__":
    typer.run(main)

"""`s3watch rules`: merges the detections of a newer version into an edited rules folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from s3watch_cli.options import Form, RulesDir

rules = typer.Typer(
    help="Merge the detections and tests of a newer version into rules that you have edited.\n\n"
    "Example: s3watch rules update rules --write",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@rules.callback()
def group() -> None:
    """Keep `update` a word of the command line, though there is one command only."""


@rules.command("update")
def update_rules_folder(
    rules_dir: RulesDir = Path("rules"),
    source: Annotated[
        Path | None,
        typer.Option(
            "--from",
            exists=True,
            file_okay=False,
            help="A newer rules folder or checkout of s3watch, instead of the rules that come with this one.",
        ),
    ] = None,
    base: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            file_okay=False,
            help="The rules folder or checkout that yours came from, unedited: needed once, until"
            " pack.lock.json says it.",
        ),
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Make the changes; without it they are only shown.")
    ] = False,
    write_conflicts: Annotated[
        bool,
        typer.Option(
            "--write-conflicts",
            help="With --write: also write the new version of a file that is to be merged by hand beside it,"
            " as NAME.yml.new, and take it as known from then on.",
        ),
    ] = False,
    form: Form = "auto",
) -> None:
    """Merge newer detections and their tests into a rules folder, and show what becomes of each file.

    Nothing that you have changed is overwritten. What both sides changed is merged where they changed
    different keys of a detection, or different cases of its tests; else it is a conflict: the detection and
    its tests stay as they are, and the exit code is 1. Catalogue, exceptions and trials are yours alone.

    Example: s3watch rules update rules --write
    """
    from s3watch_cli.pack.update import update_rules

    if write_conflicts and not write:
        raise typer.BadParameter("it needs --write", param_hint="--write-conflicts")
    if not update_rules(rules_dir, source, base, form, write=write, write_conflicts=write_conflicts):
        raise typer.Exit(1)

"""`s3watch promote`: shows what a detection on trial has found, and ends the trial."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from s3watch_cli.options import Form, Profile, Region, Stack, Table


def promote_rule(  # noqa: PLR0913, PLR0917  # as many as there are options
    rule: Annotated[str, typer.Argument(help="A detection that rules/staging.yaml lists.")],
    rules: Annotated[Path, typer.Option(exists=True, file_okay=False, help="The rules folder.")] = Path(
        "rules"
    ),
    write: Annotated[
        bool, typer.Option("--write", help="Remove its entry from staging.yaml, so that it alerts.")
    ] = False,
    form: Form = "auto",
    stack: Stack = "s3watch",
    table: Table = "",
    profile: Profile = None,
    region: Region = None,
) -> None:
    """Show what a detection on trial has found in the last 30 days, and with --write end its trial.

    A row for each day with hits: how many, in how many alerts they would have been, and the subjects of up
    to three that were not sent. It alerts once the rules are built and deployed without its entry.

    Example: s3watch promote unexpected-read
    """
    from s3watch_cli.alerts import listing
    from s3watch_cli.silence import trials

    place = listing.Place(stack, table, profile, region)
    trials.promote(place, rules, rule, form, write=write)

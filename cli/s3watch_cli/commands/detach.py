"""`s3watch detach`: undoes what attach did."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from s3watch_cli.options import Profile, Region, State, Yes


def detach_buckets(
    places: Annotated[list[str], typer.Argument(help="Bucket names, or ARNs of the SNS topics of trails.")],
    keep_changes: Annotated[
        bool,
        typer.Option(
            "--keep-changes", help="Where somebody changed it since: remove only what attach added."
        ),
    ] = False,
    state: State = Path(".s3watch"),
    yes: Yes = False,
    profile: Profile = None,
    region: Region = None,
) -> None:
    """Undo exactly what attach did: shows it, and with --yes does it.

    Example: s3watch detach hr-data --yes
    """
    from s3watch_cli.attach import session

    session.detach(places, state, profile, region, yes=yes, keep_changes=keep_changes)

"""`s3watch detach`: undoes what attach changed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from s3watch_cli.options import Profile, Region, State, Yes


def detach_buckets(
    resources: Annotated[list[str], typer.Argument(help="Bucket names, or ARNs of SNS topics of trails.")],
    keep_changes: Annotated[
        bool,
        typer.Option(
            "--keep-changes", help="Remove only what attach added where a setting has changed since."
        ),
    ] = False,
    state: State = Path(".s3watch"),
    yes: Yes = False,
    profile: Profile = None,
    region: Region = None,
) -> None:
    """Undo exactly what attach changed: show it, and make the changes with --yes.

    Example: s3watch detach hr-data --yes
    """
    from s3watch_cli.attach import session

    session.detach(resources, state, profile, region, yes=yes, keep_changes=keep_changes)

"""`s3watch undo`: undoes a correction that a review of a bucket made."""

from __future__ import annotations

from typing import Annotated

import typer

from s3watch_cli.options import Profile, Region, Stack, Yes


def undo_correction(
    bucket: Annotated[str, typer.Argument(help="The name of the bucket.")],
    stack: Stack = "s3watch",
    table: Annotated[str, typer.Option(help="The table of the ledger, if not the stack's.")] = "",
    yes: Yes = False,
    profile: Profile = None,
    region: Region = None,
) -> None:
    """Undo the latest correction that a review of a bucket made: show it, and make the change with --yes.

    Example: s3watch undo hr-data --yes
    """
    from s3watch_cli.attach import undo

    undo.undo(bucket, stack, table, profile, region, yes=yes)

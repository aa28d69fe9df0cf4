"""`s3watch remediation`: reverts corrections that reviews of buckets made."""

from __future__ import annotations

from typing import Annotated

import typer

from s3watch_cli.options import Profile, Region, Stack, Table, Yes

remediation = typer.Typer(
    help="Revert a correction that a review of a bucket made.\n\n"
    "Example: s3watch remediation revert hr-data --yes",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@remediation.command("revert")
def revert_correction(
    bucket: Annotated[str, typer.Argument(help="The name of the bucket.")],
    stack: Stack = "s3watch",
    table: Table = "",
    yes: Yes = False,
    profile: Profile = None,
    region: Region = None,
) -> None:
    """Revert the latest correction of a bucket: show the change, and make it with --yes.

    Example: s3watch remediation revert hr-data --yes
    """
    from s3watch_cli.attach.revert import revert

    revert(bucket, stack, table, profile, region, yes=yes)

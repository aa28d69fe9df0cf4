"""`s3watch redrive`: shows what a stack could not read, and sends it back."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from s3watch_cli.options import Form, Profile, Region, Stack


def redrive_dead_letters(  # as many as there are options
    only: Annotated[
        Literal["events", "log-files", "findings", "reviews"] | None,
        typer.Option("--queue", help="The dead letters of this queue only."),
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Send them back; without it they are shown.")
    ] = False,
    stack: Stack = "s3watch",
    form: Form = "auto",
    profile: Profile = None,
    region: Region = None,
) -> None:
    """Show the dead letters of a stack, and send them back to be read again.

    Each has the reason why it could not be read. Mend that first: what fails again comes back. Nothing is
    alerted twice, however often it is read. To send back, your role has to be one of the parameter
    RedriveRoles. Exits with 1 if there are dead letters that are only shown, and shows 1,000 at most.

    Example: s3watch redrive --queue events
    """
    from s3watch_cli.attach import dead_letters

    queues = dead_letters.Queues.open(stack, profile, region)
    dead_letters.redrive(queues, [only] if only else [], form, write=write)

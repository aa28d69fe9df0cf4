"""`s3watch alerts`: lists the open alerts of a stack, and the recent ones."""

from __future__ import annotations

from typing import Annotated

import typer
from s3watch.ruleset import Severity

from s3watch_cli.options import AlsoClosed, Form, Profile, Region, Stack, Table


def list_alerts(  # noqa: PLR0913, PLR0917  # as many as there are options
    level: Annotated[Severity, typer.Option(help="This severity and higher ones.")] = "informational",
    label: Annotated[str, typer.Option(help="A label of the catalogue that was touched.")] = "",
    actor: Annotated[
        str, typer.Option(help="The actor or principal as alerts name it, or the ARN of the session.")
    ] = "",
    also_closed: AlsoClosed = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="The latest ones, at most so many.")] = 100,
    form: Form = "auto",
    stack: Stack = "s3watch",
    table: Table = "",
    profile: Profile = None,
    region: Region = None,
) -> None:
    """List the open alerts of a stack, those with the latest access first.

    Reads the index of what is due and each open alert, half a read unit for each 4 KB: 1,000 open alerts are
    some 1,000 units, 0.0001 USD, and no more than 2,000 are read. An alert is open until its six hours are
    over and late records have arrived; with --all closed ones are listed, too. A finding of another
    service is open until that closes it, and listed without --all only while a message about it is due.

    Example: s3watch alerts --level high --all
    """
    from s3watch_cli.alerts import listing

    place = listing.Place(stack, table, profile, region)
    listing.list_alerts(place, listing.Filter(level, label, actor, also_closed), limit, form)

"""`s3watch verdict`: stores what somebody decided that an alert is."""

from __future__ import annotations

from typing import Annotated

import typer
from s3watch.alerts.alert import Judgement

from s3watch_cli.options import AlertId, AlsoClosed, Form, Profile, Region, Stack, Table


def give_verdict(  # noqa: PLR0913, PLR0917  # as many as there are options
    alert: AlertId,
    judgement: Annotated[Judgement, typer.Argument(metavar="VERDICT", help="What the alert is.")],
    note: Annotated[str, typer.Option(help="Why, in at most 500 characters; messages quote it.")] = "",
    also_closed: AlsoClosed = False,
    form: Form = "auto",
    stack: Stack = "s3watch",
    table: Table = "",
    profile: Profile = None,
    region: Region = None,
) -> None:
    """Say that an alert is expected, a false-positive or a true-positive; stored with who said so and when.

    An alert that is expected or a false-positive is closed: only what is worse than all that was said is
    still told at once, and what else came since when its six hours are over. Later messages show the
    verdict; the last one counts. It is about this alert only: to expect the caller from now on, edit the
    catalogue. It is refused if a message about the alert is written while it is stored.

    Example: s3watch verdict 01KAG3Z5B0M4 expected --note "month's end"
    """
    from s3watch_cli.alerts import listing, verdicts

    place = listing.Place(stack, table, profile, region)
    verdicts.give_verdict(place, alert, judgement, note, form, also_closed=also_closed)

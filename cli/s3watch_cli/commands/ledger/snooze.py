"""`s3watch snooze`: holds the messages of an alert for some hours."""

from __future__ import annotations

from typing import Annotated

import typer

from s3watch_cli.options import AlertId, Form, Profile, Region, Stack, Table


def snooze_alert(  # noqa: PLR0913, PLR0917  # as many as there are options
    alert: AlertId,
    span: Annotated[
        str, typer.Argument(metavar="TIME", help="How long: 4h, 90m, 1h30m, at most 24h; 0m ends a snooze.")
    ],
    note: Annotated[str, typer.Option(help="Why, in at most 500 characters; messages quote it.")] = "",
    form: Form = "auto",
    stack: Stack = "s3watch",
    table: Table = "",
    profile: Profile = None,
    region: Region = None,
) -> None:
    """Hold the roll-ups and the end of an open alert for some time, then tell what came in one message.

    What is worse than all that was said (a graver act, a higher severity) is told at once all the same. Later
    messages say who snoozed it, when and why. It is about this alert only: what the caller does in the next
    six hours is another one. It is refused if a message about the alert is written while it is stored.

    Example: s3watch snooze 01KAG3Z5B0M4 4h --note "we are looking into it"
    """
    from s3watch_cli.alerts import listing, snoozes

    snoozes.snooze_alert(listing.Place(stack, table, profile, region), alert, span, note, form)

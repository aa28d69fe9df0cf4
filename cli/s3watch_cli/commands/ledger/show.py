"""`s3watch show`: shows one alert of a stack in full."""

from __future__ import annotations

from s3watch_cli.options import AlertId, AlsoClosed, Form, Profile, Region, Stack, Table


def show_alert(
    alert: AlertId,
    also_closed: AlsoClosed = False,
    form: Form = "auto",
    stack: Stack = "s3watch",
    table: Table = "",
    profile: Profile = None,
    region: Region = None,
) -> None:
    """Show one alert as its messages tell it: who, what, when, from where, how much, and what still waits.

    On a terminal in the words of the e-mail, else as JSON with the evidence as AWS wrote it.

    Example: s3watch show 01KAG3Z5B0M4
    """
    from s3watch_cli.alerts import listing

    place = listing.Place(stack, table, profile, region)
    listing.show_alert(place, alert, form, also_closed=also_closed)

"""`s3watch subscribe`: subscribes people so that no link in a mail can end it, and lists who is."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from s3watch_cli.options import Form, Profile, Region, Stack


def subscribe_address(  # noqa: PLR0913, PLR0917  # as many as there are options
    address: Annotated[
        str, typer.Argument(help="The e-mail address to ask; without it, all subscriptions are listed.")
    ] = "",
    topic: Annotated[
        Literal["alerts", "operations"], typer.Option(help="What to subscribe it to.")
    ] = "alerts",
    link: Annotated[
        str, typer.Option(help="The link of the mail that SNS sent: confirms, so that no link can end it.")
    ] = "",
    again: Annotated[
        bool, typer.Option("--again", help="End a subscription of the address, and ask it anew.")
    ] = False,
    stack: Stack = "s3watch",
    form: Form = "auto",
    profile: Profile = None,
    region: Region = None,
) -> None:
    """Subscribe an address to a stack's alerts, and protect that from mail scanners.

    SNS asks the address by a mail with a link. Whoever opens that confirms a subscription that a link at
    the end of each mail ends, and mail scanners open links. So copy the link without opening it and give it
    to --link: then only somebody with AWS credentials can end it. Without an address the subscriptions of
    all topics are listed: protected, unprotected (a link ends it), not confirmed.

    Example: s3watch subscribe
    """
    from s3watch_cli.attach import subscribers

    if address and link:
        raise typer.BadParameter("give an address to ask it, or --link to confirm, not both")
    opened = subscribers.Subscriptions.open(stack, profile, region)
    if link:
        subscribers.confirm(opened, link)
    elif address:
        subscribers.subscribe(opened, topic, address, again=again)
    else:
        subscribers.list_subscribers(opened, form)

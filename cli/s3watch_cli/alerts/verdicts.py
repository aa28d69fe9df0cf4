"""Gives a verdict with the name and the clock of the command line's caller."""

from __future__ import annotations

import time

import boto3
import typer
from s3watch.alerts.alert import CLOSING, Judgement, Verdict
from s3watch.alerts.rows.verdict import lines
from s3watch.aws.dynamodb_listing import WaitingMessage
from s3watch.errors import RefusedError
from s3watch.ledger import verdicts

from s3watch_cli.alerts.description import COLUMNS, describe
from s3watch_cli.alerts.listing import Place, find
from s3watch_cli.attach.aws_errors import translate_errors, translate_errors_of_library
from s3watch_cli.output import Format, note, show

LONGEST = 500  # characters of a note: it is part of every later message


def give_verdict(
    place: Place, identity: str, judgement: Judgement, why: str, form: Format, *, also_closed: bool
) -> None:
    """Store a verdict and print the alert as it is then.

    Raises BadParameter for a long note, RefusedError if there is no such alert, or a message about it was
    written in the meantime, or waits to be sent to people and would be closed unread.
    """
    check_note(why)
    store, listing, table = place.open()
    with translate_errors("the account"):
        caller = boto3.client("sts").get_caller_identity()["Arn"]
    now = time.time()
    with translate_errors_of_library(f"the table {table}"):
        seen = find(store, listing, identity, also_closed=also_closed)
        if judgement in CLOSING and any(_is_unread(each, now) for each in listing.messages(seen).waiting):
            raise RefusedError(
                f"a message about {seen.id} waits to be sent, which nobody has read: see `s3watch show`, and"
                " judge it again in a minute"
            )
        judged = verdicts.give_verdict(store, seen, Verdict(judgement, caller, now, why), now)
    show([describe(judged)], form, COLUMNS)
    if seen.verdict:
        note(f"instead of: {lines(seen.verdict)[0]}")
    note("closed: only worse news and the end are told" if judgement in CLOSING else "it stays open")


def _is_unread(message: WaitingMessage, now: float) -> bool:
    """Return whether people have not got a message: one that is being sent may be in their mail already."""
    return message.topic != "machines" and message.leased_until <= now


def check_note(why: str) -> None:
    """Raise BadParameter for a note that is too long to be part of every later message."""
    if len(why) > LONGEST:
        raise typer.BadParameter(f"the note has {len(why):,} characters, and at most {LONGEST} are kept")

"""Snoozes an alert with the name and the clock of the command line's caller."""

from __future__ import annotations

import re
import time

import boto3
import typer
from s3watch.alerts.alert import Snooze
from s3watch.alerts.rows.snooze import lines
from s3watch.ledger.silence.snoozes import LONGEST, snooze_group

from s3watch_cli.alerts.description import COLUMNS, describe
from s3watch_cli.alerts.listing import Place, find
from s3watch_cli.alerts.verdicts import check_note
from s3watch_cli.attach.aws_errors import translate_errors, translate_errors_of_library
from s3watch_cli.output import Format, note, show

SPAN = re.compile(r"(?:(\d{1,4})h)?(?:(\d{1,4})m)?", re.ASCII)


def snooze_alert(place: Place, identity: str, span: str, why: str, form: Format) -> None:
    """Hold the messages of an alert for a time and print it as it is then.

    Raises BadParameter for a wrong time or a long note, RefusedError if there is no such alert, it has ended,
    or a message about it was written in the meantime.
    """
    check_note(why)
    seconds = read_span(span)
    store, listing, table = place.open()
    with translate_errors("the account"):
        caller = boto3.client("sts").get_caller_identity()["Arn"]
    now = time.time()
    with translate_errors_of_library(f"the table {table}"):
        seen = find(store, listing, identity, also_closed=False)
        held = snooze_group(store, seen, Snooze(now + seconds, caller, now, why), now)
    show([describe(held)], form, COLUMNS)
    if held.snooze:
        note(f"snoozed {lines(held.snooze)[0]}" if seconds else "no longer snoozed")
    note("only what is worse than all that was said is told meanwhile" if seconds else "roll-ups go on")


def read_span(text: str) -> int:
    """Return the seconds of a time such as 4h, 90m or 1h30m, at most a day. Raises BadParameter."""
    found = SPAN.fullmatch(text)
    hours, minutes = (int(part or 0) for part in found.groups()) if found and text else (0, -1)
    seconds = hours * 3600 + minutes * 60
    if not 0 <= seconds <= LONGEST:
        raise typer.BadParameter(f"`{text}` is no time up to {LONGEST / 3600:.0f}h; write 4h, 90m or 0m")
    return seconds

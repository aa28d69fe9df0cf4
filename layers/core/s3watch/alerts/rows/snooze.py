"""Renders the snooze of an alert as a row: until when its messages are held, who said so, when and why."""

from __future__ import annotations

from datetime import UTC, tzinfo

from s3watch.alerts.alert import Snooze
from s3watch.alerts.rows.verdict import caller
from s3watch.text import MAX_SHOWN, clean, quoted, short_timestamp


def lines(snooze: Snooze | None, zone: tzinfo = UTC) -> list[str]:
    """Return the row's line: `until 2026-11-20 13:00 UTC, by user/alice on 2026-11-20 09:02 UTC`."""
    if not snooze:
        return []
    until, given = short_timestamp(snooze.until, zone), short_timestamp(snooze.time, zone)
    note = quoted(clean(snooze.note, MAX_SHOWN)) if snooze.note else ""
    return [", ".join(filter(None, [f"until {until}", f"by {caller(snooze.by)} on {given}", note]))]

"""Writes searches as commands of s3watch, which read the trail's log files where no analytics are on."""

from __future__ import annotations

import re
from collections.abc import Iterator

from s3watch.alerts.alert import Alert
from s3watch.alerts.searches.literals import shell_literal
from s3watch.alerts.searches.questions import By, Search, may_be_link, period
from s3watch.text import columns, to_utc

DELIVERED = 3600.0  # seconds: log files arrive within some 15 minutes, in the folder of the day of that
OPTIONS: dict[By, str] = {"actor": "--actor", "object": "--object", "call": "--event"}
WIDTH = 76  # columns of a line, without a blank and the backslash that continues it

_REGION = re.compile(r"[a-z]+(?:-[a-z]+)+-\d")


def log_folder(alert: Alert, folder: str) -> list[str]:
    """Write the assignment of the folder of the trail's log files in the alert's Region, to $LOGS."""
    region = alert.region if _REGION.fullmatch(alert.region) else "REGION"
    first, *rest = shell_literal(f"{folder}/{region}")
    lines = [f"LOGS={first}", *rest]
    return [*(f"{line}\\" for line in lines[:-1]), lines[-1]]


def command(search: Search, alert: Alert) -> list[str]:
    """Write a search as a command for bash and zsh, in lines of at most 78 columns.

    Returns nothing for a value with a NUL, which no argument can hold.
    """
    if "\0" in search.value:
        return []
    start, end = (to_utc(moment) for moment in period(alert))
    begin = f"s3watch search {' '.join(_days(*period(alert)))} {OPTIONS[search.by]}"
    value = shell_literal(search.value, whole=may_be_link(search))
    if len(value) == 1 and columns(begin) + 1 + columns(value[0]) <= WIDTH:
        begin, value = f"{begin} {value[0]}", []
    return [
        f"{begin} \\",
        *(f"{piece}\\" for piece in value[:-1]),
        *(f"{piece} \\" for piece in value[-1:]),
        f"  --from {start:%Y-%m-%dT%H:%M:%SZ} --to {end:%Y-%m-%dT%H:%M:%SZ}",
    ]


def _days(start: float, end: float) -> Iterator[str]:
    """Yield the folders of the days on which the log files of a period were delivered."""
    days = (to_utc(moment) for moment in (start, end + DELIVERED))
    return (f'"$LOGS"/{day}' for day in dict.fromkeys(f"{day:%Y/%m/%d}" for day in days))

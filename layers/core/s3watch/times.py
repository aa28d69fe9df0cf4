"""Parses CloudTrail's timestamps, and converts them to local time and to the windows that group alerts."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from functools import lru_cache

LAST_DAY = 253402214400.0  # 9999-12-31, epoch seconds
DAY = 86400.0  # seconds
TO_THE_HOUR = len("2026-11-20T13")  # characters of a time that name its hour
WINDOW = 6 * 3600.0  # seconds of event time that one group of hits covers: half a working day
WEEKS = 28 * DAY  # of one about what strangers can reach: a state, which is open for months
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@lru_cache(maxsize=4096)  # records of one second are read together; the bound holds against forged ones
def read_time(text: str) -> float | None:
    """Parse an ISO 8601 time into epoch seconds, in UTC unless it names a zone.

    Returns None if it is not a time, or not in the years 1 to 9999 in UTC, which are all that datetime has.
    """
    try:
        moment = datetime.fromisoformat(text)
        time = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
    return None if to_local_time(time, UTC) is None else time


def to_local_time(time: float | None, zone: tzinfo) -> datetime | None:
    """Convert epoch seconds to local time; None if there is no time, or datetime can not hold it."""
    try:
        return None if time is None else datetime.fromtimestamp(time, zone)
    except (ValueError, OverflowError):
        return None


def local_hour(time: float | None, zone: tzinfo) -> int | None:
    """Return the local hour of the day, 0 to 23."""
    moment = to_local_time(time, zone)
    return moment.hour if moment else None


def local_weekday(time: float | None, zone: tzinfo) -> str | None:
    """Return the local day of the week, `monday` to `sunday`."""
    moment = to_local_time(time, zone)
    return WEEKDAYS[moment.weekday()] if moment else None


def window_start(time: float, window: float = WINDOW) -> float:
    """Return the start of the window that an event time falls into; windows are aligned to midnight UTC."""
    return time - time % window


def day_of(time: float) -> str:
    """Return the UTC date of a time; times outside the calendar are moved to its ends."""
    return _date_at(min(max(time, 0.0), LAST_DAY) // DAY)


@lru_cache(maxsize=64)  # most records are of a few days
def _date_at(day: float) -> str:
    return datetime.fromtimestamp(day * DAY, UTC).date().isoformat()

"""When something happened, as CloudTrail writes it and as the people concerned count their hours."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

WINDOW = 6 * 3600.0  # seconds of event time that one group covers; a working half-day reads as one story
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def read_time(text: str) -> float | None:
    """Read an ISO 8601 time as epoch seconds, in UTC unless it says otherwise; None where it is none."""
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def place_in_zone(time: float | None, zone: tzinfo) -> datetime | None:
    """Give epoch seconds as a local time; None where there is none, or the calendar ends."""
    try:
        return None if time is None else datetime.fromtimestamp(time, zone)
    except (ValueError, OverflowError):
        return None


def read_hour(time: float | None, zone: tzinfo) -> int | None:
    """Give the hour of the day there, 0 to 23."""
    moment = place_in_zone(time, zone)
    return moment.hour if moment else None


def read_weekday(time: float | None, zone: tzinfo) -> str | None:
    """Name the day of the week there: monday to sunday."""
    moment = place_in_zone(time, zone)
    return WEEKDAYS[moment.weekday()] if moment else None


def window_start(time: float) -> float:
    """Give the start of the window an event time falls into; windows are aligned to midnight UTC."""
    return time - time % WINDOW

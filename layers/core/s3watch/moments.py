"""When something happened, as CloudTrail writes it and as the people concerned count their hours."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

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


def name_weekday(moment: datetime) -> str:
    """Name the day: monday to sunday."""
    return WEEKDAYS[moment.weekday()]

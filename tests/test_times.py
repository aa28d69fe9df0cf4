from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch.times import local_hour, local_weekday, read_time, to_local_time


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-20T08:14:03Z", 1795162443.0),
        ("2026-11-20T09:14:03+01:00", 1795162443.0),
        ("2026-11-20T08:14:03", 1795162443.0),
        ("2026-11-20T08:14:03.250Z", 1795162443.25),
        ("yesterday", None),
        ("", None),
        ("0001-01-01T00:00:00+00:01", None),
        ("9999-12-31T23:59:59-00:01", None),
        ("9999-12-31T23:59:59.999999", None),
    ],
)
def test_reads_a_time_as_epoch_seconds(text, expected):
    assert read_time(text) == expected


@given(st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)))  # noqa: DTZ001  # hypothesis takes naive bounds
def test_a_time_survives_writing_and_reading(moment):
    moment = moment.replace(microsecond=0, tzinfo=UTC)
    assert to_local_time(read_time(moment.isoformat()), UTC) == moment


ZONES = st.sampled_from([timezone(timedelta(hours=hours)) for hours in (-23, 0, 23)])


@given(st.datetimes(timezones=ZONES))
def test_every_time_that_is_read_is_in_the_calendar(moment):
    time = read_time(moment.isoformat())

    assert time is None or to_local_time(time, UTC)


@pytest.mark.parametrize("time", [None, 1e300, -1e12], ids=["none", "too late", "too early"])
def test_a_time_that_datetime_can_not_hold_has_no_local_time(time):
    assert to_local_time(time, UTC) is None


def test_the_hour_and_the_day_are_those_of_the_configured_zone():
    friday_night = datetime(2026, 11, 20, 23, 30, tzinfo=UTC).timestamp()
    berlin = ZoneInfo("Europe/Berlin")

    assert (local_hour(friday_night, UTC), local_weekday(friday_night, UTC)) == (23, "friday")
    assert (local_hour(friday_night, berlin), local_weekday(friday_night, berlin)) == (0, "saturday")


def test_without_a_time_there_is_no_hour_and_no_day():
    assert (local_hour(None, UTC), local_weekday(None, UTC)) == (None, None)

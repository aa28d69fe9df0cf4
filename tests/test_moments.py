from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch.moments import name_weekday, place_in_zone, read_time


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-20T08:14:03Z", 1795162443.0),
        ("2026-11-20T09:14:03+01:00", 1795162443.0),
        ("2026-11-20T08:14:03", 1795162443.0),
        ("2026-11-20T08:14:03.250Z", 1795162443.25),
        ("yesterday", None),
        ("", None),
    ],
)
def test_reads_a_time_as_epoch_seconds(text, expected):
    assert read_time(text) == expected


@given(st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)))  # noqa: DTZ001  # hypothesis takes naive bounds
def test_a_time_survives_writing_and_reading(moment):
    moment = moment.replace(microsecond=0, tzinfo=UTC)
    assert place_in_zone(read_time(moment.isoformat()), UTC) == moment


@pytest.mark.parametrize("time", [None, 1e300, -1e12], ids=["none", "too late", "too early"])
def test_what_no_calendar_holds_is_nowhere(time):
    assert place_in_zone(time, UTC) is None


def test_names_the_day_of_the_week():
    assert name_weekday(datetime(2026, 11, 20, tzinfo=UTC)) == "friday"

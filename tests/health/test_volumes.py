from __future__ import annotations

from datetime import datetime

import pytest
from s3watch.health.volumes import (
    DAYS,
    LEAST,
    MOST,
    Volumes,
    Watched,
    find_drops,
    hours_before,
    hours_to_count,
)

from tests.support.sensitive import NOW

HR = Watched("hr-data", ("payroll", "salaries"))
SUNDAY = 1795341600.0  # 2026-11-22T10:00:00Z
MISSED = (
    "hr-data has 0 calls in 3 hours of log files, and had 120 or more on six of 7 days before: none of 54"
    " detections sees what is missing of payroll, salaries"
)
HOURS = hours_before(NOW)  # the latest first


def steady(calls: int, *, without: range = range(0)) -> Volumes:
    """So many calls in each hour, and in some of the latest hours none."""
    return {hour: {"hr-data": 0 if at in without else calls} for at, hour in enumerate(HOURS)}


def weekday(hour: str) -> int:
    return datetime.fromisoformat(f"{hour}:00").weekday()


def told(volumes: Volumes, now: float = NOW) -> list[str]:
    return [each.what for each in find_drops(volumes, [HR], 54, now)]


def test_hours_are_compared_once_their_files_have_come():
    assert (HOURS[0], HOURS[-1], len(HOURS)) == ("2026-11-20T06", "2026-11-12T07", 8 * 24)


def test_a_busy_bucket_without_calls_is_told_after_three_hours():
    assert told(steady(40, without=range(2))) == []
    assert told(steady(40, without=range(3))) == [MISSED]


def test_a_quiet_one_after_a_day():
    assert told(steady(1, without=range(3))) == []
    (what,) = told(steady(1, without=range(26)))
    assert what.startswith("hr-data has 0 calls in 26 hours of log files")


@pytest.mark.parametrize(("left", "number"), [(12, 1), (13, 0)], ids=["a tenth is too much", "more is not"])
def test_nine_tenths_less_is_told(left: int, number: int):
    volumes = steady(40, without=range(3)) | {HOURS[0]: {"hr-data": left - 1}}

    assert len(told(volumes)) == number


def test_what_is_never_used_at_that_time_is_not_missed():
    nightly = {hour: {"hr-data": 40 if hour.endswith("T02") else 0} for hour in HOURS}

    assert told(nightly) == []


def test_a_day_without_any_is_not_what_is_usual():
    away = range(24, 48)  # yesterday

    assert len(told(steady(40, without=range(3)) | {HOURS[at]: {} for at in away})) == 1
    assert told(steady(40, without=range(3)) | {HOURS[at]: {} for at in range(24, 72)}) == []


def test_before_seven_days_are_known_nothing_is_told():
    young = {hour: {"hr-data": LEAST} for hour in HOURS[3 : 24 * (DAYS - 1)]}

    assert told(young) == []


def test_calls_are_counted_of_two_days_and_none_of_the_future():
    counted = sorted(hours_to_count(NOW))

    assert (counted[0], counted[-1], len(counted)) == ("2026-11-18T08", "2026-11-20T09", 50)


def test_a_drop_that_was_told_lasts_until_there_are_calls_again():
    gone = {hour: {"hr-data": 0 if at < 24 * DAYS else 40} for at, hour in enumerate(HOURS)}

    assert told(gone) == []
    (problem,) = find_drops(gone, [HR], 54, NOW, ["volume:hr-data"])
    assert problem.what.startswith(
        "hr-data still has hardly any calls in the log files: none of 54 detections"
    )
    assert find_drops(gone | {HOURS[0]: {"hr-data": LEAST}}, [HR], 54, NOW, ["volume:hr-data"]) == []


def test_what_was_as_quiet_a_week_ago_is_not_missed():
    office = {
        hour: {"hr-data": 200 * (8 <= datetime.fromisoformat(f"{hour}:00").hour < 18) * (weekday(hour) < 5)}
        for hour in hours_before(SUNDAY)
    }

    assert find_drops(office, [HR], 54, SUNDAY) == []


def test_a_job_that_is_two_hours_late_is_not_missed():
    nightly = {hour: {"hr-data": 500 * hour.endswith("T05")} for hour in HOURS} | {HOURS[1]: {}}

    assert told(nightly) == []


def test_more_buckets_than_a_mail_can_hold_are_one_problem():
    buckets = [Watched(f"bucket-{number}", ()) for number in range(MOST + 1)]
    volumes = {hour: {each.bucket: 40 * (at > 2) for each in buckets} for at, hour in enumerate(HOURS)}

    (problem,) = find_drops(volumes, buckets, 54, NOW)
    assert problem.what.startswith("11 buckets have hardly any calls in the log files: bucket-0, bucket-1,")

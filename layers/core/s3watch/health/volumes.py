"""Finds watched buckets of which log files have far fewer calls than in the same hours of the days before.

Whatever keeps their calls from being recorded (selectors, a policy, a bug of ours) also keeps every detection
from seeing them. Log files are counted, not events: they are complete whatever EventScope leaves out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from typing import NamedTuple

from s3watch.health.problems import Problem
from s3watch.text import clean_name, count

HOUR = 3600.0  # seconds
SETTLED = (
    1800.0  # seconds after an hour within which its log files come: CloudTrail needs 5 minutes as a rule
)
WINDOWS = (3, 24)  # hours: busy buckets are missed soon, others within a day
DAYS = 7  # so that a weekend is among them
LEAST = 20  # calls: with fewer, chance alone brings none
SHARE = 0.1  # of what was least in the days before
SHIFTS = (-2, 0, 2)  # hours around a short window
LATE = 2  # hours that a daily job may be late
MOST = 10  # problems of buckets that are told one by one
INSTEAD = (
    "if nobody stopped using it, or set ScanLogFiles or TrailScope: compare the trail's selectors, and what"
    " denies CloudTrail"
)

type Volumes = Mapping[str, Mapping[str, int]]  # by hour, such as 2026-11-20T13, and bucket: calls


class Watched(NamedTuple):
    """A watched bucket, with the labels of what may be in it."""

    bucket: str
    labels: tuple[str, ...]


def hours_before(now: float) -> list[str]:
    """Return all hours that are compared, the latest first."""
    return [_name(number) for number in _before(_end(now), DAYS * 24 + max(WINDOWS))]


def hours_to_count(now: float) -> frozenset[str]:
    """Return the hours whose calls are counted: not those of two days ago and more, or of the future."""
    return frozenset(_name(number) for number in range(int(now // HOUR) - 48, int(now // HOUR) + 2))


def find_drops(
    volumes: Volumes, watched: Sequence[Watched], detections: int, now: float, told: Iterable[str] = ()
) -> list[Problem]:
    """Return a problem for each bucket whose volume has dropped by nine tenths, or to nothing.

    One that was `told`, by its key, lasts until there are calls again: days without any are soon what is
    usual. More than a mail can hold are one problem.
    """
    known, end = set(told), _end(now)
    found = [(one, what) for one in watched if (what := _say(one, volumes, end, known))]
    if len(found) > MOST:
        names = ", ".join(clean_name(one.bucket) for one, _ in found[:MOST])
        what = f"{len(found)} buckets have hardly any calls in the log files: {names} and others"
        return [Problem("volume:", what, INSTEAD)]
    return [
        Problem(key_of(one.bucket), f"{what}: {_blind(one.labels, detections)}", INSTEAD)
        for one, what in found
    ]


def key_of(bucket: str) -> str:
    """Return the key of the problem of a bucket."""
    return f"volume:{bucket}"


def _say(one: Watched, volumes: Volumes, end: int, known: AbstractSet[str]) -> str:
    """Say how far the volume of a bucket has dropped; empty if it has not."""
    for window in WINDOWS:
        hours = window + (LATE if window == max(WINDOWS) else 0)
        found, usual = _sum(volumes, one.bucket, end, hours), _usual(volumes, one.bucket, end, window)
        if usual >= LEAST and found < SHARE * usual:
            return (
                f"{one.bucket} has {count(found, 'call')} in {hours} hours of log files, and had {usual:,}"
                f" or more on six of {DAYS} days before"
            )
    if key_of(one.bucket) in known and _sum(volumes, one.bucket, end, max(WINDOWS)) < LEAST:
        return f"{one.bucket} still has hardly any calls in the log files"
    return ""


def _usual(volumes: Volumes, bucket: str, end: int, window: int) -> int:
    """Return what was least in the days before, but for one, such as of maintenance, and a week ago.

    Of a short window also the hours around it: a job may be late, and keeps local time.
    """
    shifts = SHIFTS if window == min(WINDOWS) else (0,)
    days = [
        min(_sum(volumes, bucket, end - 24 * day + shift, window) for shift in shifts)
        for day in range(1, DAYS + 1)
    ]
    return min(sorted(days)[1], days[-1])


def _blind(labels: Sequence[str], detections: int) -> str:
    names = ", ".join(clean_name(name) for name in labels)
    missing = f"what is missing of {names}" if names else "what is missing"
    return f"none of {count(detections, 'detection')} sees {missing}"


def _sum(volumes: Volumes, bucket: str, end: int, window: int) -> int:
    return sum(volumes.get(_name(number), {}).get(bucket, 0) for number in _before(end, window))


def _before(end: int, hours: int) -> range:
    return range(end - 1, end - 1 - hours, -1)


def _end(now: float) -> int:
    """Return the number of the hour that is not over, or whose log files may still come."""
    return int((now - SETTLED) // HOUR)


def _name(number: int) -> str:
    return f"{datetime.fromtimestamp(number * HOUR, UTC):%Y-%m-%dT%H}"

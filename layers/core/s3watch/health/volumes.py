"""Finds watched buckets of which log files have far fewer calls than in the same hours of the days before.

Whatever keeps their calls from being recorded (selectors, a policy, a bug of ours) also keeps every detection
from seeing them. Log files are counted, not events: they are complete whatever EventScope leaves out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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


def find_drops(volumes: Volumes, watched: Sequence[Watched], detections: int, now: float) -> list[Problem]:
    """Return a problem for each bucket whose volume has dropped by nine tenths, or to nothing."""
    return [problem for one in watched for problem in _of(one, volumes, detections, _end(now))]


def _of(one: Watched, volumes: Volumes, detections: int, end: int) -> Iterator[Problem]:
    for window in WINDOWS:
        found = _sum(volumes, one.bucket, end, window)
        days = sorted(_sum(volumes, one.bucket, end - 24 * day, window) for day in range(1, DAYS + 1))
        usual = days[1]  # one of the days may have been without any, such as one of maintenance
        if usual >= LEAST and found < SHARE * usual:
            what = (
                f"{one.bucket} has {count(found, 'call')} in {window} hours of log files, and had {usual:,}"
                f" or more on six of {DAYS} days before: {_blind(one.labels, detections)}"
            )
            instead = "if nobody stopped using it: compare the trail's selectors, and what denies CloudTrail"
            yield Problem(f"volume:{one.bucket}", what, instead)
            return


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

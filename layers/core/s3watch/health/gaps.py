"""Finds when the trail recorded nothing although it runs now, and that it writes no log files any more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import tzinfo

from msgspec import Struct

from s3watch.health.parts import Trail
from s3watch.health.problems import Problem
from s3watch.text import short_timestamp, span
from s3watch.times import DAY

LOOK = (
    "CloudTrail's event history has who stopped it, and access logs, where buckets write them, what was read"
)
STILL = 3 * 3600.0  # seconds: a file comes some 5 minutes after a call, and there is one each hour


class Recording(Struct, frozen=True):
    """What a check saw of the trail."""

    trail: str = ""  # empty: no check has read its status
    started: float = 0  # epoch seconds, when it last began to record; 0: AWS does not say


class Gap(Struct, frozen=True):
    """A time in which the trail recorded nothing, in epoch seconds, and when that was told."""

    trail: str
    start: float
    end: float
    told: float


def find_gap(before: Recording, trail: Trail, now: float) -> Gap | None:
    """Return the gap that ended since the check before; of several only the last, as AWS names no other."""
    is_known = before.trail == trail.name and trail.stopped > 0
    if is_known and before.started <= trail.stopped < trail.started:
        return Gap(trail.name, trail.stopped, trail.started, now)
    return None


def keep_gaps(before: Sequence[Gap], found: Gap | None, now: float) -> tuple[Gap, ...]:
    """Return those that belong into the next summary of a day."""
    return (*(each for each in before if each.told > now - DAY), *((found,) if found else ()))


def describe(gap: Gap, zone: tzinfo) -> str:
    """Say when the trail recorded nothing."""
    when = span(gap.start, gap.end, zone)
    return f"the trail {gap.trail} recorded nothing from {when}: what happened then is in no alert"


def tell(gap: Gap, zone: tzinfo) -> Problem:
    """Return a gap as what begins to be wrong; it is told once, and has ended."""
    return Problem(f"gap:{gap.end:.0f}", describe(gap, zone), LOOK)


def find_stall(trail: Trail, now: float, zone: tzinfo) -> Iterator[Problem]:
    """Yield a problem if a trail that records a call each hour has written no log file for hours.

    Without a time of the last file nothing is said: an organization's trail may name none to its members.
    """
    works = trail.is_there and trail.is_logging and not trail.delivery_error
    latest = max(trail.delivered, trail.started)
    if works and trail.delivered and latest < now - STILL:
        what = (
            f"the trail {trail.name} has written no log file since {short_timestamp(latest, zone)}, although"
            " it is to record the canary each hour: what only log files bring is not alerted"
        )
        status = f"see `aws cloudtrail get-trail-status --name {trail.name}`"
        yield Problem("stalled", what, f"{status}; if the canary's alarm rings, too, it records no call")

"""What is kept between two checks, so that each problem is told when it begins and when it ends."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, tzinfo
from typing import NamedTuple

from msgspec import Struct

from s3watch.health.gaps import Gap, Recording, find_gap, keep_gaps, tell
from s3watch.health.own_changes import is_unseen, keep_made
from s3watch.health.parts import Made, Parts
from s3watch.health.problems import Problem, find_gone, names_of


class Open(Struct, frozen=True):
    """A problem that was told and has not ended."""

    key: str
    what: str
    since: float  # epoch seconds, of the check that found it


class Health(Struct, frozen=True, omit_defaults=True):
    """What the last check found."""

    open: tuple[Open, ...] = ()
    subscribed: tuple[str, ...] = ()  # names of confirmed subscriptions
    made: Made = Made()  # what is compared with
    recording: Recording = Recording()  # what was seen of the trail
    gaps: tuple[Gap, ...] = ()  # those that were told within a day
    checked: float = 0  # epoch seconds; 0: never
    version: int = 0


class Change(NamedTuple):
    """What a check found, compared with the one before."""

    begun: tuple[Problem, ...]
    ended: tuple[Open, ...]
    after: Health


_SERVICES = {  # by what the key of a problem begins with: of what it is read; of others, of several
    "trail": "CloudTrail", "delivery": "CloudTrail", "stalled": "CloudTrail", "selectors": "CloudTrail",
    "rule": "EventBridge", "route": "EventBridge", "mapping": "Lambda", "stopped": "Lambda",
    "pending": "SNS", "nobody": "SNS",
}  # fmt: skip


def _is_unknown(key: str, parts: Parts, made: Made) -> bool:
    """Return whether a problem may last although it was not found, since its part could not be read.

    `made` is what the next check compares with.
    """
    kind, _, about = key.partition(":")
    if kind in ("unwatched", "volume"):
        return False
    if kind == "unreadable":
        return about.partition(",")[0] in parts.busy
    if kind in _SERVICES:
        return _SERVICES[kind] in parts.blind
    if kind == "role":
        return is_unseen(key, made, parts.made)
    return bool(parts.blind - {"IAM"})  # which only roles are read from


def compare(
    before: Health, problems: Sequence[Problem], parts: Parts, now: float, zone: tzinfo = UTC
) -> Change:
    """Return which problems begin and end, and what is kept; what could not be read does not end."""
    known = {each.key: each for each in before.open}
    found = {each.key: each for each in problems}
    sees_topics = "SNS" not in parts.blind
    gone = find_gone(before.subscribed, parts.subscriptions) if sees_topics else []
    sees_trail = "CloudTrail" not in parts.blind and parts.trail.is_there
    gap = find_gap(before.recording, parts.trail, now) if sees_trail else None
    made = keep_made(before.made, parts.made)
    kept = tuple(each for key, each in known.items() if key in found or _is_unknown(key, parts, made))
    begun = tuple(each for key, each in found.items() if key not in known)
    return Change(
        begun=(*((tell(gap, zone),) if gap else ()), *begun, *gone),
        ended=tuple(each for each in before.open if each not in kept),
        after=Health(
            open=(*kept, *(Open(each.key, each.what, now) for each in begun)),
            subscribed=tuple(names_of(parts.subscriptions)) if sees_topics else before.subscribed,
            made=made,
            recording=Recording(parts.trail.name, parts.trail.started) if sees_trail else before.recording,
            gaps=keep_gaps(before.gaps, gap, now),
            checked=now,
            version=before.version,
        ),
    )

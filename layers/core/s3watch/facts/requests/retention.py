"""Reads for how many days a request keeps objects: by S3 Object Lock, or until a lifecycle rule deletes them.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from s3watch.facts.authentication import read_count
from s3watch.facts.field_paths import flatten, walk
from s3watch.times import read_time

DAY = 86400.0  # seconds
YEAR = 365  # days, as S3 counts a retention in years
MOST_DAYS = 1_000_000  # S3 accepts 100 years; more is not AWS's, and only has to be comparable
_DEFAULT = ("ObjectLockConfiguration", "Rule", "DefaultRetention")
_PERIODS = (_DEFAULT, (*_DEFAULT, "DefaultEventHold"), ("Retention", "EventHoldDuration"))
HEADER = "x-amz-object-lock-"  # how the names of headers begin
_DAYS = (*((*path, "Days") for path in _PERIODS), (f"{HEADER}event-hold-duration-days",))
_YEARS = (*((*path, "Years") for path in _PERIODS), (f"{HEADER}event-hold-duration-years",))
_UNTIL = (("Retention", "RetainUntilDate"), (f"{HEADER}retain-until-date",))
_OF_OBJECT_LOCK = frozenset(path[0] for path in (*_DAYS, *_YEARS, *_UNTIL))
_RULES = ("LifecycleConfiguration", "Rule")
_EXPIRY = (("Expiration", "Days"), ("NoncurrentVersionExpiration", "NoncurrentDays"))


def read_retention_days(request: Any, now: float | None) -> int | None:
    """Return the most days for which a request locks objects; None if it locks none.

    `now` is the time of the event in epoch seconds. A retention that ends before it is one of 0 days.
    """
    if request is None or (isinstance(request, dict) and _OF_OBJECT_LOCK.isdisjoint(map(_top, request))):
        return None  # as most, without a look at each path
    days = [each for path in _DAYS for each in _counts(walk(request, path))]
    days += [each * YEAR for path in _YEARS for each in _counts(walk(request, path))]
    days += [each for path in _UNTIL for each in _days_until(walk(request, path), now)]
    return min(max(days), MOST_DAYS) if days else None


def _top(name: str) -> str:
    return name.partition(".")[0]


def read_expiry_days(request: Any, now: float | None) -> int | None:
    """Return the fewest days after which an enabled lifecycle rule deletes objects; None if none does.

    Current and old versions count alike, because the record does not say whether the bucket keeps old ones.
    """
    days = [each for rule in _enabled_rules(request) for each in _expiries(rule, now)]
    return min(*days, MOST_DAYS) if days else None


def _enabled_rules(request: Any) -> Iterator[dict[str, Any]]:
    rules = walk(request, _RULES)
    for rule in rules if isinstance(rules, list) else [rules]:
        if isinstance(rule, dict) and rule.get("Status") == "Enabled":
            yield rule


def _expiries(rule: dict[str, Any], now: float | None) -> Iterator[int]:
    for path in _EXPIRY:
        yield from _counts(walk(rule, path))
    yield from _days_until(walk(rule, ("Expiration", "Date")), now)


def _counts(value: Any) -> Iterator[int]:
    counts = (read_count(each) for each in flatten([value]))
    yield from (count for count in counts if count is not None)


def _days_until(value: Any, now: float | None) -> Iterator[int]:
    times = (read_time(each) for each in flatten([value]) if isinstance(each, str))
    if now is not None:
        yield from (max(0, int((time - now) / DAY)) for time in times if time is not None)

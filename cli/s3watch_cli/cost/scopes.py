"""What each TrailScope and EventScope leaves of the calls on watched buckets, and what the rest costs.

TrailScope decides what CloudTrail records, and so charges; EventScope what EventBridge passes on of that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from s3watch_cli.cost.model import trail
from s3watch_cli.cost.paths import Cost, event_path, log_path

TRAIL_SCOPES = ("bucket", "prefixes")
EVENT_SCOPES = ("bucket", "objects", "unexpected")
MILLION = 1e6

type Share = float  # 0 to 1, of all calls on the watched buckets
type Scopes = tuple[str, str]  # of the trail, of events


# assumed: of the calls, those on sensitive objects; of these, by expected callers; of these again, those that
# are passed on all the same
SENSITIVE, EXPECTED, KEPT = 0.5, 0.95, 0.01


@dataclass(frozen=True, slots=True)
class Traffic:
    """Calls on watched buckets: which share each scope of the trail records, and both scopes pass on."""

    recorded: Mapping[str, Share]
    passed: Mapping[Scopes, Share]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two scopes, what they leave, and what a million calls on the watched buckets cost with them."""

    trail: str
    events: str
    recorded: Share
    passed: Share
    cloudtrail: Cost
    event_path: Cost
    log_path: Cost


def assume(sensitive: Share = SENSITIVE, expected: Share = EXPECTED, kept: Share = KEPT) -> Traffic:
    """Return the traffic of which so much is on sensitive objects, and so much of that by expected callers.

    Of these calls a part is `kept` by every scope, such as copies and deletes.
    """
    unexpected = sensitive * (1 - expected * (1 - kept))
    passed = {"bucket": 1.0, "objects": sensitive, "unexpected": unexpected}
    recorded = {"bucket": 1.0, "prefixes": sensitive}
    shares = {(by, scope): min(recorded[by], passed[scope]) for by, scope in product(recorded, passed)}
    return Traffic(recorded, shares)


def compare(traffic: Traffic, calls: float) -> Iterator[Comparison]:
    """Yield a comparison for each two scopes, in a month with so many calls on the watched buckets."""
    for by, scope in product(TRAIL_SCOPES, EVENT_SCOPES):
        recorded, passed = traffic.recorded[by], traffic.passed[by, scope]
        yield Comparison(
            by,
            scope,
            recorded,
            passed,
            _of_a_million(trail(calls * recorded), calls),
            _of_a_million(event_path(calls, calls * passed), calls),
            _of_a_million(log_path(calls, calls * recorded), calls),
        )


def _of_a_million(cost: Cost, calls: float) -> Cost:
    each = MILLION / calls
    return Cost(cost.option, cost.what, cost.low * each, cost.high * each)

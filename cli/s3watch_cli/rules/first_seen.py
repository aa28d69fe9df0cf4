"""Splits what a detection asks of earlier accesses from what it asks of the access itself.

The latter is what records are matched by, and what trail and event patterns let pass: all that could match,
whatever was before. The whole condition is tested on what has matched, once earlier accesses are read.
"""

from __future__ import annotations

from msgspec.structs import replace
from s3watch.detection.conditions import LOGICAL, fields_of, leaves
from s3watch.facts.fields import STATEFUL
from s3watch.ruleset import Condition

type Weakened = Condition | bool


def asks_of_earlier(condition: Condition) -> bool:
    """Return whether a condition reads what is known of earlier accesses."""
    return any(map(_is_stateful, leaves(condition)))


def of_access_alone(condition: Condition) -> Condition | None:
    """Return what an access must fulfil so that a condition can hold; None: any access could."""
    weakened = _weaken(condition, True)
    return weakened if isinstance(weakened, Condition) else None


def _is_stateful(leaf: Condition) -> bool:
    return not STATEFUL.isdisjoint(fields_of(leaf))


def _weaken(condition: Condition, unknown: bool) -> Weakened:  # as a value, not a switch
    """Put `unknown` for what is asked of earlier accesses, and its opposite under a `not`."""
    if condition.op not in LOGICAL:
        return unknown if _is_stateful(condition) else condition
    if condition.op == "not":
        part = _weaken(condition.of[0], not unknown)
        return not part if isinstance(part, bool) else replace(condition, of=(part,))
    parts = [_weaken(part, unknown) for part in condition.of]
    decisive = condition.op == "or"
    if any(part is decisive for part in parts):
        return decisive
    left = tuple(part for part in parts if isinstance(part, Condition))
    return replace(condition, of=left) if left else not decisive

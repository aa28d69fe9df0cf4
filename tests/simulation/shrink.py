"""Finds a small plan in which the same law is still broken, by leaving out arrivals, faults and outages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from tests.simulation.laws import violations
from tests.simulation.plan import Arrival, Fault, Outage, Plan
from tests.simulation.world import run

MOST_RUNS = 600

type Part = Arrival | Fault | Outage


def shrink(plan: Plan, law: str, most: int = MOST_RUNS) -> Plan:
    """Return a smaller plan that breaks the law too, after at most so many runs."""
    parts: list[Part] = [*plan.outages, *plan.faults, *plan.arrivals]
    left = minimize(parts, lambda some: _breaks(_with(plan, some), law), most)
    return _with(plan, left)


def _with(plan: Plan, parts: Sequence[Part]) -> Plan:
    return replace(
        plan,
        arrivals=tuple(part for part in parts if isinstance(part, Arrival)),
        faults=tuple(part for part in parts if isinstance(part, Fault)),
        outages=tuple(part for part in parts if isinstance(part, Outage)),
    )


def _breaks(plan: Plan, law: str) -> bool:
    return bool(plan.arrivals) and any(broken.law == law for broken in violations(run(plan)))


def minimize[T](parts: Sequence[T], fails: Callable[[Sequence[T]], bool], most: int) -> list[T]:
    """Leave out parts while `fails` holds, for at most so many tries: ddmin (Zeller, Hildebrandt 2002)."""
    left, pieces, tries = list(parts), 2, 0
    while len(left) > 1 and tries < most:
        size = -(-len(left) // pieces)
        for start in range(0, len(left), size):
            rest = left[:start] + left[start + size :]
            tries += 1
            if rest and fails(rest):
                left, pieces = rest, max(pieces - 1, 2)
                break
            if tries >= most:
                break
        else:
            if size == 1:
                break
            pieces = min(pieces * 2, len(left))
    return left

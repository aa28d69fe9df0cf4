"""The scenarios by name, with their sizes."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from benchmarks.load import planned, steady
from benchmarks.load.metered_table import MeteredTable
from benchmarks.load.outcome import Outcome

ONE_GROUP, GROUPS, FLOOD = "one group", "a group for each record", "a flood by one principal"

type Run = Callable[[int, type[MeteredTable]], Outcome]


@dataclass(frozen=True, slots=True)
class Scenario:
    """What happens, to how many records: by default, of the full size, and at least for it to happen at all."""

    what: str
    run: Run
    default: int
    full: int
    smoke: int = 400


def _run_plan(make: planned.Make, records: int, table: type[MeteredTable]) -> Outcome:
    return planned.run_planned(make(records), table)


def _planned(make: planned.Make, default: int = 2000, full: int = 10_000, smoke: int = 400) -> Scenario:
    return Scenario(inspect.getdoc(make) or "", partial(_run_plan, make), default, full, smoke)


def _of_one_caller(records: int, table: type[MeteredTable]) -> Outcome:
    return steady.run_steady(records, 1, table)


def _of_a_caller_each(records: int, table: type[MeteredTable]) -> Outcome:
    return steady.run_steady(records, records, table)


SCENARIOS = {
    ONE_GROUP: Scenario("One caller reads objects for an hour.", _of_one_caller, 100_000, 1_000_000, 1000),
    GROUPS: Scenario("As many principals as records: each opens a group, within an hour.",
                     _of_a_caller_each, 10_000, 100_000, 150),
    FLOOD: _planned(planned.flood, 10_000, 100_000),
    "copies and disorder": _planned(planned.disorder),
    "SNS throttled": _planned(planned.topics_throttled),
    "SNS away": _planned(planned.topics_away),
    "DynamoDB throttled": _planned(planned.table_throttled),
    "DynamoDB away": _planned(planned.table_away),
    "ambiguous answers": _planned(planned.ambiguous),
    "processes killed": _planned(planned.killed),
}  # fmt: skip

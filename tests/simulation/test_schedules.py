"""The laws hold on random schedules, and each scenario shows what it is for."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import batched

import pytest

from tests.simulation import scenarios, system
from tests.simulation.generate import random_plan
from tests.simulation.laws import violations
from tests.simulation.plan import Act, Arrival, Plan
from tests.simulation.scenarios import SCENARIOS, Make
from tests.simulation.world import run
from tests.support.project import ROOT

SCHEDULES = 150
# Of slow scenarios, fewer than of the others
SEEDS = {scenarios.failing_calls: 1, scenarios.many_critical: 1, scenarios.many_expected_deletes: 1}


@pytest.fixture(scope="module", autouse=True)
def _application() -> Iterator[None]:
    with system.installed():
        yield


def test_a_hit_is_told_on_every_topic_once_and_its_end_to_machines():
    act = Act(0, 0.0, "eve", "GetObject", "hr-data", "payroll/q3.csv")
    plan = Plan(
        1,
        (Arrival(30.0, "events", act), Arrival(300.0, "log_files", act), Arrival(900.0, "access_logs", act)),
    )
    world = run(plan)

    assert violations(world) == []
    said = [(each.topic, each.entries[0].sequence, each.entries[0].count) for each in world.topics.published]
    assert sorted(said) == [("chat", 1, 1), ("machines", 1, 1), ("machines", 2, 1), ("mail", 1, 1)]


def test_a_plan_happens_in_the_same_way_each_time():
    first, second = (run(random_plan(11), traced=True) for _ in range(2))

    assert first.trace == second.trace
    assert first.topics.published == second.topics.published


@pytest.mark.parametrize("hash_seed", ["1", "2"], ids=["hashes 1", "hashes 2"])
def test_a_plan_happens_in_the_same_way_in_each_process(hash_seed: str):
    program = "from tests.simulation.test_schedules import digest; print(digest(12))"
    environment = os.environ | {"PYTHONHASHSEED": hash_seed}
    answer = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )

    assert answer.stdout.strip() == digest(12)


def digest(seed: int) -> str:
    """What a plan publishes, and when."""
    with system.installed():
        world = run(random_plan(seed))
    said = [
        (each.at, each.topic, entry.id, entry.count)
        for each in world.topics.published
        for entry in each.entries
    ]
    return f"{len(said)} {said[-1]} {world.scheduler.now}"


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(make, id=f"{row} {make.__name__.replace('_', ' ')}")
        for row, makes in SCENARIOS.items()
        for make in makes
    ],
)
def test_the_laws_hold_in(make: Make):
    for plan in scenarios.plans(make, SEEDS.get(make, 5)):
        assert violations(run(plan)) == [], f"seed {plan.seed}"


@pytest.mark.parametrize(
    "seeds",
    [pytest.param(seeds, id=f"from {seeds[0]}") for seeds in batched(range(SCHEDULES), 25, strict=True)],
)
def test_the_laws_hold_on_random_schedules(seeds: tuple[int, ...]):
    broken = {seed: found[0] for seed in seeds if (found := violations(run(random_plan(seed))))}

    assert not broken, "; ".join(f"make fuzz SEED={seed}: {violation}" for seed, violation in broken.items())

"""Runs many plans and reports which laws are broken, or replays and shrinks one: `make fuzz SEEDS=1000`."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import batched

from tests.simulation import scenarios, system
from tests.simulation.generate import random_plan
from tests.simulation.laws import violations
from tests.simulation.plan import Plan
from tests.simulation.shrink import shrink
from tests.simulation.world import World, run

CHUNK = 25  # plans of one task
SHOWN = 60  # lines of a plan or a trace


@dataclass(slots=True)
class Report:
    """What happened in some runs."""

    numbers: Counter[str] = field(default_factory=Counter)
    broken: dict[str, list[str]] = field(default_factory=dict)  # by law: the plan and what happened

    def add(self, plan: Plan, world: World) -> None:
        """Add a run."""
        hits = sum(not due.is_optional for due in world.truth.dues())
        documented, others = world.topics.doubles()
        self.numbers.update(world.counts)
        self.numbers.update(schedules=1, hits=hits, **{"documented doubles": documented})
        self.numbers["faults"] += len(world.faults)
        self.numbers["other doubles"] += len(others)
        firsts = {broken.law: broken for broken in reversed(violations(world))}
        for law, broken in firsts.items():
            self.broken.setdefault(law, []).append(f"{plan.name or f'SEED={plan.seed}'}: {broken}")

    def join(self, other: Report) -> None:
        """Add the runs of another report."""
        self.numbers.update(other.numbers)
        for law, texts in other.broken.items():
            self.broken.setdefault(law, []).extend(texts)

    def lines(self) -> Iterator[str]:
        """Describe the report for people."""
        for name, number in sorted(self.numbers.items()):
            yield f"{number:>12,} {name}"
        for law, texts in sorted(self.broken.items()):
            yield f"{len(texts):>12,} plans break the law: {law}"
            yield from (f"             {text}" for text in texts[:3])
        if not self.broken:
            yield "             no law is broken"


def try_seeds(seeds: Sequence[int]) -> Report:
    """Run the plans of some seeds."""
    report = Report()
    with system.installed():
        for seed in seeds:
            plan = random_plan(seed)
            report.add(plan, run(plan))
    return report


def run_campaign(first: int, seeds: int, processes: int) -> Report:
    """Run the plans of so many seeds, on so many processes."""
    total = Report()
    chunks = list(batched(range(first, first + seeds), CHUNK, strict=False))
    with ProcessPoolExecutor(processes) as pool:
        for report in pool.map(try_seeds, chunks):
            total.join(report)
    return total


def explain(plan: Plan, law: str = "") -> Iterator[str]:
    """Replay a plan; if it breaks a law, or this one, shrink it and describe what happens then."""
    with system.installed():
        broken = [each for each in violations(run(plan)) if law in ("", each.law)]
        if not broken:
            yield f"plan {plan.name or plan.seed} breaks no law"
            return
        yield f"{len(broken)} violations, the first: {broken[0]}"
        small = shrink(plan, broken[0].law)
        world = run(small, traced=True)
        yield from _shortened(list(small.lines()))
        yield "what happens:"
        yield from _shortened([f"  {line}" for line in world.trace or ()])
        yield from (f"  {violation}" for violation in violations(world))


def _shortened(lines: Sequence[str]) -> Iterable[str]:
    half = SHOWN // 2
    if len(lines) <= SHOWN:
        return lines
    return [*lines[:half], f"  ... {len(lines) - 2 * half} more", *lines[-half:]]


def try_scenarios(seeds: int) -> Iterator[str]:
    """Run each scenario with several seeds; one line for each law that it breaks, with the first seed."""
    with system.installed():
        for row, makes in scenarios.SCENARIOS.items():
            for make in makes:
                firsts: dict[str, str] = {}
                numbers: Counter[str] = Counter()
                for plan in scenarios.plans(make, seeds):
                    laws = {broken.law: broken for broken in reversed(violations(run(plan)))}
                    numbers.update(laws.keys())
                    for law, broken in laws.items():
                        firsts.setdefault(law, f"seed {plan.seed}: {broken}")
                yield f"row {row}, {make.__name__}: {seeds} seeds, {'nothing' if not firsts else ''}"
                for law, text in firsts.items():
                    yield f"    {law} ({numbers[law]} of {seeds}): {text}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for; returns 1 if a law was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.campaign", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000, help="how many plans")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--seed", type=int, help="replay and shrink the plan of this seed")
    parser.add_argument("--law", default="", help="which of the broken laws to shrink for")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--scenarios", type=int, help="run each scenario with so many seeds instead")
    options = parser.parse_args(arguments)
    if options.scenarios:
        _print(try_scenarios(options.scenarios))
        return 0
    if options.seed is not None:
        _print(explain(random_plan(options.seed), options.law))
        return 0
    began = time.monotonic()
    report = run_campaign(options.first, options.seeds, options.processes)
    _print(report.lines())
    _print([f"{time.monotonic() - began:>12.0f} seconds"])
    return 1 if report.broken else 0


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

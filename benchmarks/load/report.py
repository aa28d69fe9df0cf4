"""The outcomes as Markdown: the design's figures first, then what happened in each scenario."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

from benchmarks.load.outcome import Outcome
from benchmarks.load.scenarios import FLOOD, ONE_GROUP, SCENARIOS
from benchmarks.report import machine

# DESIGN.md, section 9: of a million hits of one group, and of 100,000 groups of one principal
WANTED_MESSAGES = 20  # fewer
WANTED_UNITS = 1 / 20  # write units of the whole ledger a hit, fewer
WANTED_WAIT = 60.0  # seconds until somebody else's critical alert is told
HEAD = (
    "| scenario | records | hits | groups | faults | messages | lost | twice, documented | of at most | twice, otherwise | counted too often |",
    "| --- | ---: | ---: | ---: | --- | --- | ---: | ---: | ---: | ---: | ---: |",
)
COST_HEAD = (
    "| scenario | write units | the hot group's | of hits | a hit | s of CPU | records/s of CPU | MiB |",
    "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
)


def write_report(path: Path, outcomes: Sequence[Outcome], seconds: float) -> None:
    """Write the report."""
    parts = (
        _head(seconds),
        _figures(outcomes),
        _results(outcomes),
        _costs(outcomes),
        _meanings(outcomes),
        NOTES,
    )
    path.write_text("\n".join(chain.from_iterable(parts)) + "\n", encoding="utf-8")


def _head(seconds: float) -> Iterator[str]:
    yield "# Load and faults\n"
    yield "Written by `python -m benchmarks.load`; do not edit. What was run, and how, is said below.\n"
    yield f"{machine()} One process at a time; the whole run took {seconds:.0f} s.\n"


def _figures(outcomes: Sequence[Outcome]) -> Iterator[str]:
    by_name = {each.name: each for each in outcomes}
    yield "| figure | wanted | measured | |"
    yield "| --- | ---: | ---: | --- |"
    lost, doubled = sum(each.lost for each in outcomes), sum(each.doubled for each in outcomes)
    yield _figure("lost, in all scenarios", "0", f"{lost:,}", met=not lost)
    yield _figure(
        "sent twice without a documented reason, in all scenarios", "0", f"{doubled:,}", met=not doubled
    )
    if one := by_name.get(ONE_GROUP):
        sent, units, hits = (
            sum(one.messages.values()),
            one.units / one.hits,
            f"{one.hits:,} hits of one group",
        )
        is_whole = one.hits >= SCENARIOS[ONE_GROUP].full
        few = sent < WANTED_MESSAGES if is_whole else None
        yield _figure(f"messages of {hits}, on three topics", f"under {WANTED_MESSAGES}", str(sent), met=few)
        cheap = units < WANTED_UNITS if is_whole else None
        what = f"write units of the ledger for each of {hits}"
        yield _figure(what, f"under {WANTED_UNITS}", f"{units:.3f}", met=cheap)
    if flood := by_name.get(FLOOD):
        waited = "never" if flood.waited is None else f"{flood.waited:.1f} s"
        what = f"a critical alert amid a principal's {flood.hits - 1:,} groups within a minute is told after"
        soon = (flood.waited or WANTED_WAIT) < WANTED_WAIT if flood.hits >= SCENARIOS[FLOOD].full else None
        yield _figure(what, f"{WANTED_WAIT:.0f} s", waited, met=soon)
    yield ""


def _figure(name: str, wanted: str, measured: str, *, met: bool | None) -> str:
    verdict = {True: "met", False: "missed", None: "meant for the full size"}[met]
    return f"| {name} | {wanted} | {measured} | {verdict} |"


def _results(outcomes: Sequence[Outcome]) -> Iterator[str]:
    yield "## What was told\n"
    yield from HEAD
    for each in outcomes:
        faults = ", ".join(f"{number:,} {kind}" for kind, number in each.faults.items())
        messages = ", ".join(f"{number:,} {topic}" for topic, number in each.messages.items())
        yield (
            f"| {each.name} | {each.records:,} | {each.hits:,} | {each.groups:,} | {faults} | {messages} | {each.lost:,} | {each.repeated:,}"
            f" | {each.bound:,} | {each.doubled:,} | {each.overcounted:,} |"
        )
    yield ""
    broken = [f"- {each.name}: {law}" for each in outcomes for law in each.broken]
    if broken:
        yield from ("Other laws of the simulation that were broken, once each:\n", *broken, "")


def _costs(outcomes: Sequence[Outcome]) -> Iterator[str]:
    yield "## What it took\n"
    yield from COST_HEAD
    for each in outcomes:
        yield (
            f"| {each.name} | {each.units:,} | {each.hot_units:,} | {each.hot_hits:,} | {each.hot_units / max(each.hot_hits, 1):.3f}"
            f" | {each.seconds:.1f} | {each.records / each.seconds:,.0f} | {each.memory:,.0f} |"
        )
    yield ""


def _meanings(outcomes: Sequence[Outcome]) -> Iterator[str]:
    yield "## The scenarios\n"
    yield from (f"- {each.name}: {SCENARIOS[each.name].what}" for each in outcomes)
    yield ""


NOTES = (
    "## How it was measured\n",
    "- The functions are the real ones, as `application.py` runs them, with the shipped detections (tests/simulation/rules.py). What is outside is the",
    "  simulation's (tests/simulation): time, queues, stream, topics, and a table that answers as moto's does (tests/simulation/test_table.py),",
    "  on which the real DynamoDBStore works. It is not AWS: latencies and the rates of faults are assumed.",
    "- The first two scenarios have no plan and no faults: one batch of 100 follows the other, and what comes out is held against what went",
    "  in. All others are plans of the simulation, with four `detect` (in the flood ten, as in template.yaml), two `notify` and a `sweep` each",
    "  minute at work, and its laws are held against them: that every hit is told on every topic, in time, none twice without a reason, and",
    "  that no exact count is too high.",
    "- In the last seven half of the reads are one caller's, a hot group, and ten each a further caller's, over ten minutes. `away`",
    "  counts the calls of that minute; a refused call is one that has failed after the SDK's own retries.",
    "- `lost` counts hits untold on a topic, and records neither accepted nor set aside. `twice, documented`: the sender died, or its call",
    "  failed or had no answer, after the topic took the message and before it was deleted; so many may, `of at most`. `counted too often`:",
    '  past 256 accesses of a group copies are not recognized, and alerts say "about".',
    "- Write units are DynamoDB's on demand (tests/support/write_units.py), those of refused writes included. The hot group is the one that",
    "  took most, with its claims and messages. The ledger's also has what first-seen facts and correlations keep.",
    "- Records/s of CPU are of everything in the process: functions, the simulated outside, and its bookkeeping, but not the laws. In most",
    "  scenarios messages are only rendered to their headlines; those of one group are in full. MiB are of the whole process, laws included.",
    "- Other work shares the machine: the whole run's time on the clock has it too, seconds of CPU do not.",
)  # fmt: skip

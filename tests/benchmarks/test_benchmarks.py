"""The benchmarks measure what they say: each engine and command answers rightly, of few records."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import ROOT, commands, compare
from benchmarks.__main__ import make_scenarios
from benchmarks.commands import DUCKDB, JQ, ONE, TWO, Command, Commands, Run
from benchmarks.engines import DECODE, ENGINES, OURS, RIVALS, WAYS
from benchmarks.report import Line, Results, write_report
from benchmarks.scenarios import Scenario
from benchmarks.side import measure_in_turn
from benchmarks.worker import measure

RECORDS = 3000  # of which there are ten hits for some batches
SAMPLE = 200
HERE = (
    OURS,
    "plain Python functions",
    "moto EventBridge patterns",
)  # of the peers' environment, what is in ours
COLD = [{"import": 20.0, "load": 10.0, "first record": 1.0}]


@pytest.fixture(scope="module")
def scenarios() -> list[Scenario]:
    return make_scenarios(RECORDS)


@pytest.fixture(scope="module")
def folder(scenarios: list[Scenario], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the engines of the last scenario read."""
    folder = tmp_path_factory.mktemp("scenario")
    scenarios[-1].write(folder)
    return folder


def measure_line(scenario: Scenario, folder: Path, engines: tuple[str, ...]) -> Line:
    rules = scenario.write(folder)
    results = {name: measure(folder, 0.02, [DECODE, name]) for name in engines}
    return Line(
        scenario.name,
        rules,
        {name: both[name] | {DECODE: both[DECODE]} for name, both in results.items()},  # type: ignore[operator]
        scenario.expected(),
    )


@pytest.mark.parametrize("number", [0, 3, 4], ids=["buckets", "public", "shipped"])
def test_an_engine_finds_what_the_plain_reading_of_its_rules_finds(
    number: int, scenarios: list[Scenario], tmp_path: Path
):
    scenario = replace(scenarios[number], sample=SAMPLE)
    engines = tuple(name for name in HERE if name == OURS or number == 0)
    line = measure_line(scenario, tmp_path, engines)

    assert any(line.expected)
    assert {name: line.wrong(name)[0] for name in engines} == dict.fromkeys(engines, 0)


@pytest.mark.parametrize("name", WAYS)
def test_a_way_leads_all_its_records_to_the_ledger(name: str, folder: Path):
    """It asserts by itself that none failed, and how many hits there are where that is known."""
    engine = ENGINES[name](folder)
    for _ in range(2):
        engine.start()
        for each in engine.inputs:
            engine.run(each)

    assert len(engine.inputs) * engine.size > RECORDS / 5


@pytest.fixture(scope="module")
def measured(folder: Path) -> Commands:
    """All commands, run once."""
    measured = commands.prepare(folder, Path(sys.executable), copies=2)
    measured.measure(pairs=1)
    return measured


@pytest.mark.parametrize("name", [ONE, TWO, JQ, DUCKDB])
def test_a_command_prints_the_right_answer(name: str, measured: Commands):
    command = measured.by_name[name]
    if command.words is None:
        pytest.skip(f"no {name} on this machine")

    assert [run.printed for run in command.runs] == [command.expected]
    assert command.expected.split()[-1] != "0"
    assert command.runs[0].cpu > 0


def test_a_cold_start_is_measured_part_by_part(folder: Path):
    command = [sys.executable, "-m", "benchmarks.cold_start", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)

    assert [(name, cost > 0) for name, cost in json.loads(done.stdout).items()] == [
        (name, True) for name in COLD[0]
    ]


def test_a_wrong_answer_is_counted():
    assert Command((), "7", [Run(1, 1, "7"), Run(1, 1, "8")]).wrong == 1


def test_pairs_say_how_many_times_as_fast_two_processes_are():
    one, two = [Run(4, 4, ""), Run(6, 4, ""), Run(9, 4, "")], [Run(2, 5, ""), Run(4, 5, ""), Run(3, 5, "")]
    measured = Commands(1, {ONE: Command((), "", one), TWO: Command((), "", two)})

    assert (measured.speedups, measured.speedup, measured.cpu_ratio) == ([2, 1.5, 3], 2, 1.25)


def test_the_memory_of_a_command_is_that_of_all_its_processes():
    child = f"{sys.executable} -c 'x = bytes(range(250)) * 200_000; import time; time.sleep(1)'"
    together = commands.measure_memory(["sh", "-c", f"{child} & {child} & wait"])

    assert together is None or 100 < together < 200


def test_a_year_of_logs_is_replayed_below_the_limit(tmp_path: Path):
    memory = commands.measure_year(tmp_path / "year", 1600)

    assert all(size is None or 30 < size < 300 for size in memory.values())


def test_the_report_has_every_figure_and_says_what_is_not_on_this_machine(
    scenarios: list[Scenario], tmp_path: Path, measured: Commands
):
    few = [
        replace(each, events=each.events[:1000], sample=0, entries=min(each.entries, 10_000))
        for each in scenarios[:-1]
    ]
    lines = [measure_line(each, tmp_path / str(at), (OURS,)) for at, each in enumerate(few)]
    lines.append(measure_line(replace(scenarios[-1], sample=0), tmp_path / "ways", WAYS))
    absent = Commands(measured.records, measured.by_name | {JQ: Command(None, "")})
    write_report(tmp_path / "r.md", Results(lines, 0.8, COLD, absent, {"1": 100.0, "2": 310.0}, 1600), 1)
    report = (tmp_path / "r.md").read_text(encoding="utf-8")

    assert "| memory of a replay, all processes | 300 MiB | 310 MiB | missed by 3% |" in report
    assert "| cold start beyond Powertools and boto3 | 60.00 ms | 30.00 ms | met |" in report
    assert "in turn | 0.85 | 0.80 | missed by 6% |" in report
    assert "| jq | one rule, as a count | not on this machine | | | | |" in report
    assert all(f"\n| {name} | " in report for name in (*WAYS, ONE, TWO, DUCKDB))


def test_sizes_that_take_turns_are_each_measured(scenarios: list[Scenario], tmp_path: Path):
    for number in (200, 3000):
        replace(scenarios[0], events=scenarios[0].events[:number]).write(tmp_path / str(number))

    few, many = measure_in_turn([tmp_path / "200", tmp_path / "3000"], OURS, 2)
    assert 0 < few < many


def test_every_row_of_a_comparison_is_an_engine_of_its_scenario(scenarios: list[Scenario]):
    rows = compare.ROWS.values()

    assert all(engine in (DECODE, *scenarios[number].engines) for number, engine in rows)
    assert {engine for _, engine in rows} == {OURS, DECODE, *WAYS}
    assert set(ENGINES) == {OURS, DECODE, *RIVALS, *WAYS}

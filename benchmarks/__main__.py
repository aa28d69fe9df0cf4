"""Measures the matcher against decoding alone and against what else could be used; writes results.md.

Run as `python -m benchmarks` from the repository's root. The peers live in .venv-bench, made from
benchmarks/requirements.txt when it is not there. One process at a time; everything is seeded.
S3WATCH_SIGMA_RULES may name a folder of real Sigma rules to measure instead of those made in their shape.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import ROOT, commands
from benchmarks.commands import Commands
from benchmarks.engines import DECODE, OURS, PEERS, RIVALS, WAYS
from benchmarks.events import make_mixed_events, make_s3_events
from benchmarks.report import Line, Results, write_report
from benchmarks.rule_sets import make_bucket_rules, make_label_rules, make_public_rules
from benchmarks.scenarios import Scenario
from benchmarks.side import measure_in_turn
from benchmarks.sigma_folder import read_rules

PEER_PYTHON = ROOT / ".venv-bench/bin/python"
COLD_STARTS = 9
ROUNDS = 15  # in which the first rows take turns


def main() -> None:
    """Measure every row and write the report."""
    options = _parse(sys.argv[1:])
    start = time.monotonic()
    make_peers()
    with tempfile.TemporaryDirectory() as made:
        bench = Bench(Path(made), options.seconds)
        lines = [bench.measure(scenario) for scenario in make_scenarios(options.records)]
        near = bench.compare_sizes()
        whole = bench.run_commands()
        print("a year of logs ...", file=sys.stderr)
        memory = commands.measure_year(Path(made, "year"), options.year)
        results = Results(lines, near, bench.start_cold(), whole, memory, options.year)
    write_report(Path(options.report), results, time.monotonic() - start)
    print(f"wrote {options.report} after {time.monotonic() - start:.0f} s", file=sys.stderr)


def _parse(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--records", type=int, default=60_000, help="records of each scenario (default 60000)"
    )
    parser.add_argument("--seconds", type=float, default=5, help="for all passes of one engine (default 5)")
    parser.add_argument(
        "--year",
        type=int,
        default=1_000_000,
        help="records whose replay's memory is measured (default 1000000)",
    )
    parser.add_argument("--report", default=str(ROOT / "benchmarks/results.md"), help="where the results go")
    return parser.parse_args(words)


def make_peers() -> None:
    """Make the peers' own environment, or bring it up to date; their pins are not ours."""
    ready, wanted_at = (
        PEER_PYTHON.parents[1] / ".ready",
        (ROOT / "benchmarks/requirements.txt").stat().st_mtime,
    )
    if ready.exists() and ready.stat().st_mtime >= wanted_at:
        return
    print("installing the peers into .venv-bench", file=sys.stderr)
    subprocess.run([sys.executable, "-m", "venv", ".venv-bench"], cwd=ROOT, check=True)
    wanted = ["install", "--quiet", "--require-hashes", "-r", "benchmarks/requirements.txt"]
    subprocess.run([PEER_PYTHON, "-m", "pip", *wanted], cwd=ROOT, check=True)
    ready.touch()


def make_scenarios(records: int) -> list[Scenario]:
    """Make the rows of the design's table that are measured here; the others are held against the first."""
    accesses, mixed = make_s3_events(records), make_mixed_events(records)
    hundred, label_rules = make_bucket_rules(95), tuple(make_label_rules())
    thousand = make_bucket_rules(995, kinds=95)
    folder = os.environ.get("S3WATCH_SIGMA_RULES")
    public = read_rules(Path(folder)) if folder else make_public_rules(800)
    kind = "public" if folder else "made-up"
    shipped = read_rules(ROOT / "rules/detections")
    all_engines = (OURS, *RIVALS)
    return [
        Scenario("100 detections, 10,000 entries", accesses, hundred, label_rules, 10_000, 2000, all_engines),
        Scenario("100 detections, 100,000 entries", accesses, hundred, label_rules, 100_000),
        Scenario(
            "1,000 bucket-scoped detections, 10,000 entries",
            accesses,
            thousand,
            label_rules,
            10_000,
            300,
            all_engines,
        ),
        Scenario(
            f"{len(public)} {kind} Sigma rules that name no bucket",
            mixed,
            public,
            sample=300,
            engines=all_engines,
        ),
        Scenario(
            f"the {len(shipped)} shipped detections, 10,000 entries",
            accesses,
            [],
            tuple(shipped),
            10_000,
            300,
        ),
        Scenario(
            "from a file or a queue to the ledger: 100 detections, 10,000 entries",
            accesses,
            hundred,
            label_rules,
            10_000,
            0,
            WAYS,
        ),
    ]


@dataclass
class Bench:
    """Runs one engine after the other, each with decoding alone beside it, in a process of their own."""

    folder: Path
    seconds: float
    folders: dict[str, Path] = field(default_factory=dict)

    def measure(self, scenario: Scenario) -> Line:
        """Measure one scenario with every engine it is meant for, and hold all against the reference."""
        print(f"{scenario.name} ...", file=sys.stderr)
        folder = self.folders[scenario.name] = self.folder / str(len(self.folders))
        rules = scenario.write(folder)
        results: dict[str, Any] = {}
        for name in scenario.engines:
            if name in RIVALS:
                results |= self._run(folder, [name])
                continue
            both = self._run(folder, [DECODE, name])
            results[name] = both[name] | {DECODE: both[DECODE]}
        return Line(scenario.name, rules, results, scenario.expected())

    def compare_sizes(self) -> float:
        """Return how fast more entries and more detections are at least, as a share of the first row."""
        first, *larger = measure_in_turn([*self.folders.values()][:3], OURS, ROUNDS)
        return first / max(larger)

    def run_commands(self) -> Commands:
        """Run whole commands over the records of the last scenario."""
        print("whole commands over log files ...", file=sys.stderr)
        whole = commands.prepare([*self.folders.values()][-1], PEER_PYTHON)
        whole.measure()
        return whole

    def start_cold(self) -> list[dict[str, float]]:
        """Measure cold starts with the rules of the first scenario.

        The first is not counted: it writes the bytecode, which the layer brings along.
        """
        folder = next(iter(self.folders.values()))
        command = [sys.executable, "-m", "benchmarks.cold_start", str(folder)]
        kept = {"PYTHONPYCACHEPREFIX": str(self.folder / "bytecode"), "PYTHONDONTWRITEBYTECODE": ""}
        return [_call(command, kept) for _ in range(COLD_STARTS + 1)][1:]

    def _run(self, folder: Path, names: list[str]) -> dict[str, Any]:
        python = PEER_PYTHON if names[0] in PEERS else sys.executable
        return _call([str(python), "-m", "benchmarks.worker", str(folder), str(self.seconds), *names])


def _call(command: list[str], settings: dict[str, str] | None = None) -> Any:
    environment = os.environ | (settings or {})
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


if __name__ == "__main__":
    main()

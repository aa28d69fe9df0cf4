"""Puts load and faults on the real functions, in virtual time, and writes load.md; exits 1 if anything is lost.

Run as `python -m benchmarks.load` from the repository's root: a minute or two; `--full` runs a million records of one
group and a hundred thousand groups, in some ten minutes and GB. Each scenario has a process of its own, one at a time.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
from s3watch import application

from benchmarks import ROOT
from benchmarks.load.metered_table import MeteredTable
from benchmarks.load.outcome import Outcome
from benchmarks.load.report import write_report
from benchmarks.load.scenarios import SCENARIOS
from tests.simulation import system


def main(words: Sequence[str] | None = None, run: Callable[[str, int], Outcome] | None = None) -> int:
    """Run the scenarios and write the report; returns 1 if something was lost, or came twice without an excuse."""
    options = _parse(words)
    if options.alone:
        sys.stdout.buffer.write(msgspec.json.encode(run_here(options.alone, options.records)))
        return 0
    began = time.monotonic()
    outcomes = [(run or _run_alone)(name, _size(name, options)) for name in options.only or SCENARIOS]
    write_report(Path(options.report), outcomes, time.monotonic() - began)
    failures = [f"{each.name}: {failure}" for each in outcomes for failure in each.failures()]
    print(
        *failures, f"wrote {options.report} after {time.monotonic() - began:.0f} s", sep="\n", file=sys.stderr
    )
    return 1 if failures else 0


def _parse(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description=__doc__)
    parser.add_argument(
        "--full", action="store_true", help="the sizes of the design instead of a tenth or a fifth"
    )
    parser.add_argument("--records", type=int, help="so many records in each scenario instead")
    parser.add_argument(
        "--only", action="append", choices=SCENARIOS, help="this scenario only; may be repeated"
    )
    parser.add_argument("--report", default=str(ROOT / "benchmarks/load.md"), help="where the results go")
    parser.add_argument("--alone", choices=SCENARIOS, help=argparse.SUPPRESS)  # in this process, as JSON
    return parser.parse_args(words)


def _size(name: str, options: argparse.Namespace) -> int:
    scenario = SCENARIOS[name]
    return options.records or (scenario.full if options.full else scenario.default)


def _run_alone(name: str, records: int) -> Outcome:
    print(f"{name}, {records:,} records ...", file=sys.stderr)
    command = [sys.executable, "-m", "benchmarks.load", "--alone", name, "--records", str(records)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    return msgspec.json.decode(done.stdout, type=Outcome)


def run_here(name: str, records: int, table: type[MeteredTable] = MeteredTable) -> Outcome:
    """Run a scenario in this process; its memory is all that the process has had at a time."""
    with system.installed():
        application.pipeline()  # built before anything is timed
        outcome = SCENARIOS[name].run(records, table)
    unit = 1024 if sys.platform == "darwin" else 1  # bytes there, KiB elsewhere
    outcome.memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit / 1024
    outcome.name = name
    return outcome


if __name__ == "__main__":
    sys.exit(main())

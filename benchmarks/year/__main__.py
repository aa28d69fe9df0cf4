"""Runs a year of the made-up company through the shipped rules, and writes year.md; exits 1 if it has faults.

Run as `python -m benchmarks.year` from the repository's root: a million records, two minutes. `--pace` makes the
applications slower or faster, which changes nothing that people do.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace
from s3watch.ruleset import Ruleset
from s3watch_cli.replay import compile_rules

from benchmarks import ROOT
from benchmarks.year import company
from benchmarks.year.judge import find_faults, run
from benchmarks.year.life import Life
from benchmarks.year.report import MOST_A_WEEK, alerts_a_week, write_report
from benchmarks.year.stories import STORIES


def main(words: Sequence[str] | None = None) -> int:
    """Run it, write the report and return 1 if it says that anything is missed."""
    options = _parse(words)
    began = time.process_time()
    year = run(compile_company(options.rules), Life(options.seed, options.pace), options.days)
    write_report(options.report, year, time.process_time() - began)
    faults = [
        f"{story.name}: {fault}"
        for story in STORIES
        if story.day < year.days
        for fault in find_faults(year, story)
    ]
    if (weekly := alerts_a_week(year)) > MOST_A_WEEK:
        faults.append(f"{weekly:.1f} alerts a week of ordinary life, more than {MOST_A_WEEK:.0f}")
    print(*faults, f"wrote {options.report}", sep="\n", file=sys.stderr)
    return 1 if faults else 0


def compile_company(rules: Path) -> Ruleset:
    """Compile a rules folder with the company's catalogue, for the buckets of its trail."""
    with tempfile.TemporaryDirectory() as folder:
        catalogue = Path(folder) / "catalogue.yaml"
        catalogue.write_text(company.CATALOGUE)
        return replace(compile_rules(rules, catalogue, [], [company.LOGS]), aws_ranges=company.RANGES)


def _parse(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.year", description=__doc__)
    parser.add_argument("--rules", type=Path, default=ROOT / "rules", help="the rules folder")
    parser.add_argument("--days", type=int, default=365, help="only the first days of the year")
    parser.add_argument(
        "--pace", type=float, default=1.0, help="what applications do: 1 is a million records"
    )
    parser.add_argument("--seed", type=int, default=1, help="of what is left to chance")
    parser.add_argument(
        "--report", type=Path, default=ROOT / "benchmarks/year.md", help="where it is written"
    )
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main())

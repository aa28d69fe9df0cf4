"""Says what a change did: the library of another revision and the one here, measured pass by pass in turn.

Run as `python -m benchmarks.compare REV [ROW...]`, or `make bench-compare REV=HEAD~1 ROWS="1 5 replay"`. REV is
checked out into a worktree of its own, and its library read from there by these same benchmarks. A ratio is
the CPU time of REV over ours: 1.20 means that ours is 1.2 times as fast. `best` is of the sums of the best
passes of each slice, `median` of the whole passes, pair by pair.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from shutil import which
from statistics import median

from benchmarks import ROOT
from benchmarks.__main__ import make_scenarios
from benchmarks.engines import DECODE
from benchmarks.side import Side

ROWS = {"1": (0, "s3watch"), "2": (1, "s3watch"), "3": (2, "s3watch"), "4": (3, "s3watch"), "5": (4, "s3watch"),
        "decode": (0, DECODE), "replay": (5, "replay of .json.gz"), "scan": (5, "scan_logs of .json.gz"), "lines": (5, "access-log lines"),
        "clean": (5, "detect, 100 events without a hit"), "hits": (5, "detect, 100 events with 10 hits")}  # fmt: skip


def main() -> None:
    """Measure the rows and print a line for each."""
    options = _parse()
    scenarios = make_scenarios(options.records)
    print("| row | records | pairs | REV/s | here/s | ratio: best | median | quarter to quarter |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |", flush=True)
    with ExitStack() as stack:
        made = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        other = stack.enter_context(_worktree(options.rev, made / "tree"))
        for number in {ROWS[row][0] for row in options.rows}:
            scenarios[number].write(made / str(number))
        for row in options.rows:
            number, engine = ROWS[row]
            with (
                Side(other, made / str(number), engine) as theirs,
                Side(ROOT, made / str(number), engine) as ours,
            ):
                for at in range(options.pairs):
                    for side in (theirs, ours) if at % 2 else (ours, theirs):
                        side.measure()
            print(_line(row, engine, theirs, ours), flush=True)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compare", description=__doc__)
    parser.add_argument("rev", help="any name that git knows")
    parser.add_argument(
        "rows", nargs="*", default=[*ROWS], metavar="row", choices=[*ROWS, []], help=", ".join(ROWS)
    )
    parser.add_argument("--pairs", type=int, default=15, help="of passes (default 15)")
    parser.add_argument("--records", type=int, default=20_000, help="of a pass (default 20000)")
    return parser.parse_args()


@contextmanager
def _worktree(rev: str, place: Path) -> Iterator[Path]:
    git = which("git") or "git"
    subprocess.run([git, "worktree", "add", "--quiet", "--detach", str(place), rev], cwd=ROOT, check=True)
    try:
        yield place
    finally:
        subprocess.run([git, "worktree", "remove", "--force", str(place)], cwd=ROOT, check=True)


def _line(row: str, engine: str, theirs: Side, ours: Side) -> str:
    ratios = sorted(sum(one) / sum(other) for one, other in zip(theirs.passes, ours.passes, strict=True))
    low, high = ratios[len(ratios) // 4], ratios[-1 - len(ratios) // 4]
    rates = " | ".join(f"{side.records / side.best:,.0f}" for side in (theirs, ours))
    return (
        f"| {row}: {engine} | {ours.records:,} | {len(ratios)} | {rates} | {theirs.best / ours.best:.3f}"
        f" | {median(ratios):.3f} | {low:.3f} to {high:.3f} |"
    )


if __name__ == "__main__":
    main()

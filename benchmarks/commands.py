"""Whole commands over the same gzipped log files, each in processes of its own, in turn.

Ours apply all rules and keep the ledger; the peers answer one question, which is one rule's: who else read
successfully from a bucket than its two roles? Start-up is part of every figure.
"""

from __future__ import annotations

import gzip
import json
import resource
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import batched
from pathlib import Path
from shutil import which
from statistics import median

from s3watch.ruleset import load
from s3watch_cli.history.archive import MOST_JOBS
from s3watch_cli.history.files import read_chunks
from s3watch_cli.replay import Replayer

from benchmarks import ROOT
from benchmarks.engines import read_raws
from benchmarks.estate import BUCKETS, roles_of

ONE, TWO, JQ, DUCKDB = "s3watch, one process", "s3watch, two processes", "jq", "DuckDB"
ANSWERS = {
    ONE: "all rules, ledger",
    TWO: "all rules, ledger",
    JQ: "one rule, as a count",
    DUCKDB: "one rule, as a count",
}
FILE, COPIES = 1000, 24  # records of a file; of each record, as other requests: some 20 s for one process
PAIRS = 5  # of our two; the peers, which take longest, run once
BUCKET = BUCKETS[0]
INTERVAL = 0.05  # seconds between two looks at the memory


@dataclass(frozen=True, slots=True)
class Run:
    """One run: seconds on the clock and of CPU, of all processes, and what the command printed."""

    wall: float
    cpu: float
    printed: str


@dataclass(slots=True)
class Command:
    """A command, and its runs; None if it is not on this machine."""

    words: Sequence[str] | None
    expected: str  # what it has to print
    runs: list[Run] = field(default_factory=list)

    @property
    def wrong(self) -> int:
        """How many runs printed something else."""
        return sum(run.printed != self.expected for run in self.runs)

    def best(self, measure: Callable[[Run], float]) -> float:
        """The least of the runs."""
        return min(map(measure, self.runs))


@dataclass(slots=True)
class Commands:
    """All commands over one archive."""

    records: int
    by_name: dict[str, Command]

    def measure(self, pairs: int = PAIRS) -> None:
        """Run all in turn, ours one after the other, so that what slows the machine slows both."""
        for at in range(pairs):
            ours = [ONE, TWO] if at % 2 else [TWO, ONE]
            for name in ours if at else (*ours, JQ, DUCKDB):
                if words := self.by_name[name].words:
                    self.by_name[name].runs.append(run(words))

    @property
    def speedups(self) -> list[float]:
        """How many times as fast two processes were, pair by pair, on the clock."""
        one, two = (self.by_name[name].runs for name in (ONE, TWO))
        return [single.wall / double.wall for single, double in zip(one, two, strict=True)]

    @property
    def speedup(self) -> float:
        """The middle one."""
        return median(self.speedups)

    @property
    def cpu_ratio(self) -> float:
        """How many times the CPU seconds of one process two take, pair by pair: the middle one."""
        one, two = (self.by_name[name].runs for name in (ONE, TWO))
        return median(double.cpu / single.cpu for single, double in zip(one, two, strict=True))


def run(words: Sequence[str]) -> Run:
    """Run a command to its end."""
    before, start = _cpu_of_children(), time.monotonic()
    done = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    return Run(time.monotonic() - start, _cpu_of_children() - before, done.stdout.decode().strip())


def _cpu_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def prepare(folder: Path, duckdb: Path, copies: int = COPIES) -> Commands:
    """Write an archive of a scenario's records, and return the commands over it.

    `duckdb` is the interpreter that has it.
    """
    raws, archive = read_raws(folder), folder / "archive"
    archive.mkdir()
    records = 0
    for number, some in enumerate(batched(_copy(raws, copies), FILE, strict=False)):
        (archive / f"{number:05}.json.gz").write_bytes(_as_log_file(some))
        records += len(some)
    ours = [sys.executable, "-m", "benchmarks.replay", str(folder / "rules.json"), str(archive)]
    answer = str(sum(map(_is_asked_for, map(json.loads, raws))) * copies)
    counted = [str(duckdb), "-m", "benchmarks.duckdb_count", str(archive), BUCKET, *roles_of(BUCKET)]
    printed = f"{records} {_count_hits(folder) * copies}"
    return Commands(
        records,
        {
            ONE: Command([*ours, "1"], printed),
            TWO: Command([*ours, "2"], printed),
            JQ: Command(_jq(archive), answer),
            DUCKDB: Command(counted if duckdb.exists() else None, answer),
        },
    )


def _count_hits(folder: Path) -> int:
    """Count the hits among a scenario's records, without workers and archive."""
    replayer = Replayer(load((folder / "rules.json").read_bytes()))
    replayer.feed("records.ndjson", read_chunks(str(folder / "records.ndjson")))
    replayer.finish()
    return replayer.result.counts.hit


def _copy(raws: Sequence[bytes], copies: int) -> Iterator[bytes]:
    """Yield the records again and again, each time as other requests of the same callers."""
    for number in range(copies):
        for raw in raws:
            other = raw.replace(b'"requestID":"', b'"requestID":"%d-' % number)
            yield other.replace(b'"eventID":"', b'"eventID":"%d-' % number)


def _as_log_file(raws: Iterable[bytes]) -> bytes:
    return gzip.compress(b'{"Records":[' + b",".join(raws) + b"]}", 6)


def _is_asked_for(event: dict) -> bool:  # type: ignore[type-arg]  # JSON
    issuer = event["userIdentity"].get("sessionContext", {}).get("sessionIssuer", {})
    asked = (
        event["eventName"] == "GetObject" and (event["requestParameters"] or {}).get("bucketName") == BUCKET
    )
    return asked and not event.get("errorCode") and issuer.get("userName") not in roles_of(BUCKET)


def _jq(archive: Path) -> list[str] | None:
    if which("jq") is None:
        return None
    roles = ", ".join(f'"{role}"' for role in roles_of(BUCKET))
    asked = (
        f'.eventName == "GetObject" and .requestParameters.bucketName == "{BUCKET}" and .errorCode == null'
        f" and (.userIdentity.sessionContext.sessionIssuer.userName | IN({roles}) | not)"
    )
    program = f"reduce (inputs.Records[] | select({asked})) as $found (0; . + 1)"
    return ["sh", "-c", f"cat {archive}/*.json.gz | gzip -dc | jq -n {shlex.quote(program)}"]


def measure_memory(words: Sequence[str]) -> float | None:
    """Return the greatest sum of the memory of a command's processes, in MiB; None if it can not be told.

    Memory that processes share counts once (PSS, which Linux tells).
    """
    if not Path("/proc/self/smaps_rollup").exists():
        return None
    process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peak = 0
    while process.poll() is None:
        peak = max(peak, sum(map(_memory_of, _family(process.pid))))
        time.sleep(INTERVAL)
    return peak / 1024


def _family(process: int) -> Iterator[int]:
    yield process
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except OSError:  # it has ended
        return
    for child in children:
        yield from _family(int(child))


def _memory_of(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:  # as above
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def measure_year(folder: Path, records: int) -> dict[str, float | None]:
    """Measure the memory of `s3watch replay` over a year of logs as people have it, by its processes."""
    making = [sys.executable, "-m", "tests.support.year_of_logs", str(folder), "--records", str(records)]
    subprocess.run(making, cwd=ROOT, stderr=subprocess.DEVNULL, check=True)
    words = [sys.executable, "-m", "s3watch_cli.main", "replay", str(folder), "--rules", "rules"]
    words += ["--watch", "hr-data", "--account", "111122223333", "--jobs"]
    return {str(jobs): measure_memory([*words, str(jobs)]) for jobs in (1, 2, MOST_JOBS)}

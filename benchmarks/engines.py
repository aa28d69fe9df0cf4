"""What is measured: engines on single records, side by side, and the whole ways that records take.

Each is made in a process of its own, the peers in an environment of their own, and is then run on its inputs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

type Match = Callable[[bytes], Any]


def _do_nothing() -> None:
    pass


@dataclass(frozen=True)
class Engine:
    """Something to run on each of its inputs; one has `size` records."""

    run: Callable[[Any], Any]
    inputs: Sequence[Any]
    size: int = 1
    start: Callable[[], None] = _do_nothing  # before each pass over the inputs
    names: Callable[[Any], Iterable[str]] | None = None  # the rules that a result says matched


def read_raws(folder: Path) -> list[bytes]:
    """Read the records of a folder, undecoded."""
    return (folder / "records.ndjson").read_bytes().split(b"\n")


def s3watch(folder: Path) -> Engine:
    """Our matcher: decoding, labels, facts and detections; it has seen the records before."""
    from s3watch.detection.matcher import Matcher
    from s3watch.ruleset import load
    from s3watch.sources.cloudtrail import decode

    match, raws = Matcher(load((folder / "rules.json").read_bytes())).match, read_raws(folder)
    for raw in raws:
        match(decode(raw), raw)
    return Engine(lambda raw: match(decode(raw), raw), raws, names=names_of_results)


def names_of_results(results: Sequence[Any]) -> list[str]:
    """Name the detections of our matcher's hits; it must not have failed on any."""
    return [each.rule for hit in results for each in hit.detections]


def decode_alone(folder: Path) -> Engine:
    """Decoding the same bytes into the struct of the fields that facts need, and nothing else."""
    from s3watch.sources.cloudtrail import decode

    return Engine(decode, read_raws(folder))


def custodian(folder: Path) -> Engine:
    """Cloud Custodian's event filters, all of a policy's in turn."""
    from c7n.filters import FilterRegistry

    registry = FilterRegistry("benchmark")
    rules = json.loads((folder / "custodian.json").read_text())
    return _testing({name: registry.factory(rule) for name, rule in rules.items()}, folder)


def moto(folder: Path) -> Engine:
    """EventBridge patterns as moto matches them."""
    from moto.events.models import EventPattern

    rules = json.loads((folder / "eventbridge.json").read_text())
    tests = {name: EventPattern.load(json.dumps(rule)).matches_event for name, rule in rules.items()}
    return _testing(tests, folder)


def functions(folder: Path) -> Engine:
    """One plain Python function for each rule, on a dictionary."""
    space: dict[str, Any] = {}
    exec((folder / "functions.py").read_text(), space)  # noqa: S102  # written by the benchmark itself
    names = json.loads((folder / "functions.json").read_text())
    return _testing({name: space[name.replace("-", "_")] for name in names}, folder)


def _testing(tests: dict[str, Callable[[Any], bool]], folder: Path) -> Engine:
    """Parse each record, and try all tests."""

    def match(raw: bytes) -> list[str]:
        event = json.loads(raw)
        return [name for name, test in tests.items() if test(event)]

    return Engine(match, read_raws(folder), names=list)


def replay(folder: Path) -> Engine:
    """Replay of a trail's .json.gz files, as `s3watch replay` does it: each pass begins with nothing remembered."""
    from benchmarks import ways

    return ways.replay(folder)


def access_log(folder: Path) -> Engine:
    """The same requests as access-log lines: read and evaluated."""
    from benchmarks import ways

    return ways.access_log(folder)


def scan_logs(folder: Path) -> Engine:
    """The function `scan_logs`, without AWS: a trail's .json.gz files, from the notification to the ledger."""
    from benchmarks import ways

    return ways.scan_logs(folder)


def detect_clean(folder: Path) -> Engine:
    """The function `detect`, without AWS: SQS batches of 100 events, none of which is a hit."""
    from benchmarks import ways

    return ways.detect(folder, hits=0)


def detect_hits(folder: Path) -> Engine:
    """The same with ten hits in each batch, which open groups or add to such."""
    from benchmarks import ways

    return ways.detect(folder, hits=10)


DECODE, OURS = "decode alone", "s3watch"
ENGINES: dict[str, Callable[[Path], Engine]] = {
    OURS: s3watch,
    DECODE: decode_alone,
    "plain Python functions": functions,
    "Cloud Custodian event filters": custodian,
    "moto EventBridge patterns": moto,
    "replay of .json.gz": replay,
    "scan_logs of .json.gz": scan_logs,
    "access-log lines": access_log,
    "detect, 100 events without a hit": detect_clean,
    "detect, 100 events with 10 hits": detect_hits,
}
RIVALS = ("plain Python functions", "Cloud Custodian event filters", "moto EventBridge patterns")
WAYS = (
    "replay of .json.gz",
    "scan_logs of .json.gz",
    "access-log lines",
    "detect, 100 events without a hit",
    "detect, 100 events with 10 hits",
)
PEERS = ("Cloud Custodian event filters", "moto EventBridge patterns")  # these live in .venv-bench

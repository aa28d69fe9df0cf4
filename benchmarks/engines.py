"""The engines side by side: each takes a record's bytes and names the rules that match it.

They are imported one at a time, each in a process of its own, the peers in an environment of their own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

type Match = Callable[[bytes], Any]


def s3watch(folder: Path) -> Match:
    """Our matcher: decoding, labels, facts and detections."""
    from s3watch.detection.matcher import Matcher
    from s3watch.ruleset import load
    from s3watch.sources.cloudtrail import decode

    match = Matcher(load((folder / "rules.json").read_bytes())).match
    return lambda raw: match(decode(raw), raw)


def names_of_results(results: Sequence[Any]) -> list[str]:
    """Name the detections of our matcher's hits; it must not have failed on any."""
    return [each.rule for hit in results for each in hit.detections]


def decode_alone(_folder: Path) -> Match:
    """Decoding the same bytes into the struct of the fields that facts need, and nothing else."""
    from s3watch.sources.cloudtrail import decode

    return decode


def custodian(folder: Path) -> Match:
    """Cloud Custodian's event filters, all of a policy's in turn."""
    from c7n.filters import FilterRegistry

    registry = FilterRegistry("benchmark")
    rules = json.loads((folder / "custodian.json").read_text())
    filters = {name: registry.factory(rule) for name, rule in rules.items()}
    return lambda raw: _matching(filters, json.loads(raw))


def _matching(tests: dict[str, Callable[[Any], bool]], event: Any) -> list[str]:
    return [name for name, test in tests.items() if test(event)]


def moto(folder: Path) -> Match:
    """EventBridge patterns as moto matches them."""
    from moto.events.models import EventPattern

    rules = json.loads((folder / "eventbridge.json").read_text())
    tests = {name: EventPattern.load(json.dumps(rule)).matches_event for name, rule in rules.items()}
    return lambda raw: _matching(tests, json.loads(raw))


def functions(folder: Path) -> Match:
    """One plain Python function for each rule, on a dictionary."""
    space: dict[str, Any] = {}
    exec((folder / "functions.py").read_text(), space)  # noqa: S102  # written by the benchmark itself
    tests = {
        name: space[name.replace("-", "_")] for name in json.loads((folder / "functions.json").read_text())
    }
    return lambda raw: _matching(tests, json.loads(raw))


ENGINES: dict[str, Callable[[Path], Match]] = {
    "s3watch": s3watch,
    "decode alone": decode_alone,
    "plain Python functions": functions,
    "Cloud Custodian event filters": custodian,
    "moto EventBridge patterns": moto,
}
NAMES: dict[str, Callable[[Any], list[str]]] = {"s3watch": names_of_results, "decode alone": lambda _: []}
PEERS = ("Cloud Custodian event filters", "moto EventBridge patterns")  # these live in .venv-bench

"""Times engines on the records of a folder and prints what came out as JSON; one process for each line.

Run as `python -m benchmarks.worker FOLDER SECONDS ENGINE...`. Engines named together take turns, slice by
slice, so that a machine that slows down slows all of them; of each slice the best of all passes counts.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from pathlib import Path

from benchmarks.engines import ENGINES, NAMES, Match

SAMPLE = 2000  # records whose matches are told, to be held against the reference
SLICES = 60
PASSES = 9  # at most


def measure(folder: Path, seconds: float, names: list[str]) -> dict[str, object]:
    """Time each engine; `seconds` is what all passes of one may take together."""
    raws = (folder / "records.ndjson").read_bytes().split(b"\n")
    engines = {name: ENGINES[name](folder) for name in names}
    for raw in raws if "s3watch" in engines else []:  # what a process that has run for a while knows
        engines["s3watch"](raw)
    gc.collect()
    gc.freeze()
    slices = {name: _slice(raws[: _affordable(match, raws, seconds)]) for name, match in engines.items()}
    passes: dict[str, list[list[float]]] = {name: [] for name in names}
    for _ in range(PASSES):
        due = [name for name in names if sum(map(sum, passes[name])) < seconds]
        for name in due:
            passes[name].append([])
        for at in range(SLICES):
            for name in due:
                if at < len(slices[name]):
                    passes[name][-1].append(_time(engines[name], slices[name][at]))
    return {name: _tell(name, match, slices[name], passes[name]) for name, match in engines.items()}


def _slice(raws: list[bytes]) -> list[list[bytes]]:
    size = -(-len(raws) // SLICES)
    return [raws[at : at + size] for at in range(0, len(raws), size)]


def _affordable(match: Match, raws: list[bytes], seconds: float) -> int:
    """Say how many records fit into half of the time, by the first few, which also warm the engine up."""
    few = raws[:30]
    _time(match, few)
    each = _time(match, few) / len(few)
    return min(len(raws), max(len(few), int(seconds / 2 / each)))


def _time(match: Match, raws: list[bytes]) -> float:
    start = time.perf_counter()
    for raw in raws:
        match(raw)
    return time.perf_counter() - start


def _tell(name: str, match: Match, slices: list[list[bytes]], passes: list[list[float]]) -> dict[str, object]:
    raws = [raw for each in slices for raw in each]
    return {
        "records": len(raws),
        "best": sum(map(min, zip(*passes, strict=True))),
        "passes": [sum(each) for each in passes],
        "matches": [sorted(set(NAMES.get(name, list)(match(raw)))) for raw in raws[:SAMPLE]],
    }


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]), float(sys.argv[2]), sys.argv[3:])))

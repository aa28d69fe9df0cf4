"""Times engines on the records of a folder, in CPU time, and prints what came out as JSON.

Run as `python -m benchmarks.worker FOLDER SECONDS ENGINE...`. Engines named together take turns, slice by
slice, so that a machine that slows down slows all of them; of each slice the best of all passes counts, and
each pass has its own share of the first engine's rate. With 0 seconds one engine waits: for each line of
standard input it makes a pass and says what it took (side.py).
"""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.engines import ENGINES, Engine

SAMPLE = 2000  # records whose matches are told, to be held against the reference
SLICES = 60
PASSES = 15  # at most


def measure(folder: Path, seconds: float, names: list[str]) -> dict[str, object]:
    """Time each engine; `seconds` is what all passes of one may take together."""
    engines = {name: ENGINES[name](folder) for name in names}
    _settle()
    slices = {name: _slice(_affordable(engine, seconds)) for name, engine in engines.items()}
    passes: dict[str, list[list[float]]] = {name: [] for name in names}
    for _ in range(PASSES):
        due = [name for name in names if sum(map(sum, passes[name])) < seconds]
        for name in due:
            engines[name].start()
            passes[name].append([])
        for at in range(SLICES):
            for name in due:
                if at < len(slices[name]):
                    passes[name][-1].append(_time(engines[name], slices[name][at]))
    return {name: _tell(engine, slices[name], passes[name]) for name, engine in engines.items()}


def answer(folder: Path, name: str) -> None:
    """Make a pass for each line of standard input, and print the CPU seconds of each slice of it."""
    engine = ENGINES[name](folder)
    slices = _slice(engine.inputs)
    engine.start()
    for some in slices:
        _time(engine, some)
    _settle()
    print(json.dumps(len(engine.inputs) * engine.size), flush=True)
    for _ in sys.stdin:
        engine.start()
        print(json.dumps([_time(engine, some) for some in slices]), flush=True)


def _settle() -> None:
    gc.collect()
    gc.freeze()


def _slice(inputs: Sequence[Any]) -> list[Sequence[Any]]:
    size = -(-len(inputs) // SLICES)
    return [inputs[at : at + size] for at in range(0, len(inputs), size)]


def _affordable(engine: Engine, seconds: float) -> Sequence[Any]:
    """Return the inputs that fit into half of the time, by the first few, which also warm the engine up."""
    few = engine.inputs[: max(1, 30 // engine.size)]
    engine.start()
    _time(engine, few)
    each = _time(engine, few) / len(few)
    return engine.inputs[: max(len(few), int(seconds / 2 / each))]


def _time(engine: Engine, inputs: Sequence[Any]) -> float:
    run = engine.run
    start = time.thread_time()
    for each in inputs:
        run(each)
    return time.thread_time() - start


def _tell(engine: Engine, slices: list[Sequence[Any]], passes: list[list[float]]) -> dict[str, object]:
    inputs = [each for some in slices for each in some]
    names = engine.names
    return {
        "records": len(inputs) * engine.size,
        "best": sum(map(min, zip(*passes, strict=True))),
        "passes": [sum(each) for each in passes],
        "matches": [sorted(set(names(engine.run(each)))) for each in inputs[:SAMPLE]] if names else [],
    }


if __name__ == "__main__":
    place, most = Path(sys.argv[1]), float(sys.argv[2])
    if most:
        print(json.dumps(measure(place, most, sys.argv[3:])))
    else:
        answer(place, sys.argv[3])

"""A process that makes one pass over the records of a folder each time it is told to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from benchmarks import MEASURED, ROOT, TREE


class Side:
    """The process, with the passes that it has made; its library is that of a checkout."""

    def __init__(self, tree: Path, folder: Path, engine: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", str(folder), "0", engine],
            cwd=ROOT,
            env=os.environ | {TREE: str(tree)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.passes: list[list[float]] = []

    def __enter__(self) -> Self:
        self.records = int(self._read())
        return self

    def __exit__(self, *how: object) -> None:
        self._process.__exit__(*how)  # which closes its input, and so ends it

    def measure(self) -> None:
        """Make one pass."""
        assert self._process.stdin
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        self.passes.append(json.loads(self._read()))

    def _read(self) -> str:
        assert self._process.stdout
        if line := self._process.stdout.readline():
            return line
        raise SystemExit("the measured process ended")

    @property
    def best(self) -> float:
        """CPU seconds of the best pass over each slice."""
        return sum(map(min, zip(*self.passes, strict=True)))


def measure_in_turn(folders: Sequence[Path], engine: str, rounds: int) -> list[float]:
    """Return the CPU seconds of the best pass over each folder, all of them in turn in each round."""
    with ExitStack() as stack:
        sides = [stack.enter_context(Side(MEASURED, folder, engine)) for folder in folders]
        for _ in range(rounds):
            for side in sides:
                side.measure()
        return [side.best for side in sides]

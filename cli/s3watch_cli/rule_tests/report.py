"""Runs the tests of a rules folder and shows the results, one row a case."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

import typer
from s3watch.errors import SettingError
from s3watch.text import count

from s3watch_cli.compiler import compile_folder, today
from s3watch_cli.output import Format, note, show
from s3watch_cli.rule_tests.runner import Verdict, check_names, run_tests
from s3watch_cli.rules.diagnostics import Diagnostics, suggest


def report_tests(rules_dir: Path, only: list[str], *, form: Format) -> None:
    """Run the tests of a folder's detections, or of those named in `only`, and show the result of each case.

    Raises Exit(1) if a case failed, RuleError for mistakes, SettingError for an unknown detection.
    """
    diagnostics = Diagnostics()
    detections = compile_folder(rules_dir, today(), diagnostics).ruleset.detections
    diagnostics.raise_if_any()
    names = [detection.rule for detection in detections]
    for name in only:
        if name not in names:
            raise SettingError(f"unknown detection {name}; {suggest(name, names)}")
    check_names(rules_dir, names, diagnostics)
    verdicts = list(run_tests(rules_dir, detections, diagnostics, only))
    diagnostics.raise_if_any()
    show(map(_row, verdicts), form)
    counts = Counter(verdict.passed for verdict in verdicts)
    note(f"{counts[True]} passed, {counts[False]} failed, of {count(len(set(only) or names), 'detection')}")
    if counts[False]:
        raise typer.Exit(1)


def _row(verdict: Verdict) -> dict[str, Any]:
    row = asdict(verdict)
    return {"result": "passed" if row.pop("passed") else "failed", **row}

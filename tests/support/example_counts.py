"""Says at the end of `make fuzz` how many inputs each law was tried with, and how many there were in all."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import settings

STATISTICS = "_hypothesis_stats"  # where the plugin of hypothesis leaves its own of a test, as text
TRIED = re.compile(r"(\d+) (?:passing|failing),")  # examples, of each phase


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Note how many inputs an example has, where a law says that it takes several."""
    for item in items:
        if marker := item.get_closest_marker("inputs"):
            item.user_properties.append(("inputs", marker.args[0]))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List the laws by name, each with the number of its inputs, invalid ones left out."""
    if settings.get_current_profile_name() != "fuzz":
        return
    reports = [report for several in terminalreporter.stats.values() for report in several]
    counts = {report.nodeid: _inputs(report) for report in reports if hasattr(report, STATISTICS)}
    terminalreporter.section("inputs")
    for name in sorted(counts):
        terminalreporter.write_line(f"{counts[name]:>12,}  {name}")
    terminalreporter.write_line(f"{sum(counts.values()):>12,}  inputs of {len(counts)} laws")


def _inputs(report: Any) -> int:
    examples = sum(map(int, TRIED.findall(getattr(report, STATISTICS))))
    return examples * int(dict(report.user_properties).get("inputs", 1))

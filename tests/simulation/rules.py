"""The rules of a simulation: the starter detections of rules/, with a small catalogue and one exception."""

from __future__ import annotations

from datetime import date
from functools import cache

from msgspec.structs import replace
from s3watch.ruleset import Detection, Expected, Label, Patterns, RuleException, Ruleset
from s3watch_cli.compiler import compile_folder
from s3watch_cli.rules.diagnostics import Diagnostics

from tests.support.project import RULES

_ANY = Expected(("role/Cleaner",))
LABELS = (
    Label("payroll", "high", "hr@example.com", (Expected(("role/PayrollApp",), ("read", "write")), _ANY)),
    Label("board", "critical", "board@example.com", (Expected(("role/BoardApp",)),)),
    Label("contracts", "low", "legal@example.com", (Expected(("role/PayrollApp",)), _ANY)),
    Label("exports", "medium", "finance@example.com", (Expected(("role/Exporter",)), _ANY)),
)
BUCKETS = ("finance-exports", "hr-data")


def _sooner(detection: Detection) -> Detection:
    """Let correlations fire after a few accesses, as many as a plan has."""
    if detection.correlation is None:
        return detection
    return replace(detection, correlation=replace(detection.correlation, least=3))


@cache
def ruleset() -> Ruleset:
    """Compile the starter detections, and add the catalogue."""
    diagnostics = Diagnostics()
    compiled = compile_folder(RULES, date(2026, 11, 20), diagnostics).ruleset
    assert not diagnostics.mistakes, diagnostics.mistakes
    excuse = RuleException(
        "unexpected-read", "hr@example.com", "migration", "2027-12-31", ("role/Migration",)
    )
    return Ruleset(
        buckets=BUCKETS,
        labels=LABELS,
        patterns=(
            Patterns("finance-exports", prefixes=(("", 3),)),
            Patterns("hr-data", prefixes=(("board/", 1), ("contracts/", 2), ("payroll/", 0))),
        ),
        detections=tuple(map(_sooner, compiled.detections)),
        exceptions=(excuse,),
    )

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
EXCUSED = "unexpected-read"


def _sooner(detection: Detection) -> Detection:
    """Let correlations fire after a few accesses, as many as a plan has."""
    if detection.correlation is None:
        return detection
    return replace(detection, correlation=replace(detection.correlation, least=3))


def _is_known(detection: Detection) -> bool:
    """Return whether a plan's truth can say when it is told: by what an access is, or by keys of one caller.

    It has no hits that are excused, which correlations count as well.
    """
    if counted := detection.correlation:
        by = counted.type, counted.group_by, counted.field
        return by == ("value_count", ("s3.accountable",), "s3.key") and EXCUSED not in counted.rules
    return not (detection.is_signal or detection.whole)


@cache
def ruleset() -> Ruleset:
    """Compile the starter detections, and add the catalogue."""
    diagnostics = Diagnostics()
    compiled = compile_folder(RULES, date(2026, 11, 20), diagnostics).ruleset
    assert not diagnostics.mistakes, diagnostics.mistakes
    excuse = RuleException(EXCUSED, "hr@example.com", "migration", "2027-12-31", ("role/Migration",))
    return Ruleset(
        buckets=BUCKETS,
        labels=LABELS,
        patterns=(
            Patterns("finance-exports", prefixes=(("", 3),)),
            Patterns("hr-data", prefixes=(("board/", 1), ("contracts/", 2), ("payroll/", 0))),
        ),
        detections=tuple(_sooner(each) for each in compiled.detections if _is_known(each)),
        exceptions=(excuse,),
    )

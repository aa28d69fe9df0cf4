"""Lists the exceptions of a rules folder with how often each has hit lately, by the ledger of a stack."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from s3watch.detection.exceptions import ENDS_SOON, days_left, ending
from s3watch.ledger.silence.day_counts import DAYS, DayCount, day_key, days_until
from s3watch.ruleset import RuleException
from s3watch.text import count

from s3watch_cli.alerts.listing import Place
from s3watch_cli.attach.aws_errors import translate_errors_of_library
from s3watch_cli.compiler import EXCEPTIONS, compile_folder, today
from s3watch_cli.output import Format, note, show
from s3watch_cli.rules.diagnostics import Diagnostics, report

COLUMNS = ("rule", "actors", "objects", "owner", "until", "days_left", "hits", "last", "state")
ENDED, ENDS, UNUSED = "has ended", "ends soon", f"no hit in {DAYS} days"


def list_exceptions(place: Place, rules_dir: Path, form: Format) -> None:
    """Print each exception, those that need somebody first. Raises RuleError and RefusedError."""
    day, diagnostics = today(), Diagnostics()
    exceptions = compile_folder(rules_dir, day, diagnostics).ruleset.exceptions
    report(diagnostics.about(str(rules_dir / EXCEPTIONS)))
    found: Mapping[str, DayCount] = {}
    if exceptions:
        _, listing, table = place.open()
        with translate_errors_of_library(f"the table {table}"):
            found = listing.day_counts(day_key(one, at) for one in exceptions for at in days_until(day))
    soon = ending(exceptions, day)
    rows = [_describe(one, found, day, is_ending=one in soon) for one in exceptions]
    show(sorted(rows, key=lambda row: (not row["state"], row["until"])), form, COLUMNS)
    note(_sum_up(rows))


def _describe(
    exception: RuleException, found: Mapping[str, DayCount], day: date, *, is_ending: bool
) -> dict[str, Any]:
    counts = {at: found[key] for at in days_until(day) if (key := day_key(exception, at)) in found}
    left = days_left(exception, day)
    return {
        "rule": exception.rule,
        "actors": exception.actors,
        "objects": exception.objects,
        "owner": exception.owner,
        "reason": exception.reason,
        "until": exception.until,
        "days_left": max(left, 0),
        "hits": sum(one.number for one in counts.values()),
        "exact": not any(one.more for one in counts.values()),
        "last": max(counts, default=""),
        "state": ENDED if left <= 0 else ENDS if is_ending else "" if counts else UNUSED,
    }


def _sum_up(rows: Sequence[Mapping[str, Any]]) -> str:
    states = Counter(row["state"] for row in rows)
    said = {
        f"{states[ENDED]:,} ended": states[ENDED],
        f"{states[ENDS]:,} within {ENDS_SOON} days of the end": states[ENDS],
        f"{states[UNUSED]:,} without a hit in {DAYS} days": states[UNUSED],
    }
    return ", ".join([count(len(rows), "exception"), *(text for text, number in said.items() if number)])

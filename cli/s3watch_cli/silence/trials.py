"""Shows what a detection on trial has found, by the ledger of a stack, and ends the trial."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
from s3watch.errors import SettingError
from s3watch.ledger.silence.day_counts import EXACT, DayCount, Example, day_key, days_until
from s3watch.ruleset import Staged
from s3watch.text import count

from s3watch_cli.alerts.listing import Place
from s3watch_cli.alerts.timeline import iso
from s3watch_cli.attach.aws_errors import translate_errors_of_library
from s3watch_cli.compiler import STAGING, compile_folder, today
from s3watch_cli.output import Format, note, replace_file, show
from s3watch_cli.rules.diagnostics import Diagnostics, report, suggest
from s3watch_cli.silence.staging_edit import without_entry

COLUMNS = ("day", "hits", "alerts", "subjects")


def promote(place: Place, rules_dir: Path, rule: str, form: Format, *, write: bool) -> None:
    """Print what a trial has found day by day, and with `write` remove its entry from staging.yaml.

    Raises SettingError for a detection that is not on trial, RuleError, RefusedError and OSError.
    """
    day, diagnostics, path = today(), Diagnostics(), rules_dir / STAGING
    staged = compile_folder(rules_dir, day, diagnostics).ruleset.staged
    report(diagnostics.about(str(path)))
    number = _number(staged, rule, path)
    trial = staged[number]
    _, listing, table = place.open()
    with translate_errors_of_library(f"the table {table}"):
        days = [at for at in days_until(day) if at >= trial.since]
        found = listing.day_counts(day_key(trial, at) for at in days)
    counts = {at: found[key] for at in days if (key := day_key(trial, at)) in found}
    show([_describe(at, one) for at, one in counts.items()], form, COLUMNS)
    note(_sum_up(trial, counts, day))
    if write:
        replace_file(path, without_entry(str(path), path.read_bytes(), number))
        note(f"{path}: the entry is removed; build and deploy, and {rule} alerts")


def _number(staged: Sequence[Staged], rule: str, path: Path) -> int:
    names = [one.rule for one in staged]
    if rule not in names:
        instead = suggest(rule, names) if names else "no detection is"
        raise SettingError(f"{path}: `{rule}` is not on trial; {instead}")
    return names.index(rule)


def _describe(day: str, found: DayCount) -> dict[str, Any]:
    examples = found.read_examples()
    return {
        "day": day,
        "hits": found.number,
        "exact": not found.more,
        "alerts": len(found.alerts),
        "subjects": [one.subject for one in examples],
        "examples": [_describe_example(one) for one in examples],
    }


def _describe_example(example: Example) -> dict[str, Any]:
    values = dict(zip(Example.__struct_fields__, msgspec.structs.astuple(example), strict=True))
    return values | {"time": iso(example.time)}


def _sum_up(trial: Staged, counts: Mapping[str, DayCount], day: date) -> str:
    about = "about " if any(one.more for one in counts.values()) else ""
    least = "at least " if any(len(one.alerts) >= EXACT or one.more for one in counts.values()) else ""
    hits, alerts = (sum(of(one) for one in counts.values()) for of in (_hits, _alerts))
    since = f"{trial.rule}: on trial since {trial.since}, {count(_days(trial, day), 'day')}, by {trial.owner}"
    if not hits:
        return f"{since}: no hit that would have alerted"
    told = f"in {least}{count(alerts, 'alert')}, if nothing else tells of the same"
    return f"{since}: {about}{count(hits, 'hit')} on {count(len(counts), 'day')}, {told}"


def _hits(found: DayCount) -> int:
    return found.number


def _alerts(found: DayCount) -> int:
    return len(found.alerts)


def _days(trial: Staged, day: date) -> int:
    return (day - date.fromisoformat(trial.since)).days

"""Reads staging.yaml: detections on trial, whose hits are counted and alert nobody."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from s3watch.ruleset import Staged

from s3watch_cli.rules.diagnostics import Diagnostics, suggest
from s3watch_cli.rules.entries import Entry, entries, read_date
from s3watch_cli.rules.located_yaml import Document


def read_staging(
    document: Document, rules: Collection[str], today: date, diagnostics: Diagnostics
) -> tuple[Staged, ...]:
    """Read the detections on trial; mistakes go to `diagnostics`, and trials that have ended become warnings.

    `rules` are the names of the detections.
    """
    seen: dict[str, int] = {}
    listed = entries(document, diagnostics, (), document.value)
    return tuple(_read(entry, rules, today, seen) for entry in listed)


def _read(entry: Entry, rules: Collection[str], today: date, seen: dict[str, int]) -> Staged:
    entry.check_keys("rule", "since", "owner", "until")
    rule = entry.text("rule", "write `rule:` and the name of its file")
    if rule and rule not in rules:
        instead = suggest(rule, rules) if rules else "detections/ has no rules"
        entry.refuse(("rule",), f"unknown rule `{rule}`", instead)
    if rule in seen:
        entry.refuse(("rule",), f"`{rule}` is on line {seen[rule]} already", "remove one of the two")
    seen.setdefault(rule, entry.line("rule"))
    since = read_date(entry, "since", today, f"write when the trial began, `since: {today}`")
    if since and since > today:
        entry.refuse(("since",), f"`since: {since}` has not come", f"write the day it began, such as {today}")
    return Staged(
        rule,
        since.isoformat() if since else "",
        entry.text("owner", "write who decides about it, `owner: name@example.com`"),
        _until(entry, since, today),
    )


def _until(entry: Entry, since: date | None, today: date) -> str:
    until = read_date(entry, "until", date(today.year + 1, 1, 31))
    if until is None:
        return ""
    if since and until <= since:
        entry.refuse(("until",), "the trial ends before it begins", f"write a day after {since}")
    elif until <= today:
        what = f"the trial ended on {until}: the detection alerts"
        entry.warn(("until",), what, "remove the entry, or agree on a new end date")
    return until.isoformat()

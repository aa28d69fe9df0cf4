"""Renders the verdict on an alert as a row: what it is, who said so and when, and why."""

from __future__ import annotations

from datetime import UTC, tzinfo

from s3watch.alerts.alert import Verdict
from s3watch.text import MAX_SHOWN, clean, quoted, short_timestamp

CALLER = 100  # characters: a role has up to 64, a session as many


def lines(verdict: Verdict | None, zone: tzinfo = UTC) -> list[str]:
    """Return the row's line: `expected, by role/Analyst (alice) on 2026-11-20 09:02 UTC, "month's end"`."""
    if not verdict:
        return []
    given = f"{verdict.judgement}, by {caller(verdict.by)} on {short_timestamp(verdict.time, zone)}"
    note = quoted(clean(verdict.note, MAX_SHOWN)) if verdict.note else ""
    return [", ".join(filter(None, [given, note, "and worse came after it" if verdict.overtaken else ""]))]


def caller(arn: str) -> str:
    """Name a caller by the ARN that STS told; a session, whose name callers choose, in brackets."""
    kind, _, name = arn.rpartition(":")[2].partition("/")
    if kind == "assumed-role":
        role, _, session = name.partition("/")
        return f"role/{clean(role, CALLER)} ({clean(session, CALLER)})"
    return clean(f"{kind}/{name.rpartition('/')[2]}" if name else kind or "unknown", CALLER)

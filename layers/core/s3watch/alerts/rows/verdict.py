"""Renders the verdict on an alert as a row (what it is, who said so and when, why), and how to give one."""

from __future__ import annotations

from datetime import UTC, tzinfo

from s3watch.alerts.alert import Alert, Verdict
from s3watch.text import MAX_SHOWN, clean, quoted, short_timestamp

DEFAULT = "s3watch"  # the stack that the command line takes if none is named
CALLER = 100  # characters: a role has up to 64, a session as many


def lines(verdict: Verdict | None, zone: tzinfo = UTC) -> list[str]:
    """Return the row's line: `expected, by role/Analyst (alice) on 2026-11-20 09:02 UTC, "month's end"`."""
    if not verdict:
        return []
    given = f"{verdict.judgement}, by {caller(verdict.by)} on {short_timestamp(verdict.time, zone)}"
    note = quoted(clean(verdict.note, MAX_SHOWN)) if verdict.note else ""
    return [", ".join(filter(None, [given, note, "and worse came after it" if verdict.overtaken else ""]))]


def step(alert: Alert, stack: str = "") -> str:
    """Return the step for what was right; empty if somebody has judged it, or its service closed it."""
    finding = alert.evidence.finding
    if not alert.id.isalnum():  # as no id is that the ledger gives: it would be no command
        return ""
    if (alert.verdict and alert.is_summary) or (finding and finding.is_closed):
        return ""
    is_access = not finding and not (alert.evidence.review and alert.evidence.review.finder)
    # close the alert: "it" may be a bucket that somebody opened
    done = "say so" if alert.kind == "closed" else "close the alert"
    return f"If it {'was right' if is_access else 'is fine'}, {done}: {command(alert.id, stack)}"


def command(alert: str, stack: str = "") -> str:
    """Return the command that judges an alert, by its id, as expected."""
    named = "" if stack in ("", DEFAULT) else f" --stack {clean(stack, CALLER)}"
    return f"s3watch verdict {alert} expected{named}"


def caller(arn: str) -> str:
    """Name a caller by the ARN that STS told; a session, whose name callers choose, in brackets."""
    kind, _, name = arn.rpartition(":")[2].partition("/")
    if kind == "assumed-role":
        role, _, session = name.partition("/")
        return f"role/{clean(role, CALLER)} ({clean(session, CALLER)})"
    return clean(f"{kind}/{name.rpartition('/')[2]}" if name else kind or "unknown", CALLER)

"""Describes a group of the ledger: as values for machines, in the words of its messages for people."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC
from typing import Any

import msgspec
from s3watch.alerts.alert import Alert, Snooze, Verdict
from s3watch.alerts.email.sentence import sentence
from s3watch.alerts.headline import headline, title, topic
from s3watch.alerts.rows.alert import Row, details, reference, rows
from s3watch.ledger.groups import Group, closes_at
from s3watch.ledger.messages import alert_of
from s3watch.posture import review_rules
from s3watch.text import short_timestamp

from s3watch_cli.alerts.timeline import (
    History,
    describe_timeline,
    describe_waiting,
    iso,
    messages,
    recipients,
    timeline,
)

HEADLINE, TITLE = 100, 140  # characters: what a wide terminal shows in one line beside the other columns
COLUMNS = ("alert", "level", "state", "verdict", "last", "about", "what")


def describe(group: Group) -> dict[str, Any]:
    """Return the values of a group, its text as AWS wrote it, and in `what` the sentence of its messages."""
    alert = alert_as_it_is(group)
    return {
        "alert": group.id,
        "level": group.level,
        "state": "closed" if is_closed(group) else "open",
        "verdict": group.verdict.judgement if group.verdict else "",
        "last": iso(group.latest),
        "about": topic(alert),
        "what": headline(alert, HEADLINE, as_group=True),
        "first": iso(group.first),
        "opened": iso(group.opened),
        "ends": None if group.evidence.finding else iso(closes_at(group)),
        "labels": group.labels,
        "bucket": group.bucket,
        "outcome": group.outcome,
        "actor": group.actor,
        "principal": group.evidence.principal,
        "account": alert.account,
        "owner": group.owner,
        "rules": group.rules,
        "accesses": alert.count,
        "exact": alert.exact,
        "objects": group.distinct_keys,
        "addresses": len(group.ips),
        "messages": group.sequence,
        "judged": _describe_verdict(group.verdict),
        "snoozed": _describe_snooze(group.snooze),
    }


def describe_in_full(group: Group, history: History) -> dict[str, Any]:
    """Return all of it, with the evidence, what happened when, the messages that wait, and who gets them."""
    alert = alert_as_it_is(group)
    facts = {
        "acts": dict(alert.acts),
        "keys": group.keys,
        "ips": group.ips,
        "bytes_in": alert.bytes_in,
        "bytes_out": alert.bytes_out,
        "evidence": msgspec.to_builtins(alert.evidence),
        "timeline": describe_timeline(group, alert, history),
        "waiting": [describe_waiting(one) for one in history.messages.waiting],
        "subscribers": history.subscribers,
    }
    return describe(group) | facts


def write(group: Group, history: History) -> str:
    """Write a group as its e-mail says it: the sentence, the rows, what happened when, and who was told."""
    alert = alert_as_it_is(group)
    shown = [
        *rows(alert, review_rules.DETECTIONS),
        Row("State", (_state(group),)),
        Row("Timeline", tuple(timeline(group, alert, history))),
        Row("Messages", tuple(messages(group, history))),
        Row("Sent to", tuple(recipients(group, history))),
        *details(alert),
        reference(alert),
    ]
    return "\n".join([title(alert, TITLE), "", sentence(alert, UTC), "", *_lines(shown), ""])


def alert_as_it_is(group: Group) -> Alert:
    """Return what a message about the group would say now: the access itself if there is only one."""
    return alert_of(group, "closed" if has_ended(group) else "first" if group.count == 1 else "rollup")


def is_closed(group: Group) -> bool:
    """Whether nobody has to look at the group any more: it has ended, or a verdict has closed it."""
    return group.is_quiet or has_ended(group)


def has_ended(group: Group) -> bool:
    """Whether the group's end was reported, or its service has closed the finding."""
    finding = group.evidence.finding
    return group.closed or bool(finding and finding.is_closed)


def _state(group: Group) -> str:
    if has_ended(group):
        return "closed"
    if group.is_quiet:
        return "closed by the verdict: only worse news and its end are told"
    if group.evidence.finding:
        return "open until its service closes it"
    return f"open until {short_timestamp(closes_at(group))}"


def _describe_verdict(verdict: Verdict | None) -> dict[str, Any] | None:
    if not verdict:
        return None
    given = {"by": verdict.by, "time": iso(verdict.time), "note": verdict.note}
    return given | {"overtaken": verdict.overtaken}


def _describe_snooze(snooze: Snooze | None) -> dict[str, Any] | None:
    if not snooze:
        return None
    return {"until": iso(snooze.until), "by": snooze.by, "time": iso(snooze.time), "note": snooze.note}


def _lines(shown: Iterable[Row]) -> list[str]:
    """Put a single line beside its label, several below it, as e-mails do."""
    lines: list[str] = []
    for row in shown:
        alone = len(row.lines) == 1
        lines += [f"{row.label}: {row.lines[0]}"] if alone else [f"{row.label}:"]
        lines += [] if alone else [f"- {line}" for line in row.lines]
    return lines

"""Describes a group of the ledger: as values for machines, in the words of its messages for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from s3watch.alerts.alert import Alert, Snooze, Verdict
from s3watch.alerts.email.sentence import sentence
from s3watch.alerts.headline import headline, title, topic
from s3watch.alerts.rows.alert import Row, details, reference, rows
from s3watch.aws.dynamodb_listing import WaitingMessage
from s3watch.ledger.groups import Group, closes_at
from s3watch.ledger.messages import alert_of
from s3watch.posture import review_rules
from s3watch.text import count, short_timestamp, to_utc

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


def describe_in_full(group: Group, waiting: Sequence[WaitingMessage]) -> dict[str, Any]:
    """Return all of it, with the evidence and the messages that wait."""
    alert = alert_as_it_is(group)
    facts = {
        "acts": dict(alert.acts),
        "keys": group.keys,
        "ips": group.ips,
        "bytes_in": alert.bytes_in,
        "bytes_out": alert.bytes_out,
        "evidence": msgspec.to_builtins(alert.evidence),
        "waiting": [_describe_waiting(one) for one in waiting],
    }
    return describe(group) | facts


def write(group: Group, waiting: Sequence[WaitingMessage]) -> str:
    """Write a group as its e-mail says it: the sentence, the rows, and what is known of its messages."""
    alert = alert_as_it_is(group)
    shown = [
        *rows(alert, review_rules.DETECTIONS),
        Row("State", (_state(group),)),
        Row("Messages", tuple(_messages(group, waiting))),
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


def _messages(group: Group, waiting: Sequence[WaitingMessage]) -> list[str]:
    written = count(group.sequence, "message")
    return [f"{written}, none of them waits"] if not waiting else [written, *map(_waits, waiting)]


def _waits(one: WaitingMessage) -> str:
    name = f"message {one.sequence} to {one.topic}"
    if one.in_digest:
        return f"{name} waits for the next digest"
    if one.leased_until:
        return f"{name} is being sent, and sent again if that fails"
    return f"{name} waits; the sweep sends it after {short_timestamp(one.due)} if nothing has before"


def _describe_verdict(verdict: Verdict | None) -> dict[str, Any] | None:
    if not verdict:
        return None
    given = {"by": verdict.by, "time": iso(verdict.time), "note": verdict.note}
    return given | {"overtaken": verdict.overtaken}


def _describe_snooze(snooze: Snooze | None) -> dict[str, Any] | None:
    if not snooze:
        return None
    return {"until": iso(snooze.until), "by": snooze.by, "time": iso(snooze.time), "note": snooze.note}


def _describe_waiting(one: WaitingMessage) -> dict[str, Any]:
    place = {"topic": one.topic, "message": one.sequence, "in_digest": one.in_digest}
    return place | {"due": iso(one.due), "being_sent": bool(one.leased_until)}


def _lines(shown: Iterable[Row]) -> list[str]:
    """Put a single line beside its label, several below it, as e-mails do."""
    lines: list[str] = []
    for row in shown:
        alone = len(row.lines) == 1
        lines += [f"{row.label}: {row.lines[0]}"] if alone else [f"{row.label}:"]
        lines += [] if alone else [f"- {line}" for line in row.lines]
    return lines


def iso(time: float) -> str:
    """Return a time, in epoch seconds, as machines read it."""
    moment: datetime = to_utc(time)
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")

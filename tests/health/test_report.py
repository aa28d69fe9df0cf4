from __future__ import annotations

from datetime import UTC
from typing import Any

from msgspec.structs import replace
from s3watch.canary import NAME
from s3watch.earlier import Earlier
from s3watch.health.gaps import Gap
from s3watch.health.problems import Problem
from s3watch.health.report import Day, write_change, write_summary
from s3watch.health.state import Change, Health, Open
from s3watch.ruleset import RuleException

from tests.support.hits import make_group
from tests.support.sensitive import NOW

STOPPED = Problem(
    "trail", "the trail s3watch is stopped: nothing is recorded or alerted",
    "aws cloudtrail start-logging --name s3watch, and find out who stopped it",
)  # fmt: skip
DISABLED = Open(
    "rule:a", "the rule a of EventBridge is disabled: it sends nothing to s3watch-events", NOW - 7200
)
PENDING = Open("pending", "oncall@example.com has not confirmed its subscription to alerts", NOW - 9 * 86400)


def test_what_begins_and_what_ends_is_one_mail(golden_text: Any):
    after = Health(open=(PENDING, Open(STOPPED.key, STOPPED.what, NOW)))
    told = write_change("s3watch", Change((STOPPED,), (DISABLED,), after), NOW, UTC)
    text = f"Subject: {told.publication().subject}\n\n{told.body}"

    assert text == golden_text("health/change.txt", text)


def test_the_summary_of_a_day_says_what_to_look_at(golden_text: Any):
    first = make_group(count=3)
    denied = replace(make_group(), outcome="denied", label="", level="low")
    new = replace(make_group(), evidence=replace(first.evidence, earlier=Earlier(first_seen=True)))
    old = replace(first, last=NOW - 2 * 86400)
    ending = [
        RuleException("unexpected-read", "hr@example.com", "migration", until)
        for until in ("2026-11-20", "2026-11-25", "2027-01-31")
    ]
    told = write_summary("s3watch", Day([first, denied, new, old], ending, [DISABLED]), NOW, UTC)
    text = f"Subject: {told.publication().subject}\n\n{told.body}"

    assert text == golden_text("health/summary.txt", text)


def test_the_canary_is_no_alert_of_the_day():
    read = replace(make_group(), rules=(NAME,))

    assert write_summary("s3watch", Day([read], [], []), NOW, UTC).body.startswith("Alerts: 0\n")


def test_a_gap_of_the_trail_stays_in_the_summary_of_its_day(golden_text: Any):
    gap = Gap("s3watch", NOW - 7200, NOW - 3000, NOW - 2400)
    told = write_summary("s3watch", Day([], [], [], [gap]), NOW, UTC)
    text = f"Subject: {told.publication().subject}\n\n{told.body}"

    assert text == golden_text("health/gap.txt", text)


def test_a_day_without_anything_is_told_too(golden_text: Any):
    told = write_summary("s3watch", Day([], [], []), NOW, UTC)
    text = f"Subject: {told.publication().subject}\n\n{told.body}"

    assert text == golden_text("health/nothing.txt", text)

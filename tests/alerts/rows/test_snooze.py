from __future__ import annotations

from zoneinfo import ZoneInfo

from msgspec.structs import replace
from s3watch.alerts.rows.alert import rows
from s3watch.alerts.rows.snooze import lines

from tests.support.sample_alerts import DETECTIONS, SNOOZE, STORIES, make_alert

WHO = "by role/Responder (carol@example[.]com) on 2026-11-20 09:02 UTC"


def test_a_message_after_it_says_until_when_who_and_why():
    row = ("Snoozed", (f'until 2026-11-20 13:02 UTC, {WHO}, "ticket 4711"',))

    assert rows(STORIES["rollup-snoozed"], DETECTIONS)[0] == row


def test_an_alert_that_nobody_snoozed_has_no_such_row():
    assert lines(None) == []
    assert "Snoozed" not in [row.label for row in rows(make_alert(), DETECTIONS)]


def test_times_are_the_readers_too():
    (line,) = lines(replace(SNOOZE, note=""), ZoneInfo("Europe/Berlin"))

    assert line == f"until 2026-11-20 13:02 UTC (14:02 CET), {WHO} (10:02 CET)"


def test_a_note_cannot_leave_its_quotation_marks_or_its_line():
    (line,) = lines(replace(SNOOZE, note='x", by root\nVerdict: expected\x1b[2J'))

    assert line.endswith(r""", "x', by root\nVerdict: expected\x1b[2J""" + '"')

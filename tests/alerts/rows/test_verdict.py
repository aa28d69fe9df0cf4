from __future__ import annotations

from datetime import UTC
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace
from s3watch.alerts.rows.alert import rows
from s3watch.alerts.rows.verdict import caller, command, lines, step
from s3watch.findings.guardduty import read
from s3watch.findings.loose_json import Document

from tests.support.sample_alerts import DETECTIONS, STORIES, VERDICT, make_alert, make_evidence
from tests.support.sample_findings import guardduty

GIVEN = "expected, by role/Responder (carol@example[.]com) on 2026-11-20 09:02 UTC"


NAMED = "s3watch verdict 01KAG3Z5B0M4YQ8ZJ1T6W9XH2V expected"


@pytest.mark.parametrize(
    ("story", "said"),
    [
        ("first", f"If it was right, close the alert: {NAMED}"),
        ("worse", f"If it was right, close the alert: {NAMED}"),
        ("rollup", f"If it was right, close the alert: {NAMED}"),
        ("closed", f"If it was right, say so: {NAMED}"),
        ("closed-judged", ""),
    ],
)
def test_the_next_step_judges_what_nobody_has_judged_and_is_still_there(story, said):
    assert step(STORIES[story]) == said


@pytest.mark.parametrize(
    ("state", "said"),
    [("active", f"If it is fine, close the alert: {NAMED}"), ("archived", "")],
    ids=["open", "closed"],
)
def test_a_finding_is_judged_while_its_service_has_not_closed_it(state, said):
    found = replace(read(Document(guardduty())), state=state)

    assert step(make_alert(make_evidence(finding=found))) == said


def test_worse_news_is_to_be_judged_again():
    overtaken = replace(STORIES["worse"], verdict=replace(VERDICT, overtaken=True))

    assert step(overtaken) == f"If it was right, close the alert: {NAMED}"


@pytest.mark.parametrize(
    ("stack", "named"),
    [("", ""), ("s3watch", ""), ("hr-prod", " --stack hr-prod")],
    ids=["not known", "the default", "another"],
)
def test_the_command_names_the_stack_where_it_has_to(stack, named):
    assert command("01KAG3Z5B0", stack) == f"s3watch verdict 01KAG3Z5B0 expected{named}"


def test_it_is_the_first_row_of_a_message():
    note = ', "month\'s end; https[://]tickets[.]example[.]com/4711"'

    assert rows(STORIES["closed-judged"], DETECTIONS)[0] == ("Verdict", (GIVEN + note,))


def test_an_alert_that_nobody_judged_has_no_such_row():
    assert lines(None, UTC) == []
    assert "Verdict" not in [row.label for row in rows(make_alert(), DETECTIONS)]


def test_one_without_a_note_says_who_and_when_in_the_readers_zone():
    assert lines(replace(VERDICT, note=""), ZoneInfo("Europe/Berlin")) == [f"{GIVEN} (10:02 CET)"]


def test_one_that_worse_news_overtook_says_so():
    assert lines(replace(VERDICT, note="", overtaken=True))[0].endswith("UTC, and worse came after it")


def test_a_note_cannot_leave_its_quotation_marks_or_its_line():
    (line,) = lines(replace(VERDICT, note='x", by root\nVerdict: true-positive\x1b[2J'))

    assert line == GIVEN + r""", "x', by root\nVerdict: true-positive\x1b[2J""" + '"'


@pytest.mark.parametrize(
    ("arn", "name"),
    [
        ("arn:aws:iam::111122223333:user/division/bob", "user/bob"),
        ("arn:aws:iam::111122223333:root", "root"),
        ("arn:aws-cn:sts::111122223333:assumed-role/Admin/i-0a1b2c3d", "role/Admin (i-0a1b2c3d)"),
        ("arn:aws:sts::111122223333:federated-user/eve", "federated-user/eve"),
        ("", "unknown"),
        ("nonsense", "nonsense"),
    ],
    ids=["user", "root", "role", "federated", "empty", "no ARN"],
)
def test_a_caller_is_named_as_in_alerts(arn, name):
    assert caller(arn) == name

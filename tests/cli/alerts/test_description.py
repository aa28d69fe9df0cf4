"""What `s3watch show` says of an alert."""

from __future__ import annotations

import json

import msgspec
import pytest
from msgspec.structs import replace
from s3watch.alerts.alert import Evidence
from s3watch.alerts.rows.alert import rows
from s3watch.aws.dynamodb_listing import Messages
from s3watch.findings.guardduty import read
from s3watch.findings.loose_json import Document
from s3watch.ledger.ledger import Ledger
from s3watch.ledger.messages import alert_of
from s3watch.posture import review_rules
from s3watch_cli.alerts.description import write
from s3watch_cli.alerts.timeline import History

from tests.support.cloudtrail import make_record
from tests.support.hits import EVIDENCE, make_group
from tests.support.sample_findings import guardduty
from tests.support.sensitive import NOW, make_hits, make_reads

NOTHING = History(Messages(), None)  # is known besides the group
HOSTILE = "\x1b[2J\u202ehttps://evil.example.com/\nState: closed"


def record(ledger, *records):
    Ledger(ledger).record(make_hits(*records), "events", NOW)
    return ledger.group(ledger.due_groups(NOW + 1e9)[0])


def test_an_alert_about_several_accesses_as_a_person_reads_it(run, ledger, golden_text):
    group = record(ledger, *make_reads(3), *make_reads(1, 3, eventTime="2026-11-20T08:20:11Z"))
    ledger.mark_sent([ledger.lease(f"mail#{group.id}#1", NOW, NOW + 60)], NOW + 2)
    _, out, _ = run("show", group.id, "--format", "table")

    assert out == golden_text("show/several.txt", out)


def test_it_has_every_row_of_the_mail(run, ledger):
    group = record(ledger, make_record())
    _, out, _ = run("show", group.id, "--format", "table")
    told = rows(alert_of(group, "first"), review_rules.DETECTIONS)

    assert [line for row in told for line in row.lines if line not in out] == []


def test_a_program_reads_the_evidence_as_aws_wrote_it(run, ledger):
    group = record(ledger, make_record(key=f"payroll/{HOSTILE}"))
    _, out, _ = run("show", group.id)
    shown = json.loads(out)

    assert msgspec.convert(shown["evidence"], Evidence) == group.evidence
    assert [one["topic"] for one in shown["waiting"]] == ["mail", "chat", "machines"]


def test_names_that_callers_choose_make_no_line_link_or_control_of_their_own(run, ledger):
    group = record(ledger, make_record(key=f"payroll/{HOSTILE}", userAgent=HOSTILE))
    _, out, _ = run("show", group.id, "--format", "table")

    assert [line for line in out.splitlines() if line.startswith("State:")] == [
        "State: open until 2026-11-20 12:15 UTC"
    ]
    assert not {"\x1b", "\u202e"} & set(out)
    assert "https://evil.example.com" not in out


@pytest.mark.parametrize(
    ("state", "said"),
    [("active", "open until its service closes it"), ("archived", "closed")],
    ids=["active", "archived"],
)
def test_a_finding_of_another_service_is_open_until_that_closes_it(state, said):
    found = replace(read(Document(guardduty())), state=state)
    text = write(replace(make_group(), evidence=replace(EVIDENCE, finding=found)), NOTHING)

    assert f"\nState: {said}\n" in text

from __future__ import annotations

import json

import pytest
from py_ocsf_models.events.findings.detection_finding import DetectionFinding
from s3watch.alerts.ocsf import finding

from tests.pipelines.test_relay_finding import NOW, deliver, only_group, relay
from tests.support.hits import newest_alert
from tests.support.sample_findings import analyzer, guardduty, macie


def document(event):
    """Return a finding as machines receive it."""
    return finding(newest_alert(relay(event)[0]), {})


def test_a_finding_as_a_machine_receives_it(golden_text):
    text = json.dumps(document(guardduty()), indent=2) + "\n"

    assert text == golden_text("ocsf/finding.json", text)


@pytest.mark.parametrize(
    "event", [guardduty(), macie(), analyzer()], ids=["GuardDuty", "Macie", "Access Analyzer"]
)
def test_a_finding_is_a_detection_finding(event):
    assert DetectionFinding.model_validate(document(event), strict=False).class_uid == 2004


def test_our_id_stays_and_theirs_is_a_related_event():
    info = document(guardduty())["finding_info"]

    assert info["uid"] == only_group(relay(guardduty())[0]).id
    assert info["related_events"] == [
        {"uid": "16b1c0ffee0000000000000000000001", "type": "Exfiltration:S3/AnomalousBehavior"}
    ]


def test_an_unnamed_caller_is_left_out():
    assert document(macie())["evidences"] == [{"data": {"event_uid": "e1e1e1e1-0000-4000-8000-000000000001"}}]


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"status": "RESOLVED"}, (3, 4, "Resolved")),
        ({"status": "ARCHIVED"}, (3, 5, "Archived")),
        ({"isDeleted": True}, (3, 99, "Deleted")),
    ],
    ids=["resolved", "archived", "deleted"],
)
def test_a_closed_finding_has_its_status(changes, status):
    store, _ = relay(analyzer())
    deliver(store, NOW)
    relay(analyzer(updatedAt="2026-11-21T08:00:00Z", **changes), store=store, now=NOW + 86400)
    closed = finding(newest_alert(store), {})

    assert (closed["activity_id"], closed["status_id"], closed["status"]) == status

from __future__ import annotations

import json

import pytest
from msgspec.structs import replace
from py_ocsf_models.events.findings.detection_finding import DetectionFinding
from s3watch.alerts.alert import Judgement, Verdict
from s3watch.alerts.ocsf import finding
from s3watch.findings.guardduty import read
from s3watch.findings.loose_json import Document

from tests.support.sample_alerts import DETECTIONS, STORIES, VERDICT, make_alert, make_evidence
from tests.support.sample_findings import guardduty


def status(document):
    judged = document["evidences"][0]
    return (document.get("status_id"), document.get("status")), (
        judged.get("verdict_id"), judged.get("verdict"),
    )  # fmt: skip


def test_a_judged_end_as_a_machine_receives_it(golden_text):
    text = json.dumps(finding(STORIES["closed-judged"], DETECTIONS), indent=2) + "\n"

    assert text == golden_text("ocsf/closed-judged.json", text)


@pytest.mark.parametrize(
    ("judgement", "statuses"),
    [
        ("expected", ((3, "Suppressed"), (5, "Benign"))),
        ("false-positive", ((3, "Suppressed"), (1, "False Positive"))),
        ("true-positive", ((2, "In Progress"), (2, "True Positive"))),
    ],
    ids=["expected", "false-positive", "true-positive"],
)
def test_a_verdict_is_a_status_and_a_verdict_on_the_evidence_which_the_schema_knows(
    judgement: Judgement, statuses
):
    document = finding(make_alert(kind="closed", verdict=replace(VERDICT, judgement=judgement)), DETECTIONS)
    parsed = DetectionFinding.model_validate(document)

    assert status(document) == statuses
    assert (parsed.status_id, parsed.evidences[0].verdict_id) == (statuses[0][0], statuses[1][0])
    assert (parsed.comment, document["unmapped"]["verdict"]["by"]) == (VERDICT.note, VERDICT.by)


def test_a_verdict_without_a_note_is_no_comment():
    document = finding(make_alert(verdict=replace(VERDICT, note="")), DETECTIONS)

    assert "comment" not in document


def test_what_is_worse_than_the_verdict_is_new_and_not_judged():
    worse = make_alert(kind="worse", sequence=2, verdict=replace(VERDICT, overtaken=True))
    document = finding(worse, DETECTIONS)

    assert status(document) == ((1, "New"), (None, None))
    assert document["unmapped"]["verdict"]["overtaken"] is True


@pytest.mark.parametrize(
    ("state", "expected"),
    [("active", (3, "Suppressed")), ("resolved", (4, "Resolved"))],
    ids=["active", "resolved"],
)
def test_the_state_that_a_service_gave_its_finding_comes_first(state, expected):
    evidence = make_evidence(finding=replace(read(Document(guardduty())), state=state))
    document = finding(make_alert(evidence, verdict=VERDICT), DETECTIONS)

    assert status(document) == (expected, (5, "Benign"))


def test_evidence_of_which_nothing_is_known_is_not_there_for_a_verdict_alone():
    found = replace(read(Document(guardduty())), api="", actor="")
    evidence = make_evidence(finding=found, ip="", event_id="", user_agent="", tls="")
    document = finding(make_alert(evidence, verdict=Verdict("expected", "arn", 0)), {})

    assert document["evidences"] == []

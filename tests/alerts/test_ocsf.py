from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from py_ocsf_models.events.findings.detection_finding import DetectionFinding
from s3watch.alerts.alert import Alert
from s3watch.alerts.ocsf import finding, summary

from tests.support.sample_alerts import (
    DETECTIONS,
    STORIES,
    make_alert,
    make_evidence,
    wild_alerts,
    wild_detections,
)


def is_detection_finding(document):
    """Check it with the schema's own models, including required members."""
    parsed = DetectionFinding.model_validate(document, strict=False)
    return parsed.class_uid == 2004 and parsed.type_uid == 200400 + document["activity_id"]


@pytest.mark.parametrize("story", ["presigned", "closed", "trail-stopped"])
def test_a_story_as_a_machine_receives_it(story, golden):
    golden(f"ocsf/{story}.json", json.dumps(finding(STORIES[story], DETECTIONS), indent=2) + "\n")


def test_a_digest_as_a_machine_receives_it(golden):
    golden("ocsf/digest.json", json.dumps(summary(list(STORIES.values()), 2), indent=2) + "\n")


@pytest.mark.parametrize("story", STORIES)
def test_every_story_is_a_detection_finding(story):
    assert is_detection_finding(finding(STORIES[story], DETECTIONS))


@given(wild_alerts(), wild_detections())
def test_every_possible_alert_is_a_detection_finding(alert, detections):
    received = msgspec.json.decode(msgspec.json.encode(finding(alert, detections)))

    assert is_detection_finding(received)


@given(st.lists(wild_alerts(), min_size=1, max_size=4))
def test_every_possible_digest_is_a_detection_finding(alerts):
    assert is_detection_finding(summary(alerts, 2))


@given(wild_alerts())
def test_a_finding_carries_the_whole_alert(alert):
    assert msgspec.convert(finding(alert, {})["unmapped"], Alert) == alert


@pytest.mark.parametrize(
    ("kind", "activity", "alerting"),
    [
        ("first", "Create", True),
        ("rollup", "Update", True),
        ("reopened", "Update", True),
        ("closed", "Close", False),
    ],
    ids=["first", "roll-up", "reopened", "closed"],
)
def test_the_messages_of_a_group_create_update_and_close_one_finding(kind, activity, alerting):
    document = finding(make_alert(kind=kind, sequence=3), DETECTIONS)

    shown = (
        document["finding_info"]["uid"],
        document["metadata"]["uid"],
        document["activity_name"],
        document["is_alert"],
    )
    assert shown == ("01KAG3Z5B0M4YQ8ZJ1T6W9XH2V", "01KAG3Z5B0M4YQ8ZJ1T6W9XH2V-3", activity, alerting)


@pytest.mark.parametrize(
    ("changes", "arn"),
    [
        ({}, "arn:aws:s3:::hr-data"),
        ({"region": "cn-north-1"}, "arn:aws-cn:s3:::hr-data"),
        ({"region": "us-gov-west-1"}, "arn:aws-us-gov:s3:::hr-data"),
        (
            {"event_source": "s3express.amazonaws.com", "bucket": "hot--euw1-az1--x-s3"},
            "arn:aws:s3express:eu-west-1:111122223333:bucket/hot--euw1-az1--x-s3",
        ),
    ],
    ids=["aws", "China", "GovCloud", "directory bucket"],
)
def test_buckets_are_named_by_arn(changes, arn):
    document = finding(make_alert(make_evidence(**changes, key="")), DETECTIONS)

    assert [resource["uid"] for resource in document["resources"]] == [arn]

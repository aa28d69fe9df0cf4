from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from py_ocsf_models.events.findings.detection_finding import DetectionFinding
from s3watch.alerts.alert import Alert, Assumed, Assumer, BucketFacts, PublicAccess, Review
from s3watch.alerts.ocsf import finding

from tests.support.sample_alerts import (
    DETECTIONS,
    OTHER,
    OWNER,
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


@pytest.mark.parametrize("story", ["presigned", "closed", "trail-stopped", "rollup-of-several-acts"])
def test_a_story_as_a_machine_receives_it(story, golden_text):
    text = json.dumps(finding(STORIES[story], DETECTIONS), indent=2) + "\n"

    assert text == golden_text(f"ocsf/{story}.json", text)


@pytest.mark.parametrize("story", STORIES)
def test_every_story_is_a_detection_finding(story):
    assert is_detection_finding(finding(STORIES[story], DETECTIONS))


@given(wild_alerts(), wild_detections())
def test_every_possible_alert_is_a_detection_finding(alert, detections):
    received = msgspec.json.decode(msgspec.json.encode(finding(alert, detections)))

    assert is_detection_finding(received)


@given(wild_alerts())
def test_a_finding_carries_the_whole_alert(alert):
    assert msgspec.convert(finding(alert, {})["unmapped"], Alert) == alert


def test_accounts_have_the_names_of_the_catalogue_and_else_their_numbers():
    names = ((OWNER, "hr-prod"), (OTHER, "partner Acme"))
    evidence = make_evidence(caller_account=OTHER, vpce_account="777788889999", account_names=names)
    document = finding(make_alert(evidence), DETECTIONS)
    (shown,) = document["evidences"]

    accounts = (
        document["cloud"]["account"],
        shown["actor"]["user"]["account"],
        shown["src_endpoint"]["owner"]["account"],
    )
    assert [(account["uid"], account["name"]) for account in accounts] == [
        (OWNER, "hr-prod"),
        (OTHER, "partner Acme"),
        ("777788889999", "777788889999"),
    ]


def test_the_autonomous_system_of_the_address_is_that_of_the_endpoint():
    evidence = make_evidence(country="NL", as_number=64500, as_name="Example Net")
    (shown,) = finding(make_alert(evidence), DETECTIONS)["evidences"]

    assert shown["src_endpoint"] == {
        "ip": "203.0.113.7",
        "location": {"country": "NL"},
        "autonomous_system": {"number": 64500, "name": "Example Net"},
    }


@pytest.mark.parametrize(
    ("kind", "activity", "alerting"),
    [
        ("first", "Create", True),
        ("worse", "Update", True),
        ("rollup", "Update", True),
        ("reopened", "Update", True),
        ("closed", "Close", False),
    ],
    ids=["first", "worse", "roll-up", "reopened", "closed"],
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


def test_a_part_of_the_stack_has_its_type():
    evidence = make_evidence(bucket="", key="", resource="s3watch-events", own_part="queue")
    (resource,) = finding(make_alert(evidence), DETECTIONS)["resources"]

    assert (resource["type"], resource["name"]) == ("AWS::SQS::Queue", "s3watch-events")


def test_several_alarms_of_the_stack_are_a_resource_each():
    evidence = make_evidence(bucket="", key="", resource="s3watch-A,s3watch-B", own_part="alarm")
    resources = finding(make_alert(evidence), DETECTIONS)["resources"]

    assert [(each["type"], each["uid"]) for each in resources] == [
        ("AWS::CloudWatch::Alarm", "s3watch-A"),
        ("AWS::CloudWatch::Alarm", "s3watch-B"),
    ]


@pytest.mark.parametrize(
    ("feed", "source"),
    [
        ("cloudtrail", "AWS CloudTrail"),
        ("access-log", "Amazon S3 server access logs"),
        ("s3-event", "Amazon S3 event notifications"),
    ],
    ids=str,
)
def test_a_finding_names_the_source_of_its_evidence(feed, source):
    document = finding(make_alert(make_evidence(feed=feed)), DETECTIONS)

    assert document["finding_info"]["data_sources"] == [source]


def test_a_review_without_a_call_names_who_found_it():
    evidence = make_evidence(review=Review(action="found", finder="AWS Config"))

    assert finding(make_alert(evidence), DETECTIONS)["finding_info"]["data_sources"] == ["AWS Config"]


def test_the_bucket_is_a_resource_with_what_it_says_of_itself():
    public = PublicAccess("yes", ("everyone may list (ACL)",))
    facts = BucketFacts("never", tags=("owner=hr",), public=public)
    document = finding(make_alert(make_evidence(event_name="DeleteObject", bucket_facts=facts)), DETECTIONS)

    assert [resource.get("data") for resource in document["resources"]] == [
        None,
        {
            "versioning": "never",
            "tags": ["owner=hr"],
            "public": {"state": "yes", "ways": ["everyone may list (ACL)"]},
        },
    ]
    assert is_detection_finding(document)


def test_the_tags_of_the_caller_are_with_the_evidence():
    document = finding(make_alert(make_evidence(caller_tags=("team=payroll",))), DETECTIONS)

    assert document["evidences"][0]["data"]["caller_tags"] == ["team=payroll"]
    assert is_detection_finding(document)


def test_the_buckets_that_a_trail_leaves_out_are_with_the_evidence():
    (evidence,) = finding(make_alert(make_evidence(unrecorded_buckets=("hr-data",))), DETECTIONS)["evidences"]

    assert evidence["data"]["unrecorded_buckets"] == ["hr-data"]


def test_a_strangers_endpoint_has_its_owner():
    evidence = make_evidence(vpce="vpce-0a1b2c3d", vpce_account="444455556666")
    document = finding(make_alert(evidence), DETECTIONS)

    assert document["evidences"][0]["src_endpoint"]["owner"]["account"]["uid"] == "444455556666"
    assert is_detection_finding(document)


def test_who_is_behind_a_role_is_the_actor_of_a_call_that_is_evidence_too():
    provider = f"arn:aws:iam::{OWNER}:oidc-provider/token.actions.githubusercontent.com"
    workflow = Assumer(
        "AssumeRoleWithWebIdentity", "EXAMPLE", actor="repo:acme/payroll", claim_source="web identity",
        principal="federated/repo:acme/payroll", principal_type="federated", provider=provider,
        network_kind="ip", ip="198.51.100.7", country="NL",
    )  # fmt: skip
    role = make_evidence(principal="role/Analyst", session_began=1795158000.0, assumed=Assumed((workflow,)))
    document = finding(make_alert(role), DETECTIONS)

    used, made = document["evidences"]
    assert used["actor"]["session"] == {"created_time": 1795158000000}
    assert made == {
        "api": {
            "operation": "AssumeRoleWithWebIdentity",
            "service": {"name": "sts.amazonaws.com", "uid": "sts", "version": "2011-06-15"},
        },
        "actor": {
            "user": {
                "name": "federated/repo:acme/payroll",
                "uid": "federated/repo:acme/payroll",
                "type": "federated",
                "type_id": 1,
            },
            "idp": {"name": provider, "uid": provider},
        },
        "src_endpoint": {"ip": "198.51.100.7", "location": {"country": "NL"}},
        "data": {"event_uid": "EXAMPLE"},
    }
    assert is_detection_finding(document)


def test_another_accounts_principal_has_its_id():
    foreign = Assumer(
        "AssumeRole", principal="444455556666", principal_type="account", principal_id="AIDAEXAMPLE"
    )
    document = finding(make_alert(make_evidence(assumed=Assumed((foreign,)))), DETECTIONS)

    assert document["evidences"][1]["actor"]["user"]["uid_alt"] == "AIDAEXAMPLE"

from __future__ import annotations

import pytest
from s3watch.errors import RecordError
from s3watch.facts.operations import S3_EVENTS
from s3watch.pipelines.review_triggers import CHANGES, read

from tests.support.review_events import make_change, make_compliance_change, make_schedule

NOW = 1795162500.0
WATCHED = ("hr-data", "finance-exports")


def buckets(event):
    trigger = read(event, WATCHED, NOW)
    return trigger and trigger.buckets


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_a_change_of_settings_triggers_a_review(name):
    assert name in S3_EVENTS
    assert buckets(make_change(name)) == ("hr-data",)


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(make_change("PutBucketTagging"), id="a change of something else"),
        pytest.param(make_change(errorCode="AccessDenied"), id="a change that was denied"),
        pytest.param(make_change(bucket="elsewhere"), id="a bucket nobody watches"),
        pytest.param(make_compliance_change(bucket="elsewhere"), id="the same, by AWS Config"),
        pytest.param(make_compliance_change(result={"complianceType": "COMPLIANT"}), id="compliant again"),
        pytest.param(make_compliance_change(resourceType="AWS::EC2::Instance"), id="not a bucket"),
        pytest.param(make_compliance_change(resourceType=["AWS::S3::Bucket"]), id="a list for the kind"),
        pytest.param(make_compliance_change(newEvaluationResult=None), id="without a result"),
    ],
)
def test_no_review_is_triggered_by(event):
    assert read(event, WATCHED, NOW) is None


def test_a_change_of_the_account_triggers_a_review_of_every_watched_bucket():
    record = {"request": {"accountId": "111122223333"}, "without": ("resources",)}
    change = make_change("PutAccountPublicAccessBlock", bucket="", **record)
    complaint = make_compliance_change(
        "s3-account-level-public-access-blocks-periodic", "111122223333", resourceType="AWS::::Account"
    )

    assert [buckets(event) for event in (change, complaint, make_schedule())] == [WATCHED] * 3


def test_every_copy_of_a_call_is_the_same_trigger():
    copies = [make_change(eventID=identity) for identity in ("a", "b")]

    assert len({read(copy, WATCHED, NOW).name for copy in copies}) == 1


def test_a_trigger_by_aws_config_has_its_rule_and_annotation():
    trigger = read(make_compliance_change(result={"annotation": "policy allows public"}), WATCHED, NOW)

    assert (trigger.finder, trigger.rule, trigger.reason, trigger.time) == (
        "AWS Config", "s3-bucket-public-read-prohibited", "policy allows public", 1795162443.234,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "known"),
    [
        pytest.param("s3-bucket-public-read-prohibited", True, id="public reads"),
        pytest.param("s3-bucket-public-write-prohibited-conformance-pack-qayjyopmd", True, id="of a pack"),
        pytest.param("s3-bucket-logging-enabled", False, id="logging"),
    ],
)
def test_rules_on_public_access_are_recognized(rule, known):
    assert read(make_compliance_change(rule), WATCHED, NOW).about_public_access is known


@pytest.mark.parametrize(
    "odd",
    [b"7", b"[]", b"NaN", rb'"\ud83d"', b'"\x00"', b"[" * 20_000 + b"]" * 20_000],
    ids=lambda odd: odd[:9],
)
def test_what_is_odd_beside_the_call_does_not_hide_it(odd):
    assert buckets(make_change().replace(b'"version":"0"', b'"version":' + odd)) == ("hr-data",)
    assert buckets(make_change().replace(b'"eventVersion":"1.11"', b'"eventVersion":' + odd)) == ("hr-data",)


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(b"{", id="no JSON"),
        pytest.param(b"[]", id="no object"),
        pytest.param(b'{"detail-type": "Something else", "detail": {}}', id="of another kind"),
        pytest.param(b'{"detail-type": "AWS API Call via CloudTrail", "detail": []}', id="without a record"),
    ],
)
def test_other_events_are_refused(event):
    with pytest.raises(RecordError):
        read(event, WATCHED, NOW)

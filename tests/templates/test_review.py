"""ReviewBucket and AWS Config's rules, asserted on the translated templates."""

from __future__ import annotations

import json
from typing import Any

import pytest
from s3watch.pipelines.review_triggers import CHANGES

from tests.support.cloudformation import deploy
from tests.support.project import ROOT
from tests.support.review_events import make_change, make_compliance_change
from tests.templates.test_event_patterns import passes

WATCHED = {"WatchedBuckets": "hr-data,finance-exports"}
STACK = deploy("template.yaml", **WATCHED)
READS = [
    "s3:GetBucketAcl", "s3:GetBucketOwnershipControls", "s3:GetBucketPolicy", "s3:GetBucketPolicyStatus",
    "s3:GetBucketPublicAccessBlock", "s3:GetReplicationConfiguration",
]  # fmt: skip
WITHOUT_RESOURCE = [
    "s3:GetAccessPoint", "s3:GetAccountPublicAccessBlock", "s3:ListAccessPoints", "s3:ListAllMyBuckets",
    "s3:ListMultiRegionAccessPoints", "s3express:ListAccessPointsForDirectoryBuckets",
    "s3express:ListAllMyDirectoryBuckets",
]  # fmt: skip
DIRECTORY_BUCKETS = [
    "s3express:GetAccessPoint",
    "s3express:GetAccessPointPolicy",
    "s3express:GetBucketPolicy",
]
RULES = ("Reviews/ChangeRule", "Reviews/ComplianceRule", "Reviews/Schedule")


def statements(**given: str) -> list[dict[str, Any]]:
    role = deploy("template.yaml", **WATCHED, **given)["ReviewBucketRole"]
    found: list[dict[str, Any]] = role["Policies"][0]["PolicyDocument"]["Statement"]
    return found


def of_s3(**given: str) -> dict[str, Any]:
    """What the role may do in S3, with the resources."""
    return {
        action: statement["Resource"]
        for statement in statements(**given)
        for action in statement["Action"]
        if action.startswith(("s3:", "s3express:"))
    }


def test_without_remediation_settings_are_only_read():
    watched = ["arn:aws:s3:::hr-data", "arn:aws:s3:::finance-exports"]
    points = [f"arn:aws:s3:{region}:111122223333:accesspoint/*" for region in ("eu-west-1", "")]

    assert of_s3() == {
        **dict.fromkeys(READS, watched),
        **dict.fromkeys(WITHOUT_RESOURCE, "*"),
        **dict.fromkeys(DIRECTORY_BUCKETS, "arn:aws:s3express:eu-west-1:111122223333:*"),
        "s3:GetAccessPointPolicy": points,
        "s3:GetAccessPointPolicyStatus": points,
        "s3:GetMultiRegionAccessPointPolicy": points,
        **dict.fromkeys(
            ["s3:GetAccessGrantsInstanceResourcePolicy", "s3:ListAccessGrants"],
            "arn:aws:s3:eu-west-1:111122223333:access-grants/default",
        ),
    }


@pytest.mark.parametrize(
    ("given", "more"),
    [
        pytest.param({"Remediate": "acl"}, {"s3:PutBucketAcl"}, id="acl"),
        pytest.param({"Remediate": "block"}, {"s3:PutBucketPublicAccessBlock"}, id="block"),
        pytest.param({"Remediate": "acl-dry-run"}, set(), id="acl, dry run"),
        pytest.param({"Remediate": "block-dry-run"}, set(), id="block, dry run"),
    ],
)
def test_remediation_may_do_the_one_thing_it_does(given, more):
    assert of_s3(**given).keys() - of_s3().keys() == more


def test_without_reviews_there_is_nothing_of_them():
    left = deploy("template.yaml", **WATCHED, ReviewBuckets="false").resources

    assert not [name for name in left if name.startswith(("Review", "Compliance"))]


@pytest.mark.parametrize(
    ("given", "mode", "dry_run"),
    [
        ("off", "off", "false"),
        ("acl", "acl", "false"),
        ("acl-dry-run", "acl", "true"),
        ("block", "block", "false"),
        ("block-dry-run", "block", "true"),
    ],
    ids=str,
)
def test_the_function_knows_its_own_role_and_how_far_it_may_go(given, mode, dry_run):
    stack = deploy("template.yaml", **WATCHED, Remediate=given)
    variables = stack["ReviewBucket"]["Environment"]["Variables"]

    assert {
        name: value for name, value in variables.items() if name.startswith(("S3WATCH_RE", "S3WATCH_OW"))
    } == {
        "S3WATCH_OWN_ROLE": "ReviewBucketRole.Arn",
        "S3WATCH_REMEDIATE": mode,
        "S3WATCH_REMEDIATE_DRY_RUN": dry_run,
    }


def pattern(rule: str) -> str:
    return json.dumps(STACK[rule]["EventPattern"])


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_every_change_that_is_reviewed_passes(name):
    assert passes(make_change(name), pattern("Reviews/ChangeRule"))


def test_a_change_of_a_directory_bucket_passes():
    bucket = "hr--use1-az4--x-s3"
    stack = deploy("template.yaml", WatchedBuckets=bucket)
    event = json.loads(make_change("PutBucketPolicy", bucket=bucket, eventSource="s3express.amazonaws.com"))
    event["source"] = "aws.s3express"

    assert passes(json.dumps(event), json.dumps(stack["Reviews/ChangeRule"]["EventPattern"]))


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(make_change("PutBucketPolicy", bucket="elsewhere"), id="of another bucket"),
        pytest.param(make_change("PutBucketTagging"), id="of something else"),
        pytest.param(make_change("PutBucketPolicy", errorCode="AccessDenied"), id="that was denied"),
    ],
)
def test_no_other_change_passes(event):
    assert not passes(event, pattern("Reviews/ChangeRule"))


@pytest.mark.parametrize(
    ("event", "through"),
    [
        pytest.param(make_compliance_change(), True, id="a bucket"),
        pytest.param(make_compliance_change(result={"complianceType": "COMPLIANT"}), False, id="compliant"),
        pytest.param(make_compliance_change(resourceType="AWS::EC2::Instance"), False, id="an instance"),
        pytest.param(
            make_compliance_change(
                "s3watch-s3-account-level-public-access-blocks-periodic", resourceType="AWS::::Account"
            ),
            True,
            id="the account",
        ),
        pytest.param(
            make_compliance_change("iam-password-policy", resourceType="AWS::::Account"), False,
            id="the account, about something else",
        ),
    ],
)  # fmt: skip
def test_aws_configs_word_passes(event, through):
    assert passes(event, pattern("Reviews/ComplianceRule")) is through


@pytest.mark.parametrize(
    ("name", "rule"),
    [("public-policy", "Reviews/ChangeRule"), ("review-not-compliant", "Reviews/ComplianceRule")],
)
def test_the_sample_events_pass(name, rule):
    assert passes((ROOT / "events" / f"{name}.json").read_text(encoding="utf-8"), pattern(rule))


@pytest.mark.parametrize("rule", RULES)
def test_an_occasion_that_can_not_be_queued_is_kept(rule):
    (target,) = STACK[rule]["Targets"]

    assert target["Arn"] == "Reviews/Queue.Arn"
    assert target["DeadLetterConfig"] == {"Arn": "Reviews/DeadLetterQueue.Arn"}


def test_the_queue_lets_in_our_rules_and_nobody_else():
    allowed, *denied = STACK["Reviews/QueuesPolicy"]["PolicyDocument"]["Statement"]

    assert allowed["Condition"] == {"ArnEquals": {"aws:SourceArn": [f"{rule}.Arn" for rule in RULES]}}
    assert [statement["Effect"] for statement in denied] == ["Deny", "Deny"]  # whom: test_queues.py


def test_a_change_stays_invisible_for_six_timeouts():
    assert STACK["Reviews/Queue"]["VisibilityTimeout"] >= 6 * STACK["ReviewBucket"]["Timeout"]


# AWS Config's rules


def config_rules(**given: str) -> set[str]:
    stack = deploy("stacks/posture.yaml", **given)
    return {rule["ConfigRuleName"] for rule in stack.of("AWS::Config::ConfigRule").values()}


def test_the_managed_rules_are_on_by_default_but_those_that_need_a_word():
    assert config_rules() == {
        "s3watch-s3-account-level-public-access-blocks-periodic",
        "s3watch-s3-bucket-acl-prohibited",
        "s3watch-s3-bucket-level-public-access-prohibited",
        "s3watch-s3-bucket-logging-enabled",
        "s3watch-s3-bucket-public-read-prohibited",
        "s3watch-s3-bucket-public-write-prohibited",
        "s3watch-s3-bucket-server-side-encryption-enabled",
        "s3watch-s3-bucket-ssl-requests-only",
        "s3watch-s3-bucket-versioning-enabled",
    }


def test_every_rule_can_be_had_or_left():
    asked = config_rules(ControlPolicy="{}", CheckKmsEncryption="true") - config_rules()
    off = ("CheckAccountBlock", "CheckLogging", "CheckTls", "CheckVersioning", "CheckAcls")
    left = config_rules(**dict.fromkeys(off, "false"))

    assert asked == {"s3watch-s3-bucket-policy-not-more-permissive", "s3watch-s3-default-encryption-kms"}
    assert left == {
        "s3watch-s3-bucket-level-public-access-prohibited",
        "s3watch-s3-bucket-public-read-prohibited",
        "s3watch-s3-bucket-public-write-prohibited",
        "s3watch-s3-bucket-server-side-encryption-enabled",
    }


@pytest.mark.parametrize(
    ("given", "made"),
    [
        pytest.param({"PostureRules": "true"}, True, id="asked for"),
        pytest.param({"PostureRules": "false"}, False, id="refused"),
        pytest.param({}, False, id="not asked for"),
    ],
)
def test_the_rules_are_a_stack_of_their_own(given, made):
    assert ("Posture" in deploy("template.yaml", **WATCHED, **given).resources) is made


def test_no_recorder_is_ever_made():
    stack = deploy("stacks/posture.yaml")

    assert {resource["Type"] for resource in stack.resources.values()} == {"AWS::Config::ConfigRule"}

"""The log buckets are evidence: who may write, delete and change what, by their policies."""

from __future__ import annotations

import pytest
from ministack.core.iam_evaluator import EvalContext, evaluate_resource_policy

from tests.support.cloudformation import Stack, deploy

ACCOUNT = "111122223333"
DEPLOYER = f"arn:aws:iam::{ACCOUNT}:role/deploy/pipeline"
SOMEBODY = f"arn:aws:iam::{ACCOUNT}:role/Administrator"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
TRAIL_ARN = f"arn:aws:cloudtrail:eu-west-1:{ACCOUNT}:trail/s3watch"
BUCKETS = ("Trail", "AccessLogFiles")
WRITES = (
    "s3:PutObject", "s3:PutObjectAcl", "s3:PutObjectVersionAcl", "s3:PutObjectAnnotation",
    "s3:PutObjectVersionAnnotation", "s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags",
    "s3:ReplicateObjectAnnotation", "s3:UpdateObjectEncryption",
)  # fmt: skip
DELETES = (
    "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:DeleteObjectAnnotation", "s3:BypassGovernanceRetention",
    "s3:PutObjectRetention", "s3:PutObjectLegalHold", "s3:PutObjectTagging", "s3:PutObjectVersionTagging",
)  # fmt: skip
CHANGES = (
    "s3:PutBucketPolicy", "s3:DeleteBucketPolicy", "s3:PutLifecycleConfiguration", "s3:PutBucketNotification",
    "s3:PutBucketVersioning", "s3:DeleteBucket", "s3:PutReplicationConfiguration", "s3:PutBucketAcl",
    "s3:PutEncryptionConfiguration", "s3:PutBucketPublicAccessBlock", "s3:PutBucketOwnershipControls",
    "s3:PutBucketObjectLockConfiguration", "s3:PutIntelligentTieringConfiguration",
    "s3:PutBucketRequestPayment",
)  # fmt: skip
READS = ("s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket", "s3:GetBucketPolicy")


def make(**given: str) -> Stack:
    return deploy("template.yaml", WatchedBuckets="hr-data", AccessLogDays="90", **given)


OPEN, ADMINISTERED = make(), make(LogBucketAdmins=f"{DEPLOYER},arn:aws:iam::*:role/aws-reserved/*")


def decide(stack: Stack, bucket: str, action: str, who: str, source: str = "") -> str:
    """What the bucket's policy says of a request by TLS: Allow, Deny or nothing (ImplicitDeny)."""
    service = who if who.endswith(".amazonaws.com") else ""
    logs = f"{bucket}/Logs.Arn"  # as the test's resolver writes the bucket's ARN
    on_bucket = action in CHANGES or action.startswith(("s3:ListBucket", "s3:GetBucket"))
    context = EvalContext(
        principal_arn="*" if service else who,
        principal_type="Service" if service else "AssumedRole",
        principal_account="" if service else ACCOUNT,
        action=action,
        resource_arn=logs if on_bucket else f"{logs}/AWSLogs/{ACCOUNT}/CloudTrail/a.json.gz",
        region="eu-west-1",
        secure_transport=True,
        service_context={
            "aws:principalisawsservice": str(bool(service)).lower(),
            "s3:x-amz-acl": "bucket-owner-full-control",
            "aws:sourceaccount": ACCOUNT,
            "aws:sourcearn": source,
        },
    )
    policy = stack[f"{bucket}/LogsPolicy"]["PolicyDocument"]
    return str(evaluate_resource_policy(policy, context, service=service).decision)


@pytest.mark.parametrize(
    ("bucket", "service", "source"),
    [
        ("Trail", "cloudtrail.amazonaws.com", TRAIL_ARN),
        ("AccessLogFiles", "logging.s3.amazonaws.com", "arn:aws:s3:::hr-data"),
    ],
    ids=BUCKETS,
)
@pytest.mark.parametrize("stack", [OPEN, ADMINISTERED], ids=["by default", "administered"])
def test_the_service_that_delivers_writes(stack: Stack, bucket: str, service: str, source: str):
    assert decide(stack, bucket, "s3:PutObject", service, source) == "Allow"


def test_another_trail_does_not_write():
    other = TRAIL_ARN.replace("s3watch", "theirs")

    assert decide(OPEN, "Trail", "s3:PutObject", "cloudtrail.amazonaws.com", other) != "Allow"


@pytest.mark.parametrize("action", WRITES)
@pytest.mark.parametrize("who", [SOMEBODY, DEPLOYER, ROOT], ids=["somebody", "the deployer", "root"])
@pytest.mark.parametrize("bucket", BUCKETS)
def test_nobody_else_writes(bucket: str, who: str, action: str):
    assert [decide(stack, bucket, action, who) for stack in (OPEN, ADMINISTERED)] == ["Deny", "Deny"]


@pytest.mark.parametrize("action", DELETES)
@pytest.mark.parametrize("bucket", BUCKETS)
def test_only_named_roles_delete(bucket: str, action: str):
    assert [decide(OPEN, bucket, action, who) for who in (SOMEBODY, DEPLOYER)] == ["Deny", "Deny"]
    assert decide(ADMINISTERED, bucket, action, SOMEBODY) == "Deny"
    assert decide(ADMINISTERED, bucket, action, DEPLOYER) != "Deny"


@pytest.mark.parametrize("action", CHANGES)
@pytest.mark.parametrize("bucket", BUCKETS)
def test_only_named_roles_change_the_bucket(bucket: str, action: str):
    assert decide(ADMINISTERED, bucket, action, SOMEBODY) == "Deny"
    assert decide(ADMINISTERED, bucket, action, DEPLOYER) != "Deny"


@pytest.mark.parametrize("action", CHANGES)
@pytest.mark.parametrize("bucket", BUCKETS)
def test_by_default_whoever_deploys_can_update_the_stack(bucket: str, action: str):
    assert decide(OPEN, bucket, action, DEPLOYER) != "Deny"


def test_a_named_role_may_have_a_wildcard():
    person = f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0123456789ab"

    assert decide(ADMINISTERED, "Trail", "s3:PutBucketPolicy", person) != "Deny"


@pytest.mark.parametrize("action", READS)
@pytest.mark.parametrize("bucket", BUCKETS)
def test_reading_is_not_denied(bucket: str, action: str):
    assert decide(ADMINISTERED, bucket, action, SOMEBODY) != "Deny"


@pytest.mark.parametrize("bucket", BUCKETS)
def test_the_protection_outlives_the_stack_as_the_bucket_does(bucket: str):
    policy = OPEN.resources[f"{bucket}/LogsPolicy"]

    assert (policy["DeletionPolicy"], policy["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")


@pytest.mark.parametrize(
    ("lock", "retention"),
    [
        ("off", None),
        ("governance", {"Mode": "GOVERNANCE", "Days": "30"}),
        ("compliance", {"Mode": "COMPLIANCE", "Days": "30"}),
    ],
    ids=["off", "governance", "compliance"],
)
def test_log_files_are_locked_as_long_as_they_are_kept(lock: str, retention: dict[str, str] | None):
    logs = make(TrailLock=lock, TrailRetentionDays="30")["Trail/Logs"]

    assert logs.get("ObjectLockEnabled") is (True if retention else None)
    assert logs.get("ObjectLockConfiguration") == (
        {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": retention}} if retention else None
    )


def test_access_logs_are_never_locked_because_s3_could_not_deliver_them():
    assert "ObjectLockEnabled" not in make(TrailLock="compliance")["AccessLogFiles/Logs"]


def test_cloudtrail_signs_what_it_delivers():
    assert OPEN["Trail/Trail"]["EnableLogFileValidation"] is True

"""The bucket of stacks/access-logs.yaml: S3 can log to it, and nobody else."""

from __future__ import annotations

from s3watch_cli.attach.bucket_settings import log_bucket_problems
from s3watch_cli.attach.calls import Account
from s3watch_cli.attach.desired_settings import Options, log_file_queue

from tests.support.cloudformation import deploy

QUEUE = "arn:aws:sqs:eu-west-1:111122223333:s3watch-log-files"
STACK = deploy("stacks/access-logs.yaml", BucketName="s3watch-access-logs", QueueArn=QUEUE)


def test_s3_can_log_to_it():
    logs = STACK["Logs"]
    [rule] = logs["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    facts = {
        "encryption": rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"],
        "lock": logs.get("ObjectLockConfiguration"),
        "payer": None,
        "policy": STACK["LogsPolicy"]["PolicyDocument"],
    }

    assert list(log_bucket_problems(facts)) == []


def test_s3_may_write_log_files_of_this_accounts_buckets_and_everybody_needs_tls():
    statements = STACK["LogsPolicy"]["PolicyDocument"]["Statement"]

    assert [one for one in statements if not one["Sid"].startswith("NobodyElse")] == [
        {
            "Sid": "OurBucketsLog",
            "Effect": "Allow",
            "Principal": {"Service": "logging.s3.amazonaws.com"},
            "Action": "s3:PutObject",
            "Resource": "Logs.Arn/*",
            "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}},
        },
        {
            "Sid": "OnlyByTLS",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": ["Logs.Arn", "Logs.Arn/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
    ]


def test_the_queue_hears_of_each_new_log_file():
    assert STACK["Logs"]["NotificationConfiguration"] == {
        "QueueConfigurations": [{"Event": "s3:ObjectCreated:*", "Queue": QUEUE}]
    }


def test_log_files_are_private_and_end():
    logs = STACK["Logs"]

    assert set(logs["PublicAccessBlockConfiguration"].values()) == {True}
    assert logs["LifecycleConfiguration"]["Rules"][0]["ExpirationInDays"] == 90


def test_log_files_outlive_the_stack():
    assert STACK.resources["Logs"]["UpdateReplacePolicy"] == "Retain"


def test_a_creation_that_failed_leaves_no_bucket_of_that_name_behind():
    assert STACK.resources["Logs"]["DeletionPolicy"] == "RetainExceptOnCreate"


def test_there_is_none_unless_it_is_asked_for():
    assert "AccessLogFiles" not in deploy("template.yaml", WatchedBuckets="hr-data").resources


def test_attach_knows_the_queue_by_the_name_that_the_template_gives():
    stack = deploy("template.yaml", WatchedBuckets="hr-data", AccessLogDays="30")
    account = Account("111122223333", "aws", "eu-west-1", client=None)

    made = stack["AccessLogFiles"]["Parameters"]
    assert made["RetentionDays"] == "30"
    assert made["QueueArn"] == log_file_queue(account, Options()) == QUEUE


def test_attach_knows_the_bucket_by_an_output():
    stack = deploy("template.yaml", WatchedBuckets="hr-data", AccessLogDays="30")

    assert stack.outputs["AccessLogBucket"] == "AccessLogFiles/Logs"


def test_the_bucket_has_another_name_where_one_is_given():
    stack = deploy(
        "template.yaml", WatchedBuckets="hr-data", AccessLogDays="30", AccessLogBucketName="logs-2"
    )

    assert stack["AccessLogFiles/Logs"]["BucketName"] == "logs-2"

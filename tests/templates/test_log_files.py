"""Log files and S3's own events, asserted on the template: who may announce files, and which are read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ministack.services import eventbridge

from tests.support.cloudformation import Stack, deploy

KEY = "arn:aws:kms:eu-west-1:111122223333:key/0a1b2c3d"
CENTRAL = {"ExistingTrail": "organization", "LogBuckets": "arn:aws:s3:::org-logs,arn:aws:s3:::more-logs"}
QUEUE_ARN = "arn:aws:sqs:eu-west-1:111122223333:s3watch-log-files"


def make(**given: str) -> Stack:
    return deploy("template.yaml", **({"WatchedBuckets": "hr-data,finance-exports"} | given))


STACK = make()


def senders(stack: Stack) -> dict[str, Any]:
    statements = stack["LogFiles/QueuesPolicy"]["PolicyDocument"]["Statement"]
    return {
        one["Sid"]: (one["Principal"], one["Condition"]) for one in statements if one["Effect"] == "Allow"
    }


def read_by_scan_logs(stack: Stack) -> list[tuple[Any, Any]]:
    statements = stack["ScanLogsRole"]["Policies"][0]["PolicyDocument"]["Statement"]
    return [(one["Action"], one["Resource"]) for one in statements if "s3:GetObject" in one["Action"]]


def test_buckets_of_this_account_may_announce_log_files_and_no_topic_may():
    assert senders(STACK) == {
        "OurBucketsAnnounce": (
            {"Service": "s3.amazonaws.com"},
            {"StringEquals": {"aws:SourceAccount": "111122223333"}},
        )
    }


def test_topics_that_are_named_may_announce_log_files():
    topics = "arn:aws:sns:eu-west-1:111122223333:trail,arn:aws:sns:eu-west-1:444455556666:organization"

    assert senders(make(**CENTRAL, LogFileTopics=topics))["TrailsTopicsAnnounce"] == (
        {"Service": "sns.amazonaws.com"},
        {"ArnEquals": {"aws:SourceArn": topics.split(",")}},
    )


def test_named_log_buckets_of_any_account_may_announce_them_too():
    assert senders(make(**CENTRAL))["LogBucketsAnnounce"] == (
        {"Service": "s3.amazonaws.com"},
        {"ArnEquals": {"aws:SourceArn": ["arn:aws:s3:::org-logs", "arn:aws:s3:::more-logs"]}},
    )


GET = ["s3:GetObject", "s3:GetObjectVersion"]


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ({}, [(GET, "arn:aws:s3:::Trail/Logs/AWSLogs/*")]),
        ({"ExistingTrail": "organization"}, []),
        (CENTRAL, [(GET, ["arn:aws:s3:::org-logs/*", "arn:aws:s3:::more-logs/*"])]),
        (
            {"ScanLogFiles": "false", "AccessLogDays": "90"},
            [(GET, "arn:aws:s3:::AccessLogFiles/Logs/*")],
        ),
    ],
    ids=["our own trail", "another trail", "central buckets", "access logs alone"],
)
def test_scan_logs_reads_log_files_and_nothing_else(given: dict[str, str], read: list[Any]):
    assert read_by_scan_logs(make(**given)) == read


@pytest.mark.parametrize(
    ("given", "known"),
    [
        ({}, "Trail/Logs,,"),
        ({"ExistingTrail": "organization"}, ",,"),
        (CENTRAL, ",,arn:aws:s3:::org-logs,arn:aws:s3:::more-logs"),
        ({"ScanLogFiles": "false", "AccessLogDays": "90"}, "Trail/Logs,AccessLogFiles/Logs,"),
    ],
    ids=["our own trail", "another trail", "central buckets", "access logs beside a trail that is not read"],
)
def test_the_functions_know_the_log_buckets(given: dict[str, str], known: str):
    stack = make(**given)

    for name in ("Detect", "ScanLogs", "Sweep"):
        assert stack[name]["Environment"]["Variables"]["S3WATCH_LOG_BUCKETS"] == known, name


def test_files_that_are_encrypted_with_a_key_are_decrypted_with_it():
    statements = make(**CENTRAL, LogFileKeys=KEY)["ScanLogsRole"]["Policies"][0]["PolicyDocument"][
        "Statement"
    ]

    assert statements[-1] == {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": [KEY]}


def test_a_file_stays_invisible_for_six_timeouts():
    assert STACK["LogFiles/Queue"]["VisibilityTimeout"] >= 6 * STACK["ScanLogs"]["Timeout"]


def test_files_outlast_a_long_weekend_without_the_ledger():
    queue = STACK["LogFiles/Queue"]

    assert queue["RedrivePolicy"]["maxReceiveCount"] * queue["VisibilityTimeout"] >= 4 * 86400


def test_scan_logs_answers_for_single_files():
    mapping = STACK["ScanLogsQueue"]

    assert (mapping["BatchSize"], mapping["FunctionResponseTypes"]) == (4, ["ReportBatchItemFailures"])


def test_the_names_that_log_buckets_know_are_given():
    assert STACK["LogFiles/Queue"]["QueueName"] == QUEUE_ARN.rpartition(":")[2]
    assert STACK["LogFiles/DeadLetterQueue"]["RedriveAllowPolicy"]["sourceQueueArns"] == [QUEUE_ARN]


def test_without_log_files_nothing_of_it_is_made():
    made = make(ScanLogFiles="false").resources

    assert not [name for name in made if name.startswith(("ScanLogs", "LogFile"))]


def test_the_trails_bucket_announces_log_files_if_there_is_a_queue():
    given = {"TrailName": "s3watch", "BucketArns": "arn:aws:s3:::hr-data"}
    quiet = deploy("stacks/trail.yaml", **given)["Logs"]
    told = deploy("stacks/trail.yaml", **given, LogFileQueueArn=QUEUE_ARN)["Logs"]

    rules = [{"Name": "prefix", "Value": "AWSLogs/"}, {"Name": "suffix", "Value": ".json.gz"}]
    assert "NotificationConfiguration" not in quiet
    assert told["NotificationConfiguration"]["QueueConfigurations"] == [
        {"Event": "s3:ObjectCreated:*", "Queue": QUEUE_ARN, "Filter": {"S3Key": {"Rules": rules}}}
    ]


def passes(bucket: str, detail_type: str = "Object Deleted", **given: str) -> bool:
    """EventBridge's TestEventPattern."""
    pattern = json.dumps(make(ObjectDeletedEvents="true", **given)["ObjectDeletedRule"]["EventPattern"])
    event = {
        "id": "1", "source": "aws.s3", "detail-type": detail_type, "account": "111122223333",
        "time": "2026-11-20T08:14:03Z", "region": "eu-west-1", "resources": [],
        "detail": {"bucket": {"name": bucket}, "object": {"key": "payroll/q3.csv"}},
    }  # fmt: skip
    _, _, body = eventbridge._test_event_pattern({"Event": json.dumps(event), "EventPattern": pattern})
    return bool(json.loads(body)["Result"])


@pytest.mark.parametrize(
    ("bucket", "given", "passed"),
    [("hr-data", {}, True), ("elsewhere", {}, False), ("elsewhere", {"FilterByBucket": "false"}, True)],
    ids=["a watched bucket", "another bucket", "too many buckets for a pattern"],
)
def test_deletions_in_watched_buckets_are_taken(bucket: str, given: dict[str, str], passed: bool):
    assert passes(bucket, **given) is passed


def test_other_events_of_s3_are_left():
    assert not passes("hr-data", "Object Created")


def test_the_events_queue_lets_deletions_in_only_where_they_are_wanted():
    stack = make(ObjectDeletedEvents="true")
    statement = stack["EventQueuesPolicy"]["PolicyDocument"]["Statement"][0]

    assert "ObjectDeletedRule.Arn" in statement["Condition"]["ArnEquals"]["aws:SourceArn"]
    assert stack["Detect"]["Environment"]["Variables"].keys() >= {"S3WATCH_QUEUE_URL"}
    assert "ObjectDeletedRule" not in STACK.resources


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, ("none", "none")),
        (
            {"AccessLogDays": "90", "AccessLogAccounts": "444455556666,777788889999"},
            ("444455556666,777788889999", "AccessLogFiles/Logs"),
        ),
    ],
    ids=["by default", "copies, and a bucket of our own"],
)
def test_the_function_knows_whose_access_logs_there_are(given, told):
    variables = make(**given)["ScanLogs"]["Environment"]["Variables"]

    assert (variables["S3WATCH_ACCESS_LOG_ACCOUNTS"], variables["S3WATCH_OWN_ACCESS_LOGS"]) == told


@pytest.mark.parametrize(
    ("given", "keys"),
    [({}, "none"), ({"LogFileKeys": f"{KEY},{KEY}2"}, f"{KEY},{KEY}2")],
    ids=["without keys", "with keys"],
)
def test_the_function_knows_of_which_kms_keys_the_calls_count(given, keys):
    assert make(**given)["ScanLogs"]["Environment"]["Variables"]["S3WATCH_LOG_FILE_KEYS"] == keys

"""What brings findings to RelayFinding, asserted on the template; its pattern as the local AWS judges it."""

from __future__ import annotations

import json

import pytest
from s3watch.findings.access_analyzer import RESOURCES
from s3watch.findings.trusted_advisor import CHECKS

from tests.support.cloudformation import deploy
from tests.support.project import ROOT
from tests.support.sample_findings import (
    advisor,
    analyzer,
    credentials,
    guardduty,
    macie,
    macie_policy,
    make_event,
    scan,
    sequence,
)
from tests.templates.test_event_patterns import LIMIT, passes

SQS = "arn:aws:sqs:eu-west-1:111122223333"
KEY = "arn:aws:kms:eu-west-1:111122223333:key/0a1b2c3d"
STACK = deploy("template.yaml", WatchedBuckets="hr-data")
RULE = STACK["Findings/Rule"]
PATTERN = json.dumps(RULE["EventPattern"], separators=(",", ":"))

HITS = {
    "a threat": guardduty(), "an archived one": guardduty(service={"archived": True}),
    "a policy finding": guardduty(type="Policy:S3/BucketPublicAccessGranted"),
    "a malicious file": guardduty(type="Object:S3/MaliciousFile"),
    "a kind not known yet": guardduty(type="Novel:S3/Thing"),
    "credentials elsewhere": credentials(), "an attack on data": sequence(),
    "an attack on credentials": sequence(type="AttackSequence:IAM/CompromisedCredentials"),
    "malware": scan(), "an object not to be read": scan("ACCESS_DENIED"), "a failed scan": scan("FAILED"),
    "sensitive data": macie(), "a weakened bucket": macie_policy(),
    "open permissions": advisor(), "mended permissions": advisor(status="OK"),
    "logging": advisor(**{"check-name": "Amazon S3 Bucket Logging"}),
    "access logs": advisor(**{"check-name": "Amazon S3 Server Access Logs Enabled"}),
    "outside access": analyzer(), "inside access": analyzer("Internal Access Finding"),
    "a directory bucket": analyzer(resourceType="AWS::S3Express::DirectoryBucket"),
    "what could not be judged": analyzer(error="ACCESS_DENIED", principal=None),
}  # fmt: skip
MISSES = {
    "an instance's finding": guardduty(type="Backdoor:EC2/C&CActivity.B!DNS"),
    "a clean object": scan("NO_THREATS_FOUND"), "an object of another kind": scan("UNSUPPORTED"),
    "another check": advisor(**{"check-name": "Amazon S3 Bucket Versioning"}),
    "another resource": analyzer(resourceType="AWS::IAM::Role"),
    "unused access": analyzer("Unused Access Finding for IAM entities"),
    "another service": make_event("aws.securityhub", "Security Hub Findings - Imported", {}),
    "somebody else's finding": guardduty() | {"source": "custom.app"},
    "a finding's call": guardduty() | {"detail-type": "AWS API Call via CloudTrail"},
}  # fmt: skip


@pytest.mark.parametrize("event", HITS.values(), ids=HITS)
def test_findings_about_s3_pass(event):
    assert passes(json.dumps(event), PATTERN)


@pytest.mark.parametrize("event", MISSES.values(), ids=MISSES)
def test_other_events_are_left_out(event):
    assert not passes(json.dumps(event), PATTERN)


@pytest.mark.parametrize("path", sorted((ROOT / "events").glob("finding-*.json")), ids=lambda path: path.stem)
def test_the_sample_findings_pass(path):
    assert passes(path.read_text(encoding="utf-8"), PATTERN)


def test_the_pattern_asks_for_what_the_library_reads():
    branches = RULE["EventPattern"]["$or"]
    checks = next(
        branch["detail"]["check-name"] for branch in branches if "check-name" in branch.get("detail", {})
    )
    resources = next(b["detail"]["resourceType"] for b in branches if "resourceType" in b.get("detail", {}))

    assert ([check["prefix"] for check in checks], resources) == (list(CHECKS), list(RESOURCES))


def test_the_pattern_is_short_enough():
    assert len(PATTERN) <= LIMIT


def test_the_rule_retries_for_a_day_and_then_keeps_the_finding():
    assert RULE["Targets"] == [
        {
            "Id": "queue",
            "Arn": "Findings/Queue.Arn",
            "RetryPolicy": {"MaximumRetryAttempts": 185, "MaximumEventAgeInSeconds": 86400},
            "DeadLetterConfig": {"Arn": "Findings/DeadLetterQueue.Arn"},
        }
    ]


def test_its_queues_let_in_the_rule_and_nobody_else():
    allow, *deny = STACK["Findings/QueuesPolicy"]["PolicyDocument"]["Statement"]

    assert (allow["Principal"], allow["Action"], allow["Condition"]) == (
        {"Service": "events.amazonaws.com"},
        "sqs:SendMessage",
        {"ArnEquals": {"aws:SourceArn": "Findings/Rule.Arn"}},
    )
    assert [statement["Effect"] for statement in deny] == ["Deny", "Deny"]  # whom: test_queues.py


@pytest.mark.parametrize("queue", ["Findings/Queue", "Findings/DeadLetterQueue"], ids=str)
def test_a_queue_keeps_findings_as_long_as_sqs_can_and_encrypts_them(queue):
    own = deploy("template.yaml", WatchedBuckets="hr-data", KmsKeyArn=KEY)

    assert (STACK[queue]["MessageRetentionPeriod"], STACK[queue]["SqsManagedSseEnabled"]) == (
        14 * 86400,
        True,
    )
    assert own[queue]["KmsMasterKeyId"] == KEY


def test_findings_stay_invisible_for_six_timeouts():
    assert STACK["Findings/Queue"]["VisibilityTimeout"] >= 6 * STACK["RelayFinding"]["Timeout"]


def test_only_the_findings_may_redrive_into_their_dead_letters():
    named = f"arn:aws:sqs:eu-west-1:111122223333:{STACK['Findings/Queue']['QueueName']}"

    assert STACK["Findings/DeadLetterQueue"]["RedriveAllowPolicy"]["sourceQueueArns"] == [named]


def test_the_function_answers_for_single_messages():
    assert STACK["RelayFindingQueue"] == {
        "EventSourceArn": "Findings/Queue.Arn",
        "FunctionName": "RelayFinding",
        "BatchSize": 10,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "ScalingConfig": {"MaximumConcurrency": 2},
    }


def test_the_function_has_settings_logs_and_a_role_of_its_own():
    function = STACK["RelayFinding"]

    assert function["Role"] == "RelayFindingRole.Arn"
    assert function["LoggingConfig"] == {
        "LogFormat": "JSON",
        "SystemLogLevel": "WARN",
        "LogGroup": "RelayFindingLogs",
    }
    assert STACK["RelayFindingLogs"] == {
        "LogGroupName": "/aws/lambda/s3watch-relay-finding",
        "RetentionInDays": 90,
    }
    assert function["Environment"]["Variables"].items() >= {
        ("S3WATCH_QUEUE_URL", "Findings/Queue"),
        ("S3WATCH_DEAD_LETTER_QUEUE_URL", "Findings/DeadLetterQueue"),
        ("S3WATCH_FINDINGS_ELSEWHERE", "true"),
        ("S3WATCH_LEDGER_TABLE", "Ledger"),
    }


def test_findings_elsewhere_are_left_where_only_watched_ones_are_wanted():
    watched = deploy("template.yaml", WatchedBuckets="hr-data", RelayFindings="watched")

    assert watched["RelayFinding"]["Environment"]["Variables"]["S3WATCH_FINDINGS_ELSEWHERE"] == "false"


def test_its_role_may_do_no_more_than_it_does():
    statements = STACK["RelayFindingRole"]["Policies"][0]["PolicyDocument"]["Statement"]

    assert {statement["Resource"]: statement["Action"] for statement in statements} == {
        "RelayFindingLogs.Arn": ["logs:CreateLogStream", "logs:PutLogEvents"],
        f"{SQS}:{STACK['Findings/Queue']['QueueName']}": [
            "sqs:ReceiveMessage",
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "sqs:ChangeMessageVisibility",
        ],
        f"{SQS}:{STACK['Findings/DeadLetterQueue']['QueueName']}": "sqs:SendMessage",
        "Ledger.Arn": ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
    }


def test_switched_off_nothing_of_it_is_made():
    off = deploy("template.yaml", WatchedBuckets="hr-data", RelayFindings="off")

    assert [name for name in off.resources if "Finding" in name] == []

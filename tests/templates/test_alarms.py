"""The alarms, asserted on the template: the local AWS looks at neither dimensions nor missing data."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.cloudformation import deploy
from tests.support.local_aws import EVERY_OPTION

FUNCTIONS = ("Detect", "Notify", "Sweep")
STACK = deploy("template.yaml", WatchedBuckets="hr-data")
ALARMS = STACK.of("AWS::CloudWatch::Alarm")
NAMED = {function["FunctionName"]: name for name, function in STACK.of("AWS::Lambda::Function").items()}


def looks_at(alarm: dict[str, Any]) -> str:
    """The resource an alarm looks at; an optional part's stack knows its function by its name."""
    [dimension] = alarm["Dimensions"]
    return str(NAMED.get(dimension["Value"], dimension["Value"]))


@pytest.mark.parametrize("alarm", ALARMS, ids=str)
def test_an_alarm_tells_operations_what_to_do(alarm):
    properties = ALARMS[alarm]

    assert properties["AlarmActions"] == ["OperationsTopic"]
    assert properties["AlarmDescription"].count(".") >= 2, "what happened, then what to do"


@pytest.mark.parametrize("alarm", ALARMS, ids=str)
def test_an_alarm_looks_at_something_of_this_stack(alarm):
    assert looks_at(ALARMS[alarm]).partition(".")[0] in {*STACK.resources, "s3watch"}


RULES = (
    "S3Rule",
    "TrailRule",
    "OwnCalls/Rule",
    "SweepEveryMinute",
    "Findings/Rule",
    "Reviews/ChangeRule",
    "Reviews/ComplianceRule",
    "Reviews/Schedule",
)


def test_everything_that_can_fail_has_its_alarm():
    watched = {(a["Namespace"], a["MetricName"], looks_at(a)) for a in ALARMS.values()}

    assert watched == {
        ("AWS/SQS", "ApproximateNumberOfMessagesVisible", "DeadLetterQueue.QueueName"),
        ("AWS/SQS", "ApproximateNumberOfMessagesVisible", "UndeliveredQueue.QueueName"),
        ("AWS/SQS", "ApproximateAgeOfOldestMessage", "EventQueue.QueueName"),
        *(("AWS/Lambda", metric, name) for metric in ("Errors", "Throttles") for name in FUNCTIONS),
        ("AWS/Lambda", "IteratorAge", "Notify"),
        ("AWS/Lambda", "Errors", "CheckHealth"),
        *(("AWS/Lambda", "Invocations", name) for name in ("CheckHealth", "Sweep")),
        ("S3Watch", "RuleFailures", "s3watch"),
        ("S3Watch", "EnrichmentFailures", "s3watch"),
        ("S3Watch", "BucketsUnwatched", "s3watch"),
        ("S3Watch", "CanarySeconds", "s3watch"),
        ("S3Watch", "MessagesDelayed", "s3watch"),
        ("S3Watch", "RecordsFailed", "s3watch"),
        ("AWS/DynamoDB", "WriteThrottleEvents", "Ledger"),
        ("AWS/SNS", "NumberOfNotificationsFailed", "AlertTopic.TopicName"),
        ("AWS/SNS", "NumberOfNotificationsFailed", "ChatTopic.TopicName"),
        ("AWS/SNS", "NumberOfNotificationsFailed", "MachineTopic.TopicName"),
        *(("AWS/Events", "FailedInvocations", rule) for rule in RULES),
        ("AWS/SQS", "ApproximateNumberOfMessagesVisible", "Findings/DeadLetterQueue.QueueName"),
        ("AWS/SQS", "ApproximateAgeOfOldestMessage", "Findings/Queue.QueueName"),
        *(("AWS/Lambda", metric, "RelayFinding") for metric in ("Errors", "Throttles")),
        ("AWS/SQS", "ApproximateNumberOfMessagesVisible", "LogFiles/DeadLetterQueue.QueueName"),
        ("AWS/SQS", "ApproximateAgeOfOldestMessage", "LogFiles/Queue.QueueName"),
        ("AWS/SQS", "NumberOfMessagesSent", "LogFiles/Queue.QueueName"),
        ("S3Watch", "LogFilesForeign", "s3watch"),
        ("AWS/SQS", "ApproximateNumberOfMessagesVisible", "Reviews/DeadLetterQueue.QueueName"),
        ("AWS/SQS", "ApproximateAgeOfOldestMessage", "Reviews/Queue.QueueName"),
        *(("AWS/Lambda", metric, "ReviewBucket") for metric in ("Errors", "Throttles")),
        *(("AWS/Lambda", metric, "ScanLogs") for metric in ("Errors", "Throttles")),
    }


def test_silence_is_reported_after_the_hours_asked_for():
    stack = deploy("template.yaml", WatchedBuckets="hr-data", SilenceHours="6")

    alarm = stack["Alarms/SilenceAlarm"]

    assert {each["MetricStat"]["Period"] for each in alarm["Metrics"][1:]} == {3600}
    assert (alarm["EvaluationPeriods"], alarm["ComparisonOperator"]) == ("6", "LessThanThreshold")


@pytest.mark.parametrize(
    ("canary", "expression", "metrics"),
    [
        ("own-trail", "events - 1 * FILL(canary, 0)", ["NumberOfMessagesSent", "Invocations"]),
        ("off", "events", ["NumberOfMessagesSent"]),
    ],
    ids=["with a canary", "without"],
)
def test_the_canary_ends_no_silence(canary: str, expression: str, metrics: list[str]):
    stack = deploy("template.yaml", WatchedBuckets="hr-data", SilenceHours="6", Canary=canary)

    others, *counted = stack["Alarms/SilenceAlarm"]["Metrics"]

    assert others["Expression"] == expression
    assert [each["MetricStat"]["Metric"]["MetricName"] for each in counted] == metrics


OTHERS = {"ExistingTrail": "organization", "LogBuckets": "arn:aws:s3:::org-logs"}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (OTHERS, True),
        ({}, True),
        ({"ExistingTrail": "organization"}, False),
        ({"ScanLogFiles": "false", "AccessLogDays": "90"}, False),
        ({**OTHERS, "ScanLogFiles": "false", "AccessLogDays": "90"}, False),
    ],
    ids=["another trail", "our own trail", "no bucket", "access logs alone", "and another trail"],
)
def test_a_day_without_log_files_is_told_where_a_trails_are_expected(given: dict[str, str], expected: bool):
    alarm = deploy("template.yaml", WatchedBuckets="hr-data", **given).resources.get("LogFiles/NoFilesAlarm")

    assert (alarm is not None) is expected


def test_hours_before_the_queue_was_made_are_no_day_without_log_files():
    alarm = deploy("template.yaml", WatchedBuckets="hr-data", **OTHERS)["LogFiles/NoFilesAlarm"]

    assert (alarm["MetricName"], alarm["Period"] * alarm["EvaluationPeriods"], alarm["TreatMissingData"]) == (
        "NumberOfMessagesSent", 86400, "notBreaching",
    )  # fmt: skip


EVERY = deploy("template.yaml", **EVERY_OPTION).of("AWS::CloudWatch::Alarm")


@pytest.mark.parametrize("alarm", EVERY, ids=str)
def test_no_alarm_rings_over_the_time_before_the_first_deployment(alarm):
    """Of that time there are no data: as breaching, they would raise the alarm as soon as it is created."""
    assert EVERY[alarm]["TreatMissingData"] in {"notBreaching", "missing"}


@pytest.mark.parametrize("function", ["CheckHealth", "Sweep"])
def test_a_schedule_that_stopped_has_no_data_and_is_told_of_even_so(function: str):
    alarm = ALARMS[f"Alarms/{function}StoppedAlarm"]

    assert (alarm["TreatMissingData"], alarm["InsufficientDataActions"]) == ("missing", ["OperationsTopic"])

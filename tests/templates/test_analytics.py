"""stacks/analytics.yaml: metric filters and alarms, asserted on the template."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.support.analytics_stacks import OBJECTS, TOPIC, analysis, sensitive
from tests.support.cloudtrail import make_record, make_resources, make_user
from tests.support.filter_patterns import LIMIT, compile_pattern

STACK = analysis(SensitiveObjects=OBJECTS)
BY_METRIC = analysis(PresignedByUser="metric")
OBJECT = sensitive()
ALARMS = STACK.of("AWS::CloudWatch::Alarm") | OBJECT.of("AWS::CloudWatch::Alarm")
FILTERS = {
    name: resource
    for stack in (STACK, BY_METRIC, OBJECT)
    for name, resource in stack.of("AWS::Logs::MetricFilter").items()
    if "/" not in name  # those of the sensitive objects: one stands for all
}

PRESIGNED = {"AuthenticationMethod": "QueryString"}
COPY_OUT = make_record(
    eventName="CopyObject",
    bucket="scratch",
    key="x",
    resources=make_resources("scratch", "x") + make_resources("hr-data", "payroll/2026/q3.csv"),
)


def counts(name: str, record: dict[str, Any]) -> bool:
    return compile_pattern(FILTERS[name]["FilterPattern"])(record)


@pytest.mark.parametrize("name", FILTERS, ids=str)
def test_a_pattern_is_short_enough_and_understood(name):
    pattern = FILTERS[name]["FilterPattern"]

    compile_pattern(pattern)
    assert len(pattern) <= LIMIT
    assert "%" not in pattern  # a log group has five regular expressions, and we need none


@pytest.mark.parametrize(
    ("record", "filters"),
    [
        (make_record(), {"Accesses"}),
        (make_record(resources=make_resources("hr-data", "payroll/x")[::-1]), {"Accesses"}),
        (COPY_OUT, {"Accesses"}),
        (make_record(errorCode="AccessDenied"), {"Denials"}),
        (make_record(errorCode="AllAccessDisabled"), {"Denials"}),
        (make_record(errorCode="NoSuchKey"), set()),
        (make_record(key="reviews/x"), set()),
        (make_record(bucket="old-hr-data"), set()),
        (make_record(additional=PRESIGNED), {"Accesses", "PresignedReads"}),
        (
            make_record(additional=PRESIGNED, userIdentity=make_user()),
            {"Accesses", "PresignedReads", "PresignedByUserFilter"},
        ),
        (
            make_record(additional=PRESIGNED, userIdentity=make_user(), errorCode="AccessDenied"),
            {"Denials"},
        ),
        (make_record(additional=PRESIGNED, userIdentity=make_user(), errorCode="NoSuchKey"), set()),
        (make_record(additional=PRESIGNED, sessionCredentialFromConsole="true"), {"Accesses"}),
        (make_record(additional=PRESIGNED, eventName="PutObject"), {"Accesses"}),
        (make_record(eventSource="kms.amazonaws.com", resources=None), set()),
    ],
    ids=[
        "a read",
        "a read with its resources the other way round",
        "a copy out of it",
        "a denied read",
        "a disabled account",
        "a missing object",
        "another object",
        "another bucket",
        "a presigned read by a role",
        "a presigned read by a user",
        "a presigned read that was refused",
        "a presigned read of a missing object",
        "a download by the console",
        "a presigned upload",
        "another service",
    ],
)
def test_a_record_is_counted_where_it_belongs(record, filters):
    assert {name for name in FILTERS if counts(name, record)} == filters


@pytest.mark.parametrize("name", FILTERS, ids=str)
def test_a_metric_has_a_name_that_cloudwatch_takes(name):
    [made] = FILTERS[name]["MetricTransformations"]

    assert re.fullmatch(r"[^:*$]{1,255}", made["MetricName"])
    assert re.fullmatch(r"[A-Za-z0-9.\-_/#]{1,255}", made["MetricNamespace"])


@pytest.mark.parametrize(
    "key",
    ["payroll:2026/$total.xlsx", "salaires/été/", "a=b&c;(d)'!@ {e}", "x" * 512],
    ids=["colon and dollar", "not ASCII", "other signs", "the longest"],
)
def test_an_object_of_any_name_is_counted_under_a_name_that_cloudwatch_takes(key):
    bucket = "b" * 63
    for stack in (sensitive(f"{bucket}/{key}"), sensitive(f"{bucket}/{key}", Partition="aws-us-gov")):
        for made in stack.of("AWS::Logs::MetricFilter").values():
            compile_pattern(made["FilterPattern"])
            assert len(made["FilterPattern"]) <= LIMIT
            assert re.fullmatch(r"[^:*$]{1,255}", made["MetricTransformations"][0]["MetricName"])
        descriptions = [alarm["AlarmDescription"] for alarm in stack.of("AWS::CloudWatch::Alarm").values()]
        assert max(map(len, descriptions)) <= 1024

    record = make_record(bucket=bucket, key=key)
    assert compile_pattern(sensitive(f"{bucket}/{key}")["Accesses"]["FilterPattern"])(record)


@pytest.mark.parametrize("stack", [STACK, OBJECT], ids=["the trail", "an object"])
def test_by_default_no_metric_has_a_dimension_that_callers_fill(stack):
    transformations = [
        one["MetricTransformations"][0] for one in stack.of("AWS::Logs::MetricFilter").values()
    ]

    assert [one.get("Dimensions") for one in transformations] == [None] * len(transformations)
    assert {one["DefaultValue"] for one in transformations} == {0}


def test_users_become_a_dimension_only_when_asked_for_and_without_a_default():
    [made] = BY_METRIC["PresignedByUserFilter"]["MetricTransformations"]

    assert made["Dimensions"] == [{"Key": "UserName", "Value": "$.userIdentity.userName"}]
    assert "DefaultValue" not in made


def test_users_are_contributors_by_default():
    rule = json.loads(STACK["PresignedByUserRule"]["RuleBody"])

    assert rule == {
        "Schema": {"Name": "CloudWatchLogRule", "Version": 1},
        "LogGroupNames": ["LogGroup"],
        "LogFormat": "JSON",
        "AggregateOn": "Count",
        "Contribution": {
            "Keys": ["$.userIdentity.arn"],
            "Filters": [
                {"Match": "$.eventName", "In": ["GetObject"]},
                {"Match": "$.errorCode", "IsPresent": False},
                {"Match": "$.additionalEventData.AuthenticationMethod", "In": ["QueryString"]},
                {"Match": "$.sessionCredentialFromConsole", "IsPresent": False},
            ],
        },
    }
    assert len(STACK["PresignedByUserRule"]["RuleBody"]) <= 8192


@pytest.mark.parametrize(
    ("way", "made"),
    [("insights", {"PresignedByUserRule"}), ("metric", {"PresignedByUserFilter"}), ("off", set())],
    ids=str,
)
def test_presigned_downloads_are_counted_by_user_as_asked(way, made):
    resources = analysis(PresignedByUser=way).resources

    assert {"PresignedByUserRule", "PresignedByUserFilter"} & resources.keys() == made


@pytest.mark.parametrize("alarm", ALARMS, ids=str)
def test_an_alarm_tells_somebody_what_to_do(alarm):
    assert ALARMS[alarm]["AlarmActions"] == [TOPIC]
    assert ALARMS[alarm]["AlarmDescription"].count(".") >= 2, "what happened, then what to do"
    assert ALARMS[alarm]["TreatMissingData"] == "notBreaching"


@pytest.mark.parametrize("kind", ["Access", "Denial"], ids=str)
def test_one_within_a_minute_raises_the_alarm_of_an_object(kind):
    alarm, [made] = (
        OBJECT[f"{kind}Alarm"],
        OBJECT[{"Access": "Accesses"}.get(kind, "Denials")]["MetricTransformations"],
    )

    assert (alarm["Namespace"], alarm["MetricName"]) == (made["MetricNamespace"], made["MetricName"])
    assert (alarm["Threshold"], alarm["ComparisonOperator"]) == ("1", "GreaterThanOrEqualToThreshold")
    assert (alarm["Statistic"], alarm["Period"], alarm["EvaluationPeriods"]) == ("Sum", "60", 1)


def test_there_is_a_part_for_each_sensitive_object():
    nested = STACK.of("AWS::CloudFormation::Stack").values()
    parts = [stack["Parameters"] for stack in nested if "Object" in stack["Parameters"]]

    assert [(part["Object"], part["Place"]) for part in parts] == [
        ("hr-data/payroll/", 1),
        ("finance-exports/q3.csv", 2),
    ]
    assert {part["LogGroup"] for part in parts} == {"LogGroup"}


def test_an_anomaly_is_more_than_is_usual_of_the_metric_that_is_counted():
    alarm = STACK["PresignedAnomalyAlarm"]
    [made] = STACK["PresignedReads"]["MetricTransformations"]

    assert (alarm["ComparisonOperator"], alarm["ThresholdMetricId"]) == (
        "GreaterThanUpperThreshold",
        "expected",
    )
    assert "Threshold" not in alarm
    assert alarm["Metrics"][0]["MetricStat"]["Metric"] == {
        "Namespace": made["MetricNamespace"],
        "MetricName": made["MetricName"],
    }
    assert alarm["Metrics"][1]["Expression"] == "ANOMALY_DETECTION_BAND(reads, 2)"


@pytest.mark.parametrize(
    ("alarm", "metric", "period"),
    [("ErrorsAlarm", '"4xxErrors"', 300), ("DownloadsAlarm", "BytesDownloaded", 3600)],
    ids=str,
)
def test_request_metrics_of_all_attached_buckets_have_one_alarm(alarm, metric, period):
    [asked] = STACK[alarm]["Metrics"]

    assert asked["Expression"] == (
        f'SELECT SUM({metric}) FROM SCHEMA("AWS/S3", BucketName, FilterId) '
        "WHERE FilterId = 's3watch' GROUP BY BucketName ORDER BY SUM() DESC"
    )
    assert asked["Period"] == period


def test_without_a_log_group_there_is_the_dashboard_only():
    assert set(
        analysis(MakeLogGroup="false", RequestMetrics="false", SensitiveObjects=OBJECTS).resources
    ) == {"Dashboard"}


def test_an_existing_log_group_is_read_and_not_made():
    stack = analysis(MakeLogGroup="false", ExistingLogGroup="trail", SensitiveObjects=OBJECTS)

    groups = {one["LogGroupName"] for one in stack.of("AWS::Logs::MetricFilter").values()}
    searched = {
        name for one in stack.of("AWS::Logs::QueryDefinition").values() for name in one["LogGroupNames"]
    }
    assert not {"LogGroup", "LogRole"} & stack.resources.keys()
    assert groups == searched == {"trail"}


def test_cloudtrail_may_write_its_own_streams_and_nothing_else():
    [policy] = STACK["LogRole"]["Policies"]

    assert policy["PolicyDocument"]["Statement"] == [
        {
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": (
                "arn:aws:logs:eu-west-1:111122223333:log-group:/s3watch/s3watch/trail"
                ":log-stream:111122223333_CloudTrail_eu-west-1*"
            ),
        }
    ]

"""How template.yaml puts the analytics together, asserted on the template."""

from __future__ import annotations

import pytest

from tests.support.cloudformation import deploy

WATCHED = {"WatchedBuckets": "hr-data,finance-exports"}
ON = {
    "Analytics": "log-group",
    "RequestMetrics": "true",
    "AccessLogBucket": "access-logs",
}


def test_without_the_switch_there_is_nothing_of_it():
    stack = deploy("template.yaml", **WATCHED, **(ON | {"Analytics": "off"}))

    assert not {"Analysis", "Searches"} & stack.resources.keys()
    assert stack["Detect"]["Environment"]["Variables"]["S3WATCH_HIT_METRICS"] == "false"
    assert stack["Trail"]["Parameters"]["CloudWatchLogsRoleArn"] == ""


def test_with_it_detect_counts_hits_and_the_trail_writes_to_the_log_group():
    stack = deploy("template.yaml", **WATCHED, **ON)

    assert stack["Detect"]["Environment"]["Variables"]["S3WATCH_HIT_METRICS"] == "true"
    assert stack["Trail"]["Parameters"]["CloudWatchLogGroupArn"] == "Analysis/LogGroup.Arn"
    assert stack["Trail"]["Parameters"]["CloudWatchLogsRoleArn"] == "Analysis/LogRole.Arn"


def test_alarms_go_to_operations_and_unused_places_stay_empty():
    stack = deploy("template.yaml", **WATCHED, **ON, SensitiveObjects="hr-data/payroll/")
    objects = stack["Analysis/SensitiveObjectMetrics"]["Parameters"]

    assert stack["Analysis"]["Parameters"]["AlarmTopic"] == objects["AlarmTopic"] == "OperationsTopic"
    assert objects["Objects"].split(",")[:10] == ["hr-data/payroll/"] + ["none"] * 9


@pytest.mark.parametrize(
    ("given", "bucket", "makes"),
    [
        ({}, "Trail/Logs", "true"),
        ({"ExistingTrail": "organization", "ExistingTrailBucket": "audit"}, "audit", "false"),
    ],
    ids=["our own", "an existing one"],
)
def test_the_tables_read_the_trails_bucket(given, bucket, makes):
    stack = deploy("template.yaml", **WATCHED, **ON, **given)

    assert stack["Searches"]["Parameters"]["TrailBucket"] == bucket
    assert stack["Analysis"]["Parameters"]["MakeLogGroup"] == makes


@pytest.mark.parametrize(
    ("given", "bucket"),
    [({}, "access-logs"), ({"AccessLogDays": "90"}, "s3watch-access-logs-111122223333-eu-west-1")],
    ids=["an existing one", "our own"],
)
def test_the_tables_read_the_bucket_of_access_logs(given, bucket):
    stack = deploy("template.yaml", **WATCHED, **(ON | given))

    assert stack["Searches"]["Parameters"]["AccessLogBucket"] == bucket

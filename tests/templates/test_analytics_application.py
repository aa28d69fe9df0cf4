"""How template.yaml puts the analytics together, and that it really deploys with every option of them on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.cloud import ROOT, Cloud
from local.demo.deploy import Application
from local.demo.scenario import BUCKETS, create_buckets
from tests.support.cloudformation import deploy
from tests.support.local_aws import start

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


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """s3watch on the local AWS, with every option of the analytics on."""
    with start(tmp_path_factory.mktemp("analytics")) as started:
        create_buckets(started)
        application = Application(ROOT, "s3watch")
        if not application.fresh():
            application.build(started)
        objects = {"SensitiveObjects": "hr-data/payroll/,finance-exports/q3.csv"}
        application.deploy(started, {"WatchedBuckets": ",".join(BUCKETS)} | ON | objects)
        yield started


@pytest.mark.local_aws
def test_it_deploys_with_every_option_on(cloud: Cloud):
    made = cloud.client("cloudformation").list_stacks()["StackSummaries"]
    parts = {
        stack["StackName"].split("-")[1]: stack["StackStatus"]
        for stack in made
        if "s3watch-" in stack["StackName"]
    }

    assert {parts[name] for name in ("Trail", "Analysis", "Searches")} == {"CREATE_COMPLETE"}


@pytest.mark.local_aws
def test_each_sensitive_object_has_its_filters_in_the_trails_log_group(cloud: Cloud):
    filters = cloud.client("logs").describe_metric_filters(logGroupName="/s3watch/s3watch/trail")[
        "metricFilters"
    ]

    assert sorted(one["metricTransformations"][0]["metricName"] for one in filters) == [
        "Accesses of finance-exports/q3.csv",
        "Accesses of hr-data/payroll/",
        "Denials of finance-exports/q3.csv",
        "Denials of hr-data/payroll/",
        "PresignedReads",
    ]


@pytest.mark.local_aws
def test_the_tables_of_both_logs_are_there(cloud: Cloud):
    glue = cloud.client("glue")

    assert [table["Name"] for table in glue.get_tables(DatabaseName="s3watch")["TableList"]] == [
        "s3_access_logs",
        "cloudtrail_logs",
    ]

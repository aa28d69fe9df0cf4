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
    [({}, "access-logs"), ({"AccessLogDays": "90"}, "AccessLogFiles/Logs")],
    ids=["an existing one", "our own"],
)
def test_the_tables_read_the_bucket_of_access_logs(given, bucket):
    stack = deploy("template.yaml", **WATCHED, **(ON | given))

    assert stack["Searches"]["Parameters"]["AccessLogBucket"] == bucket


@pytest.mark.parametrize(
    "objects",
    ["hr-data/payroll/", "hr-data/a:b$c d,finance-exports/", ",".join(["hr-data/x"] * 10), ""],
    ids=["one", "signs that no name of a metric may have", "ten", "none"],
)
def test_what_cloudwatch_can_count_is_taken(objects):
    stack = deploy("template.yaml", **WATCHED, **ON, SensitiveObjects=objects)

    assert stack["Analysis"]["Parameters"]["SensitiveObjects"] == objects


@pytest.mark.parametrize(
    "objects",
    [
        "hr-data/*",
        'hr-data/"x"',
        "hr-data/a\\b",
        "hr-data/a%20b",
        "hr-data/a\nb",
        "hr-data/" + "x" * 513,
        "hr-data",
        "HR-data/x",
        ",".join(["hr-data/x"] * 11),
        "hr-data/x,",
    ],
    ids=[
        "an asterisk",
        "quotation marks",
        "a backslash",
        "a percent sign",
        "a line break",
        "too long",
        "a bucket without its slash, with which others begin",
        "no bucket's name",
        "eleven",
        "an empty one",
    ],
)
def test_what_it_can_not_is_refused_with_words_before_anything_is_made(objects):
    with pytest.raises(AssertionError, match="SensitiveObjects must be up to ten of bucket/key"):
        deploy("template.yaml", **WATCHED, **ON, SensitiveObjects=objects)


EXISTING = {"ExistingTrail": "audit"}


@pytest.mark.parametrize(
    ("given", "bucket"), [({}, "Trail/Logs"), (EXISTING, "BUCKET")], ids=["our trail", "another"]
)
def test_mails_name_the_bucket_of_our_log_files(given: dict[str, str], bucket: str):
    stack = deploy("template.yaml", **WATCHED, **given)
    folder = f"s3://{bucket}/AWSLogs/111122223333/CloudTrail"

    for name in ("Notify", "Sweep"):
        assert stack[name]["Environment"]["Variables"]["S3WATCH_TRAIL_LOGS"] == folder


@pytest.mark.parametrize(
    ("given", "runs"),
    [
        ({"Analytics": "off"}, "off"),
        ({"Analytics": "tables"}, "tables"),
        ({"Analytics": "log-group"}, "log-group"),
        ({"Analytics": "tables", "ExistingTrailLogGroup": "audit"}, "log-group"),
        (EXISTING | {"Analytics": "tables"}, "off"),
        (EXISTING | {"Analytics": "tables", "ExistingTrailBucket": "audit-logs"}, "tables"),
        (EXISTING | {"Analytics": "log-group", "ExistingTrailBucket": "audit-logs"}, "tables"),
        (
            EXISTING
            | {"Analytics": "tables", "ExistingTrailBucket": "audit-logs", "ExistingTrailLogGroup": "audit"},
            "log-group",
        ),
    ],
    ids=[
        "off", "our trail", "and its log group", "a log group of its own", "another trail without a table",
        "another trail", "whose log group is not known", "and its log group's name",
    ],
)  # fmt: skip
def test_mails_offer_the_searches_that_something_can_run(given: dict[str, str], runs: str):
    stack = deploy("template.yaml", **WATCHED, **given)

    offered = {stack[name]["Environment"]["Variables"]["S3WATCH_ANALYTICS"] for name in ("Notify", "Sweep")}
    assert offered == {runs}
    assert ("Searches/TrailStatements" in stack.resources) == (runs != "off")

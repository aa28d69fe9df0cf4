"""What is read of the parts of a deployment, in moto."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from msgspec.structs import replace
from s3watch.aws import clients
from s3watch.aws.own_parts.parts_reader import OwnParts, read_parts
from s3watch.health.parts import Made, Route, Subscription, Trail

BEGUN, HOUR = datetime(2026, 11, 20, 8, tzinfo=UTC), timedelta(hours=1)
QUEUE = "arn:aws:sqs:us-east-1:123456789012:s3watch-events"
DATA = [{"ReadWriteType": "All", "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}]}]


def deny(service: str, operation: str) -> None:
    """Let a service refuse a call, as AWS does where a permission is missing."""
    error = {"Error": {"Code": "AccessDenied", "Message": "not authorized"}}
    client = clients.client(service)  # type: ignore[call-overload]  # any of them
    say(client, operation, error | {"ResponseMetadata": {"HTTPStatusCode": 403}}, 403)


def say(client: Any, operation: str, answer: dict[str, Any], status: int = 200) -> None:
    """Let a service answer a call so from now on."""
    events, name = client.meta.events, f"before-call.*.{operation}"
    events.unregister(name, unique_id=operation)
    events.register(name, lambda **_: (SimpleNamespace(status_code=status), answer), unique_id=operation)


@pytest.fixture
def own(s3: Any) -> OwnParts:
    """A trail that logs, a rule that sends to a queue, and a topic with a subscriber."""
    trails, events, sns = boto3.client("cloudtrail"), boto3.client("events"), boto3.client("sns")
    s3.create_bucket(Bucket="trail-logs")
    trails.create_trail(Name="s3watch", S3BucketName="trail-logs")
    trails.put_event_selectors(TrailName="s3watch", EventSelectors=DATA)
    trails.start_logging(Name="s3watch")
    events.put_rule(Name="s3watch-S3Rule", EventPattern='{"source": ["aws.s3"]}', State="ENABLED")
    events.put_targets(Rule="s3watch-S3Rule", Targets=[{"Id": "queue", "Arn": QUEUE}])
    topic = sns.create_topic(Name="alerts")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="oncall@example.com")
    deny("cloudformation", "DescribeStacks")  # moto needs packages that we do not have
    return OwnParts("s3watch", (QUEUE,), (), (("alerts", topic),), "s3watch", (), "")


def test_all_parts_are_read(own: OwnParts):
    parts = read_parts(own)

    assert (parts.trail.is_there, parts.trail.is_logging, parts.trail.delivery_error) == (True, True, "")
    assert parts.trail.selectors["EventSelectors"][0]["DataResources"] == DATA[0]["DataResources"]
    assert parts.routes == (Route("s3watch-events", {"s3watch-S3Rule": True}),)
    assert parts.subscriptions == (Subscription("alerts", "email", "oncall@example.com", True),)


def test_a_stopped_trail_and_a_disabled_rule_are_told_apart_from_those_that_work(own: OwnParts):
    boto3.client("cloudtrail").stop_logging(Name="s3watch")
    boto3.client("events").disable_rule(Name="s3watch-S3Rule")
    parts = read_parts(own)

    assert (parts.trail.is_logging, parts.routes[0].rules) == (False, {"s3watch-S3Rule": False})


def test_when_a_trail_was_started_and_stopped_and_wrote_its_last_file_is_read(own: OwnParts):
    status = {
        "StartLoggingTime": BEGUN,
        "StopLoggingTime": BEGUN + HOUR,
        "LatestDeliveryTime": BEGUN + 2 * HOUR,
    }
    say(clients.client("cloudtrail", "us-east-1"), "GetTrailStatus", {"IsLogging": True} | status)
    trail, begun = read_parts(own).trail, BEGUN.timestamp()

    assert (trail.started, trail.stopped, trail.delivered) == (begun, begun + 3600, begun + 7200)


def test_a_trail_that_is_gone_is_not_there(own: OwnParts):
    assert read_parts(replace(own, trail="another")).trail == Trail("another", is_there=False)


def test_a_trail_of_another_region_is_found_by_its_arn(own: OwnParts):
    other: Any = boto3.client("cloudtrail", "eu-west-1")
    other.create_trail(Name="central", S3BucketName="trail-logs", IsMultiRegionTrail=True)
    other.start_logging(Name="central")

    assert read_parts(replace(own, trail="central")).trail.is_logging


def test_what_aws_refuses_is_named_and_the_rest_is_read(own: OwnParts):
    deny("events", "ListRuleNamesByTarget")
    parts = read_parts(own)

    assert "EventBridge" in parts.blind
    assert (parts.routes, parts.trail.is_logging) == ((), True)


def deployed() -> None:
    """Let a stack and its function be there, as AWS would answer; of what reads the queue moto knows."""
    stack = {"CreationTime": BEGUN, "StackStatus": "CREATE_COMPLETE"}
    say(clients.client("cloudformation"), "DescribeStacks", {"Stacks": [stack]})
    role = {"Role": "arn:aws:iam::123456789012:role/detect"}
    say(clients.client("lambda"), "GetFunctionConfiguration", role)


def mapping(**more: Any) -> None:
    """Let the function read the queue."""
    found = {"EventSourceArn": QUEUE, "State": "Enabled"} | more
    say(clients.client("lambda"), "ListEventSourceMappings", {"EventSourceMappings": [found]})


def test_what_a_mapping_passes_on_is_compared_and_not_how_fast(own: OwnParts):
    deployed()
    marks = []
    for more in (
        {},
        {"BatchSize": 10, "LastModified": BEGUN, "FilterCriteria": {"Filters": []}},
        {"FilterCriteria": {"Filters": [{"Pattern": '{"body": ["none"]}'}]}},
        {"FunctionResponseTypes": ["ReportBatchItemFailures"]},
    ):
        mapping(**more)
        made = read_parts(replace(own, functions=("s3watch-detect",))).made
        marks.append(made.marks["the event-source mapping of s3watch-detect from s3watch-events"])

    assert (marks[0] == marks[1], len(set(marks))) == (True, 3)


def test_where_mappings_may_not_be_read_nothing_is_said_to_be_gone(own: OwnParts):
    deployed()
    deny("lambda", "ListEventSourceMappings")
    parts = read_parts(replace(own, functions=("s3watch-detect",)))

    assert (parts.blind, parts.made, parts.mappings) == ({"Lambda"}, Made(), ())


def test_roles_that_may_not_be_read_leave_the_functions_compared(own: OwnParts):
    deployed()
    mapping()
    deny("iam", "GetRole")
    parts = read_parts(replace(own, functions=("s3watch-detect",)))

    assert (parts.blind, parts.made.by_role) == ({"IAM"}, {})
    assert "the function s3watch-detect" in parts.made.marks


def test_a_busy_iam_is_no_problem_and_leaves_the_functions_compared(own: OwnParts):
    deployed()
    mapping()
    throttled = {"Error": {"Code": "Throttling", "Message": "Rate exceeded"}}
    say(clients.client("iam"), "GetRole", throttled | {"ResponseMetadata": {"HTTPStatusCode": 400}}, 400)
    parts = read_parts(replace(own, functions=("s3watch-detect",)))

    assert (parts.blind, parts.busy, parts.made.by_role) == (set(), ("IAM",), {})
    assert "the function s3watch-detect" in parts.made.marks

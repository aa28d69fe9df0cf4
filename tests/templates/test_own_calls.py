"""Which calls on the stack's own parts its rules pass on, as the local AWS evaluates patterns."""

from __future__ import annotations

from typing import Any

import pytest
from s3watch.alerts.own_verbs import OWN_PARTS
from s3watch_cli.rule_tests.example_records import make_record as make_example

from tests.support.cloudformation import deploy
from tests.templates.test_event_patterns import LIMIT, TRAIL, envelope, passes, pattern

OWN = pattern("OwnCalls/Rule")
LAMBDA = "arn:aws:lambda:eu-west-1:111122223333:function"
QUEUES = "https://sqs.eu-west-1.amazonaws.com/111122223333"
SQS = "arn:aws:sqs:eu-west-1:111122223333"
TABLE = "arn:aws:dynamodb:eu-west-1:111122223333:table"
STACK = "arn:aws:cloudformation:eu-west-1:111122223333:stack"
RULES = ("DisableRule", "DeleteRule", "PutRule", "PutTargets", "RemoveTargets")


def call(event_name: str, **request: Any) -> str:
    """The event of a call, with other request parameters than in its example."""
    record = make_example({"base": event_name})
    return delivered(record | {"requestParameters": request} if request else record)


def delivered(record: dict[str, Any]) -> str:
    return envelope(record, source=f"aws.{record['eventSource'].removesuffix('.amazonaws.com')}")


@pytest.mark.parametrize("name", OWN_PARTS, ids=str)
def test_a_call_on_a_part_passes(name: str):
    assert passes(call(name), OWN)


@pytest.mark.parametrize(
    ("name", "request_"),
    [
        ("DeleteFunction20150331", {"functionName": f"{LAMBDA}:s3watch-detect"}),
        ("DeleteTable", {"tableName": f"{TABLE}/s3watch-Ledger-1A2B"}),
        ("DeleteStack", {"stackName": f"{STACK}/s3watch/0a1b2c3d"}),
        ("DeleteStack", {"stackName": "s3watch-Alarms-1A2B3C4D5E6F"}),
        ("DeleteLogGroup", {"logGroupName": "/s3watch/s3watch/trail"}),
        ("DeleteRole", {"roleName": "S3WATCH-detectrole-1a2b3c4d5e6f"}),
        ("DeleteAlarms", {"alarmNames": ["checkout-errors", "s3watch-Alarms-1A2B-DetectErrorsAlarm-9Z8Y"]}),
    ],
    ids=["function's ARN", "table's ARN", "stack's ARN", "nested stack", "trail's logs", "case", "alarms"],
)
def test_and_so_does_one_that_names_it_otherwise(name: str, request_: dict[str, Any]):
    assert passes(call(name, **request_), OWN)


@pytest.mark.parametrize(
    ("name", "request_"),
    [
        ("DisableRule", {"name": "checkout-Rule-1A2B"}),
        ("PurgeQueue", {"queueUrl": "https://sqs.eu-west-1.amazonaws.com/111122223333/orders"}),
        ("Unsubscribe", {"subscriptionArn": "arn:aws:sns:eu-west-1:111122223333:orders:0f1e2d3c"}),
        ("DeleteFunction20150331", {"functionName": "checkout"}),
        ("DeleteTable", {"tableName": "orders"}),
        ("DeleteAlarms", {"alarmNames": ["checkout-errors"]}),
        ("DeleteLogGroup", {"logGroupName": "/aws/lambda/checkout"}),
        ("DeleteRole", {"roleName": "checkout"}),
        ("DeleteStack", {"stackName": "checkout"}),
        ("DeletePolicy", {"policyArn": "arn:aws:iam::111122223333:policy/checkout"}),
        ("StartMessageMoveTask", {"sourceArn": "arn:aws:sqs:eu-west-1:111122223333:orders"}),
        ("PutAlarmMuteRule", {"name": "quiet", "muteTargets": {"alarmNames": ["checkout-errors"]}}),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_a_call_on_something_else_does_not(name: str, request_: dict[str, Any]):
    assert not passes(call(name, **request_), OWN)


@pytest.mark.parametrize(
    ("source", "name", "request_"),
    [
        ("lambda", "Invoke", {"functionName": f"{LAMBDA}:s3watch-detect"}),
        ("dynamodb", "PutItem", {"tableName": "s3watch-Ledger-1A2B3C4D5E6F"}),
        ("sqs", "ReceiveMessage", {"queueUrl": f"{QUEUES}/s3watch-events"}),
        ("sns", "Publish", {"topicArn": "arn:aws:sns:eu-west-1:111122223333:s3watch-AlertTopic-1A2B"}),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_what_the_functions_do_does_not_feed_the_rule_where_a_trail_records_data_events(
    source: str, name: str, request_: dict[str, Any]
):
    called = {"eventSource": f"{source}.amazonaws.com", "eventName": name, "requestParameters": request_}
    record = make_example({"base": "DisableRule"}) | called
    data = {"managementEvent": False, "eventCategory": "Data"}

    assert passes(delivered(record), OWN)
    assert not passes(delivered(record | data), OWN)


def test_a_mapping_of_another_function_does_not_pass():
    record = make_example({"base": "UpdateEventSourceMapping20150331"})
    other = {"functionArn": f"{LAMBDA}:checkout", "eventSourceArn": f"{SQS}:orders"}

    assert not passes(delivered(record | {"responseElements": other}), OWN)


def test_a_mapping_of_our_queue_that_another_function_has_now_passes():
    record = make_example({"base": "UpdateEventSourceMapping20150331"})
    other = {"functionArn": f"{LAMBDA}:checkout", "eventSourceArn": f"{SQS}:s3watch-events"}

    assert passes(delivered(record | {"responseElements": other}), OWN)


def test_the_log_streams_that_functions_begin_do_not_pass():
    record = make_example({"base": "DeleteLogStream"}) | {"eventName": "CreateLogStream"}

    assert not passes(delivered(record), OWN)


@pytest.mark.parametrize("name", RULES, ids=str)
def test_a_changed_rule_passes_by_two_rules_of_which_one_may_be_gone(name: str):
    assert passes(call(name), TRAIL)
    assert not passes(call(name, name="checkout-Rule-1A2B"), TRAIL)


@pytest.mark.parametrize("rule", ["OwnCalls/Rule", "TrailRule"], ids=str)
@pytest.mark.parametrize("stack", ["ops", "s" * 50], ids=["short", "longest"])
def test_the_patterns_have_room_for_any_name_of_a_stack(rule: str, stack: str):
    assert len(pattern(rule, StackName=stack)) <= LIMIT


def test_it_has_the_queue_and_the_dead_letters_of_the_others_and_a_name_that_the_queue_lets_in():
    stack = deploy("template.yaml", WatchedBuckets="hr-data")

    assert stack["OwnCalls/Rule"]["Targets"] == stack["S3Rule"]["Targets"]
    assert stack["OwnCalls/Rule"]["Name"] == "s3watch-calls-own"

"""The option that passes on what VPC endpoints deny."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.cloudformation import deploy
from tests.support.cloudtrail import make_record
from tests.templates.test_event_patterns import envelope, passes

STACK = deploy("template.yaml", WatchedBuckets="hr-data", EndpointDenials="true")
RULE = STACK["EndpointDenialsRule/Rule"]
ACTIVITY = "AWS Network Activity Event via CloudTrail"
DENIED = make_record(
    errorCode="VpceAccessDenied",
    eventType="AwsVpceEvent",
    eventCategory="NetworkActivity",
    requestParameters=None,
    resources=None,
)


@pytest.mark.parametrize(
    ("record", "envelope_of", "passing"),
    [
        (DENIED, {"detail_type": ACTIVITY}, True),
        (DENIED | {"errorCode": None}, {"detail_type": ACTIVITY}, False),
        (DENIED, {"detail_type": ACTIVITY, "source": "aws.kms"}, False),
        (make_record(errorCode="AccessDenied"), {}, False),
    ],
    ids=["denied", "let through", "another service", "denied by the bucket"],
)
def test_only_requests_to_s3_that_an_endpoint_denied_pass(
    record: dict[str, Any], envelope_of: dict[str, str], passing: bool
):
    assert passes(envelope(record, **envelope_of), json.dumps(RULE["EventPattern"])) == passing


def test_it_has_the_queue_and_the_dead_letters_of_the_others_and_a_name_that_the_queue_lets_in():
    assert RULE["Targets"] == STACK["S3Rule"]["Targets"]
    assert RULE["Name"] == "s3watch-calls-denied"


def test_an_alarm_watches_the_rule():
    alarm = STACK["EndpointDenialsRule/FailedAlarm"]

    assert (alarm["MetricName"], alarm["Dimensions"]) == (
        "FailedInvocations",
        [{"Name": "RuleName", "Value": "EndpointDenialsRule/Rule"}],
    )
    assert alarm["AlarmActions"] == ["OperationsTopic"]


def test_by_default_there_is_none_and_nothing_of_it_is_recorded():
    stack = deploy("template.yaml", WatchedBuckets="hr-data")

    assert "EndpointDenialsRule/Rule" not in stack.resources
    assert stack["Trail"]["Parameters"]["LogEndpointDenials"] == "false"

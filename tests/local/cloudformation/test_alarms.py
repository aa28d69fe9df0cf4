"""Alarms over expressions, which the local AWS keeps and does not evaluate."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local.cloud import Cloud

FAST = {"Delay": 0.2}
HITS = {"Namespace": "S3Watch", "MetricName": "Hits"}
BAND: dict[str, Any] = {
    "ComparisonOperator": "GreaterThanUpperThreshold",
    "ThresholdMetricId": "band",
    "Metrics": [
        {"Id": "hits", "MetricStat": {"Metric": HITS, "Period": 300, "Stat": "Sum"}},
        {"Id": "band", "Expression": "ANOMALY_DETECTION_BAND(hits, 2)"},
    ],
}
PLAIN: dict[str, Any] = {
    **HITS, "ComparisonOperator": "GreaterThanThreshold", "Threshold": 5, "Period": 60, "Statistic": "Sum",
}  # fmt: skip


def template(description: str, alarm: dict[str, Any]) -> str:
    properties = {"AlarmDescription": description, "EvaluationPeriods": 1, **alarm}
    return json.dumps({"Resources": {"Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": properties}}})


def change(cloud: Cloud, stack: str, before: dict[str, Any], after: dict[str, Any]) -> tuple[Any, Any]:
    """What CloudWatch says of an alarm as a stack creates it, and as it updates it."""
    client = cloud.client("cloudformation")
    client.create_stack(StackName=stack, TemplateBody=template("before", before))
    client.get_waiter("stack_create_complete").wait(StackName=stack, WaiterConfig=FAST)
    first = describe(cloud, stack)
    client.update_stack(StackName=stack, TemplateBody=template("after", after))
    client.get_waiter("stack_update_complete").wait(StackName=stack, WaiterConfig=FAST)
    return first, describe(cloud, stack)


def describe(cloud: Cloud, stack: str) -> dict[str, Any]:
    [alarm] = cloud.client("cloudwatch").describe_alarms(AlarmNamePrefix=f"{stack}-")["MetricAlarms"]
    told = {"AlarmName", "AlarmDescription", "StateValue", *BAND, *PLAIN}
    return {name: alarm[name] for name in told & alarm.keys()}


@pytest.mark.parametrize(
    ("stack", "before", "after"),
    [
        pytest.param("bands", BAND, {**BAND, "ComparisonOperator": "LessThanLowerThreshold"}, id="changed"),
        pytest.param("banded", PLAIN, BAND, id="made of one over a metric"),
        pytest.param("unbanded", BAND, PLAIN, id="made one over a metric"),
    ],
)
def test_an_alarm_over_an_expression_says_what_its_stack_last_said(cloud, stack, before, after):
    first, then = change(cloud, stack, before, after)
    same = {"AlarmName": first["AlarmName"], "StateValue": "INSUFFICIENT_DATA"}

    assert first == {**same, "AlarmDescription": "before", **before}
    assert then == {**same, "AlarmDescription": "after", **after}

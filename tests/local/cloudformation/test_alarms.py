"""Alarms over expressions, which the local AWS records and does not evaluate."""

from __future__ import annotations

import json
from typing import Any


def template(description: str) -> str:
    metric = {"Namespace": "S3Watch", "MetricName": "Hits"}
    alarm: dict[str, Any] = {
        "AlarmDescription": description,
        "ComparisonOperator": "GreaterThanUpperThreshold",
        "EvaluationPeriods": 1,
        "ThresholdMetricId": "band",
        "Metrics": [
            {"Id": "hits", "MetricStat": {"Metric": metric, "Period": 300, "Stat": "Sum"}},
            {"Id": "band", "Expression": "ANOMALY_DETECTION_BAND(hits, 2)"},
        ],
    }
    return json.dumps({"Resources": {"Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": alarm}}})


def test_a_stack_with_such_an_alarm_can_be_updated(cloud):
    client, fast = cloud.client("cloudformation"), {"Delay": 0.2}
    client.create_stack(StackName="expressions", TemplateBody=template("before"))
    client.get_waiter("stack_create_complete").wait(StackName="expressions", WaiterConfig=fast)

    client.update_stack(StackName="expressions", TemplateBody=template("after"))

    client.get_waiter("stack_update_complete").wait(StackName="expressions", WaiterConfig=fast)

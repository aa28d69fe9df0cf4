"""The stacks of stacks/analytics.yaml and of one sensitive object, as template.yaml makes them."""

from __future__ import annotations

from tests.support.cloudformation import Stack, deploy

TOPIC = "arn:aws:sns:eu-west-1:111122223333:operations"
OBJECTS = "hr-data/payroll/,finance-exports/q3.csv"
GIVEN = {"Name": "s3watch", "AlarmTopic": TOPIC, "MakeLogGroup": "true", "RequestMetrics": "true"}


def analysis(**changes: str) -> Stack:
    return deploy("stacks/analytics.yaml", **(GIVEN | changes))


def sensitive(thing: str = "hr-data/payroll/", **changes: str) -> Stack:
    given = {
        "Object": thing,
        "Place": "1",
        "Namespace": "S3Watch/s3watch",
        "LogGroup": "trail",
        "AlarmTopic": TOPIC,
    }
    return deploy(
        "stacks/analytics-object.yaml",
        **(given | {"AccessThreshold": "1", "DeniedThreshold": "1", "Period": "60"} | changes),
    )

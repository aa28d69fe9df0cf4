"""The canary's parts are there where a trail records them, and nothing else may touch its object."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.cloudformation import deploy

# Others do without, since an environment has no room: Sweep has no part in what happens to the canary
KNOWING = ("Detect", "ScanLogs", "CheckHealth", "ReadCanary")
ARN = "arn:aws:s3:::CanaryBucket/Bucket"
STACK = deploy("template.yaml", WatchedBuckets="hr-data")


@pytest.mark.parametrize(
    ("given", "there"),
    [
        ({}, True),
        ({"Canary": "off"}, False),
        ({"ExistingTrail": "organization"}, False),
        ({"ExistingTrail": "organization", "Canary": "any-trail"}, True),
    ],
    ids=["own trail", "off", "another trail", "another trail that records it"],
)
def test_there_is_a_canary_where_a_trail_records_it(given: dict[str, str], there: bool):
    stack = deploy("template.yaml", WatchedBuckets="hr-data", **given)
    told = {stack[name]["Environment"]["Variables"]["S3WATCH_CANARY"] for name in KNOWING[:-1]}

    assert {"ReadCanary" in stack.resources, "CanaryBucket/Bucket" in stack.resources} == {there}
    assert told == {"CanaryBucket/Bucket/ReadCanaryRole" if there else "none"}


def test_its_role_is_the_one_that_the_functions_are_told():
    assert (
        STACK["Detect"]["Environment"]["Variables"]["S3WATCH_CANARY"] == "CanaryBucket/Bucket/ReadCanaryRole"
    )
    assert STACK["Notify"]["Environment"]["Variables"]["S3WATCH_CANARY_TOPIC"] == "CanaryTopic"


def test_the_trail_records_it_and_the_rule_passes_it_on():
    selectors: list[dict[str, Any]] = STACK["Trail/Trail"]["AdvancedEventSelectors"]
    (fields,) = [each["FieldSelectors"] for each in selectors if each["Name"] == "canary"]
    rule = STACK["CanaryBucket/Rule"]

    assert {"Field": "resources.ARN", "StartsWith": ["CanaryBucket/Bucket.Arn/"]} in fields
    assert rule["EventPattern"]["detail"]["$or"] == [
        {"requestParameters": {"bucketName": ["CanaryBucket/Bucket"]}},
        {"resources": {"ARN": [ARN, {"prefix": f"{ARN}/"}]}},
    ]
    assert rule["Name"] == "s3watch-calls-canary"  # as the policy of the queue lets in

"""Names that are made of the stack's: the rules of the services that take them, in any Region.

CloudFormation's own names of stacks have up to 128 characters, capitals included.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.cloudformation import Stack, deploy
from tests.support.local_aws import EVERY_OPTION

RULES = {
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    "AWS::S3::Bucket": r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]",
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
    "AWS::SQS::Queue": r"[A-Za-z0-9_-]{1,80}",
    # https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
    "AWS::Lambda::Function": r"[A-Za-z0-9_-]{1,64}",
    # https://docs.aws.amazon.com/chatbot/latest/APIReference/API_CreateCustomAction.html
    "AWS::Chatbot::CustomAction": r"[A-Za-z0-9_-]{1,64}",
    # https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
    "AWS::Logs::LogGroup": r"[A-Za-z0-9._/#-]{1,512}",
    # https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutQueryDefinition.html
    "AWS::Logs::QueryDefinition": r".{1,255}",
    # https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-trail-naming-requirements.html
    "AWS::CloudTrail::Trail": r"(?!.*[._-]{2})[A-Za-z0-9][A-Za-z0-9._-]{1,126}[A-Za-z0-9]",
    # https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html
    "AWS::Events::Rule": r"[.A-Za-z0-9_-]{1,64}",
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutDashboard.html
    "AWS::CloudWatch::Dashboard": r"[A-Za-z0-9_-]{1,255}",
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutInsightRule.html
    "AWS::CloudWatch::InsightRule": r"[\x20-\x7E]{1,128}",
    # https://docs.aws.amazon.com/athena/latest/APIReference/API_CreateWorkGroup.html
    "AWS::Athena::WorkGroup": r"[A-Za-z0-9._-]{1,128}",
    # Glue folds it to lower case: https://docs.aws.amazon.com/glue/latest/webapi/API_DatabaseInput.html
    "AWS::Glue::Database": r"[A-Za-z0-9_]{1,255}",
    # https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_MetricTransformation.html
    "AWS::Logs::MetricFilter": r"[A-Za-z0-9._/#-]{1,255}",  # the namespace
}
STACKS = ["s3watch", "S3Watch", "security-monitoring-s3watch", "Security-Monitoring-S3Watch"]
REGIONS = ["eu-west-1", "ap-southeast-2"]
EVERYTHING = {
    **{name: value for name, value in EVERY_OPTION.items() if name != "Remediate"},
    "PresignedByUser": "insights",
}


def named(properties: Any, within: str) -> Iterator[str]:
    """Every name in a resource's properties that holds the name of the stack."""
    for key, value in properties.items() if isinstance(properties, dict) else ():
        if isinstance(value, str) and within in value and key.endswith(("Name", "Namespace")):
            yield value
        for one in value if isinstance(value, list) else [value]:
            yield from named(one, within)


def illegal(stack: Stack, name: str) -> list[tuple[str, str]]:
    """The names that a service refuses; those that only refer to another resource are not looked at."""
    return [
        (logical, given)
        for kind, rule in RULES.items()
        for logical, properties in stack.of(kind).items()
        for given in [*named(properties, name), *named(properties, "access-logs")]
        if not re.fullmatch(rule, given)
    ]


@pytest.mark.parametrize("region", REGIONS, ids=str)
@pytest.mark.parametrize("name", STACKS, ids=str)
def test_a_stack_has_legal_names_with_every_option_or_is_refused_with_words(name, region):
    given = EVERYTHING | {"StackName": name, "Region": region}
    if name.islower() and len(f"{name}-access-logs-111122223333-{region}") > 63:
        with pytest.raises(AssertionError, match="under a shorter stack name, or give the bucket another"):
            deploy("template.yaml", **given)
        given |= {"AccessLogBucketName": "security-access-logs"}

    stack = deploy("template.yaml", **given)

    assert illegal(stack, name) == []


def test_every_kind_of_resource_that_is_named_after_the_stack_is_looked_at():
    stack = deploy("template.yaml", **EVERYTHING, StackName="a-stack")
    kinds = {
        resource["Type"]
        for logical, resource in stack.resources.items()
        if any(named(resource.get("Properties", {}), "a-stack"))
    }

    # What is left names an existing resource by its parameters, dimensions or names, and makes none.
    assert kinds - RULES.keys() <= {"AWS::CloudWatch::Alarm", "AWS::CloudFormation::Stack"}


@pytest.mark.parametrize("length", [50, 51, 128], ids=str)
def test_the_longest_names_of_stacks_are_taken_or_refused_with_words(length):
    name = "x" * length
    given = EVERYTHING | {"StackName": name, "AccessLogBucketName": "logs"}
    if length > 50:
        with pytest.raises(AssertionError, match="deploy under a shorter one"):
            deploy("template.yaml", **given)
    else:
        assert illegal(deploy("template.yaml", **given), name) == []


@pytest.mark.parametrize("name", ["x", "x1", "a--b", "ab-"], ids=str)
def test_a_name_that_no_trail_may_have_is_refused_unless_there_is_one(name):
    with pytest.raises(AssertionError, match="which is the trail's too"):
        deploy("template.yaml", WatchedBuckets="hr-data", StackName=name)

    stack = deploy("template.yaml", WatchedBuckets="hr-data", StackName=name, ExistingTrail="audit")

    assert illegal(stack, name) == []


@pytest.mark.parametrize("region", REGIONS, ids=str)
def test_buckets_of_stacks_that_exist_keep_their_names(region):
    stack = deploy("template.yaml", WatchedBuckets="hr-data", AccessLogDays="90", Region=region)

    assert stack["AccessLogFiles/Logs"]["BucketName"] == f"s3watch-access-logs-111122223333-{region}"


def test_a_name_with_capitals_gives_the_bucket_a_name_of_its_own():
    stack = deploy("template.yaml", WatchedBuckets="hr-data", AccessLogDays="90", StackName="S3Watch")

    assert stack["AccessLogFiles/Logs"]["BucketName"] == "s3watch-access-logs-111122223333-eu-west-1-0a1b2c3d"

"""The conditions in trust and resource policies: only on keys that the service is documented to send.

A service that sends no such key is refused by the condition, and what it should do never happens.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.cloudformation import Stack, deploy
from tests.support.local_aws import EVERY_OPTION

STACK = deploy("template.yaml", **EVERY_OPTION, LogBuckets="arn:aws:s3:::audit-logs")

# What a service says of whom it acts for, by the call that it makes.
SENT = {
    # "Confused deputy prevention is not applicable":
    # https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-required-policy-for-cloudwatch-logs.html
    ("cloudtrail.amazonaws.com", "sts:AssumeRole"): set(),
    # https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html
    ("lambda.amazonaws.com", "sts:AssumeRole"): {"aws:SourceArn", "aws:SourceAccount"},
    # https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
    ("cloudtrail.amazonaws.com", "s3:GetBucketAcl"): {"aws:SourceArn"},
    ("cloudtrail.amazonaws.com", "s3:PutObject"): {"aws:SourceArn", "s3:x-amz-acl"},
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
    ("logging.s3.amazonaws.com", "s3:PutObject"): {"aws:SourceArn", "aws:SourceAccount"},
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html
    ("s3.amazonaws.com", "sqs:SendMessage"): {"aws:SourceArn", "aws:SourceAccount"},
    # https://docs.aws.amazon.com/sns/latest/dg/subscribe-sqs-queue-to-sns-topic.html
    ("sns.amazonaws.com", "sqs:SendMessage"): {"aws:SourceArn", "aws:SourceAccount"},
    # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
    ("events.amazonaws.com", "sqs:SendMessage"): {"aws:SourceArn"},
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
    ("cloudwatch.amazonaws.com", "sns:Publish"): {"aws:SourceArn", "aws:SourceAccount"},
}
# CloudTrail can not say for whom it acts; only functions of the role's own account can have it.
WITHOUT = {("cloudtrail.amazonaws.com", "sts:AssumeRole"), ("lambda.amazonaws.com", "sts:AssumeRole")}


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def documents(stack: Stack) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every trust policy and every policy of a resource."""
    for name, resource in stack.resources.items():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::IAM::Role":
            yield name, properties["AssumeRolePolicyDocument"]
        elif resource["Type"].endswith("Policy") and not resource["Type"].startswith("AWS::IAM::"):
            yield name, properties["PolicyDocument"]


def grants() -> Iterator[tuple[str, str, str, frozenset[str]]]:
    """Where a service may do what, and the keys of its condition."""
    for name, document in documents(STACK):
        for statement in document["Statement"]:
            keys = {key for test in statement.get("Condition", {}).values() for key in test}
            if statement["Effect"] == "Allow":
                for service in as_list(statement["Principal"]["Service"]):
                    for action in as_list(statement["Action"]):
                        yield name, service, action, frozenset(keys)


def test_nothing_that_is_deployed_depends_on_a_tag_since_no_check_tells_if_one_is_changed():
    document = json.dumps(STACK.resources)

    assert re.findall(r"(?:Principal|Request|Resource|ExistingObject)Tag/|TagKeys|TagFilter", document) == []


GRANTS = list(dict.fromkeys(grants()))


@pytest.mark.parametrize(
    ("service", "action", "keys"), [grant[1:] for grant in GRANTS], ids=[f"{g[0]} {g[1]}" for g in GRANTS]
)
def test_a_condition_is_on_what_the_service_sends(service, action, keys):
    assert keys <= SENT[service, action]


@pytest.mark.parametrize(
    ("service", "action", "keys"), [grant[1:] for grant in GRANTS], ids=[f"{g[0]} {g[1]}" for g in GRANTS]
)
def test_a_service_that_says_for_whom_it_acts_acts_for_us_alone(service, action, keys):
    assert (service, action) in WITHOUT or keys & {"aws:SourceArn", "aws:SourceAccount"}

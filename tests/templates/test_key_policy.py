"""The customer's key: who uses it by the template, and docs/key-policy.json, which lets exactly them.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from ministack.core.iam_evaluator import EvalContext, evaluate_resource_policy

from tests.support.cloudformation import deploy
from tests.support.project import ROOT

ACCOUNT, STRANGER = "111122223333", "444455556666"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/0a1b2c3d"
STACK = deploy(
    "template.yaml", WatchedBuckets="hr-data", KmsKeyArn=KEY, AlertEmail="a@example.com", AccessLogDays="90",
    ObjectDeletedEvents="true", Analytics="log-group", SensitiveObjects="hr-data/payroll/",
    LogFileTopics=f"arn:aws:sns:eu-west-1:{ACCOUNT}:trail",
)  # fmt: skip
POLICY = json.loads((ROOT / "docs/key-policy.json").read_text(encoding="utf-8"))
SIDS = [statement["Sid"] for statement in POLICY["Statement"]]
# What a service acts for when it uses the key: the account and the ARN of its source.
SOURCES = {
    "events.amazonaws.com": "arn:aws:events:eu-west-1:{}:rule/s3watch-S3Rule-1A2B3C4D5E6F",
    "s3.amazonaws.com": "arn:aws:s3:::s3watch-trail-logs",
    "sns.amazonaws.com": "arn:aws:sns:eu-west-1:{}:s3watch-AlertTopic-1A2B3C4D5E6F",
    "cloudwatch.amazonaws.com": "arn:aws:cloudwatch:eu-west-1:{}:alarm:s3watch-Alarms-DeadLettersAlarm",
}
USES = ("kms:Decrypt", "kms:GenerateDataKey")
# What IAM asks of a role for the key beside its call.
NEEDED = {
    "sqs:SendMessage": set(USES),
    "sqs:ReceiveMessage": {"kms:Decrypt"},
    "sns:Publish": set(USES),
    "dynamodb:GetItem": {"kms:Decrypt"},
    "dynamodb:GetRecords": {"kms:Decrypt"},
    "dynamodb:Query": {"kms:Decrypt"},
    "dynamodb:UpdateItem": {"kms:Decrypt"},
}


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def encrypted(kind: str) -> dict[str, str | None]:
    """The key of each resource of a type."""
    made = STACK.of(kind).items()
    return {
        name: one.get("KmsMasterKeyId") or one.get("SSESpecification", {}).get("KMSMasterKeyId")
        for name, one in made
    }


@pytest.mark.parametrize("kind", ["AWS::SQS::Queue", "AWS::SNS::Topic", "AWS::DynamoDB::Table"], ids=str)
def test_everything_that_keeps_messages_is_encrypted_with_the_key(kind: str):
    assert set(encrypted(kind).values()) == {KEY}


def wired() -> Iterator[str]:
    """The services that send into an encrypted queue or topic, by what sends."""
    for rule in STACK.of("AWS::Events::Rule").values():
        yield from ("events.amazonaws.com" for target in rule["Targets"] if "DeadLetterConfig" in target)
    for bucket in STACK.of("AWS::S3::Bucket").values():
        yield from ("s3.amazonaws.com" for _ in bucket.get("NotificationConfiguration", ()))
    for subscription in STACK.of("AWS::SNS::Subscription").values():
        yield from ("sns.amazonaws.com" for _ in [subscription["RedrivePolicy"]])
    for alarm in STACK.of("AWS::CloudWatch::Alarm").values():
        yield from ("cloudwatch.amazonaws.com" for _ in alarm["AlarmActions"])


def let_in() -> Iterator[str]:
    """The services that the policies of queues and topics let in."""
    for kind in ("AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy"):
        for policy in STACK.of(kind).values():
            for statement in policy["PolicyDocument"]["Statement"]:
                if statement["Effect"] == "Allow":
                    yield from as_list(statement["Principal"]["Service"])


def test_the_services_that_use_the_key_are_those_that_the_example_names():
    named = {
        statement["Principal"]["Service"]
        for statement in POLICY["Statement"]
        if "Service" in statement["Principal"]
    }

    assert named == set(wired()) == set(let_in()) == set(SOURCES)


def allowed(action: str, service: str = "", account: str = ACCOUNT, without: str = "") -> bool:
    """Whether the example lets a service, or a role of an account, use the key."""
    statements = [statement for statement in POLICY["Statement"] if statement["Sid"] != without]
    context = EvalContext(
        principal_arn="*" if service else f"arn:aws:iam::{account}:role/s3watch-DetectRole-1A2B3C4D5E6F",
        principal_type="Service" if service else "AssumedRole",
        principal_account="" if service else account,
        action=action,
        resource_arn=KEY,
        region="eu-west-1",
        service_context={
            "aws:sourceaccount": account,
            "aws:sourcearn": SOURCES.get(service, "").format(account),
        },
    )
    policy = {"Version": "2012-10-17", "Statement": statements}
    return bool(evaluate_resource_policy(policy, context, service=service).decision == "Allow")


@pytest.mark.parametrize("action", USES)
@pytest.mark.parametrize("service", SOURCES)
def test_a_service_may_use_the_key_for_this_account(service: str, action: str):
    assert allowed(action, service)


@pytest.mark.parametrize("action", USES)
@pytest.mark.parametrize("service", [*SOURCES, ""], ids=lambda service: service or "a role")
def test_nobody_may_use_the_key_for_another_account(service: str, action: str):
    assert not allowed(action, service, STRANGER)


@pytest.mark.parametrize("sid", SIDS)
def test_no_statement_of_the_example_can_be_left_out(sid: str):
    users = ["", *SOURCES]

    assert [user for user in users if not allowed("kms:Decrypt", user, without=sid)]


@pytest.mark.parametrize("role", STACK.of("AWS::IAM::Role"))
def test_a_role_may_use_the_key_as_its_calls_need(role: str):
    statements = STACK[role]["Policies"][0]["PolicyDocument"]["Statement"]
    actions = {action for statement in statements for action in as_list(statement["Action"])}
    on_key = [statement for statement in statements if statement["Resource"] == KEY]
    granted = {action for statement in on_key for action in statement["Action"]}

    assert granted == set().union(*(NEEDED.get(action, set()) for action in actions))


@pytest.mark.parametrize("action", [*USES, "kms:CreateGrant", "kms:DescribeKey"])
def test_the_account_lets_its_roles_use_the_key_and_who_deploys_make_the_table(action: str):
    assert allowed(action)

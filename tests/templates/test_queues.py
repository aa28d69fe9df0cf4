"""Queues and topics: who may put something in, and how long it stays, asserted on the template."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.cloudformation import deploy

KEY = "arn:aws:kms:eu-west-1:111122223333:key/0a1b2c3d"
RULES = ("S3Rule", "TrailRule")
QUEUES = ("EventQueue", "DeadLetterQueue", "UndeliveredQueue")
TOPICS = ("AlertTopic", "OperationsTopic", "ChatTopic", "MachineTopic")
STACK = deploy("template.yaml", WatchedBuckets="hr-data,finance-exports", AlertEmail="watch@example.com")
OWN_KEY = deploy("template.yaml", WatchedBuckets="hr-data", KmsKeyArn=KEY)


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def statements_about(kind: str, resource: str) -> list[dict[str, Any]]:
    """The statements of resource policies of a type that name a resource."""
    documents = [policy["PolicyDocument"] for policy in STACK.of(kind).values()]
    return [
        statement
        for document in documents
        for statement in document["Statement"]
        if resource in as_list(statement["Resource"])
    ]


def test_nothing_but_these_rules_sends_events():
    patterns = {name for name, rule in STACK.of("AWS::Events::Rule").items() if "EventPattern" in rule}

    # The others have queues of their own: test_findings.py, test_review.py.
    assert patterns == {*RULES, "Findings/Rule", "Reviews/ChangeRule", "Reviews/ComplianceRule"}


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_a_rule_retries_for_a_day_and_then_keeps_the_event(rule):
    assert STACK[rule]["Targets"] == [
        {
            "Id": "queue",
            "Arn": "EventQueue.Arn",
            "RetryPolicy": {"MaximumRetryAttempts": 185, "MaximumEventAgeInSeconds": 86400},
            "DeadLetterConfig": {"Arn": "DeadLetterQueue.Arn"},
        }
    ]


@pytest.mark.parametrize("queue", ["EventQueue.Arn", "DeadLetterQueue.Arn"], ids=str)
def test_event_queues_let_in_our_rules_and_nobody_else(queue):
    allowed = [s for s in statements_about("AWS::SQS::QueuePolicy", queue) if s["Effect"] == "Allow"]

    assert allowed == [
        {
            "Sid": "OurRulesSend",
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": ["EventQueue.Arn", "DeadLetterQueue.Arn"],
            "Condition": {"ArnEquals": {"aws:SourceArn": ["S3Rule.Arn", "TrailRule.Arn"]}},
        }
    ]


def test_the_queue_for_undelivered_messages_lets_in_our_topics_and_nobody_else():
    statements = statements_about("AWS::SQS::QueuePolicy", "UndeliveredQueue.Arn")

    allowed = [(s["Principal"], s["Condition"]) for s in statements if s["Effect"] == "Allow"]

    assert allowed == [({"Service": "sns.amazonaws.com"}, {"ArnEquals": {"aws:SourceArn": list(TOPICS)}})]


@pytest.mark.parametrize(
    ("kind", "resource"),
    [("AWS::SQS::QueuePolicy", f"{queue}.Arn") for queue in QUEUES]
    + [("AWS::SNS::TopicPolicy", topic) for topic in TOPICS],
    ids=[*QUEUES, *TOPICS],
)
def test_nobody_gets_in_without_tls(kind, resource):
    denied = [s for s in statements_about(kind, resource) if s["Effect"] == "Deny"]

    assert [(s["Principal"], s["Condition"]) for s in denied] == [
        ("*", {"Bool": {"aws:SecureTransport": "false"}})
    ]


@pytest.mark.parametrize("queue", QUEUES, ids=str)
def test_a_queue_keeps_messages_as_long_as_sqs_can_and_encrypts_them(queue):
    properties = STACK[queue]

    assert properties["MessageRetentionPeriod"] == 14 * 86400
    assert properties["SqsManagedSseEnabled"] is True


def test_messages_stay_invisible_for_six_timeouts_and_the_batching_window():
    wait = 6 * STACK["Detect"]["Timeout"] + STACK["DetectQueue"]["MaximumBatchingWindowInSeconds"]

    assert STACK["EventQueue"]["VisibilityTimeout"] >= wait


def test_events_outlast_a_long_weekend_without_the_ledger():
    properties = STACK["EventQueue"]

    patience = properties["RedrivePolicy"]["maxReceiveCount"] * properties["VisibilityTimeout"]

    assert properties["RedrivePolicy"]["deadLetterTargetArn"] == "DeadLetterQueue.Arn"
    assert patience >= 4 * 86400


def test_only_the_event_queue_may_redrive_into_the_dead_letters():
    named = f"arn:aws:sqs:eu-west-1:111122223333:{STACK['EventQueue']['QueueName']}"

    assert STACK["DeadLetterQueue"]["RedriveAllowPolicy"] == {
        "redrivePermission": "byQueue",
        "sourceQueueArns": [named],
    }


def test_alarms_of_this_account_may_publish_to_operations():
    statements = statements_about("AWS::SNS::TopicPolicy", "OperationsTopic")

    assert [s for s in statements if s["Effect"] == "Allow"] == [
        {
            "Sid": "OurAlarmsPublish",
            "Effect": "Allow",
            "Principal": {"Service": "cloudwatch.amazonaws.com"},
            "Action": "sns:Publish",
            "Resource": "OperationsTopic",
            "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}},
        }
    ]


@pytest.mark.parametrize(
    ("given", "subscribed"),
    [
        ({}, {}),
        ({"AlertEmail": "a@example.com"}, {"AlertMail": "a@example.com", "OperationsMail": "a@example.com"}),
        ({"OperationsEmail": "o@example.com"}, {"OperationsMail": "o@example.com"}),
        (
            {"AlertEmail": "a@example.com", "OperationsEmail": "o@example.com"},
            {"AlertMail": "a@example.com", "OperationsMail": "o@example.com"},
        ),
    ],
    ids=["nobody", "one address for both", "operations only", "two addresses"],
)
def test_mail_goes_where_the_parameters_say(given, subscribed):
    stack = deploy("template.yaml", WatchedBuckets="hr-data", **given)

    mails = stack.of("AWS::SNS::Subscription")

    assert {name: mail["Endpoint"] for name, mail in mails.items()} == subscribed


def test_a_mail_that_can_not_be_delivered_is_kept():
    kept = {"deadLetterTargetArn": "UndeliveredQueue.Arn"}

    assert [mail["RedrivePolicy"] for mail in STACK.of("AWS::SNS::Subscription").values()] == [kept, kept]


@pytest.mark.parametrize("resource", [*QUEUES, *TOPICS], ids=str)
def test_queues_and_topics_take_the_customers_key(resource):
    assert OWN_KEY[resource]["KmsMasterKeyId"] == KEY
    assert "SqsManagedSseEnabled" not in OWN_KEY[resource]


def test_without_a_key_topics_stay_open_to_alarms():
    assert "KmsMasterKeyId" not in STACK["OperationsTopic"]

"""Queues and topics: who may put something in, and how long it stays, asserted on the template."""

from __future__ import annotations

from typing import Any

import pytest
from ministack.core.iam_evaluator import EvalContext, evaluate_resource_policy

from tests.support.cloudformation import Stack, deploy

KEY = "arn:aws:kms:eu-west-1:111122223333:key/0a1b2c3d"
RULES = ("S3Rule", "TrailRule")
NARROWED = "arn:aws:events:eu-west-1:111122223333:rule/s3watch-calls-*"  # of stacks/event-rules.yaml
QUEUES = ("EventQueue", "DeadLetterQueue", "UndeliveredQueue")
SUBSCRIBED = ("AlertTopic", "OperationsTopic", "ChatTopic", "MachineTopic")
TOPICS = (*SUBSCRIBED, "CanaryTopic")
STACK = deploy("template.yaml", WatchedBuckets="hr-data,finance-exports", AlertEmail="watch@example.com")
POLICIES = {queue: ("AWS::SQS::QueuePolicy", f"{queue}.Arn") for queue in QUEUES} | {
    topic: ("AWS::SNS::TopicPolicy", topic) for topic in TOPICS
}
ACCOUNT = "111122223333"
SOMEBODY, ROOT = f"arn:aws:iam::{ACCOUNT}:role/Application", f"arn:aws:iam::{ACCOUNT}:root"
ON_CALL = f"arn:aws:iam::{ACCOUNT}:role/OnCall"
EVERYTHING = {"WatchedBuckets": "hr-data", "AccessLogDays": "90", "ObjectDeletedEvents": "true"}
COMPLETE, REDRIVING = (
    deploy("template.yaml", **EVERYTHING),
    deploy("template.yaml", **EVERYTHING, RedriveRoles=ON_CALL),
)
REDRIVEN = ("EventQueue.Arn", "Findings/Queue.Arn", "Reviews/Queue.Arn", "LogFiles/Queue.Arn")
# Which of our functions send where.
SENDERS = {
    "EventQueue.Arn": (),
    "DeadLetterQueue.Arn": ("DetectRole.Arn",),
    "UndeliveredQueue.Arn": ("NotifyRole.Arn",),
    "Findings/Queue.Arn": (),
    "Findings/DeadLetterQueue.Arn": ("RelayFindingRole.Arn",),
    "Reviews/Queue.Arn": (),
    "Reviews/DeadLetterQueue.Arn": ("ReviewBucketRole.Arn",),
    "LogFiles/Queue.Arn": (),
    "AlertTopic": ("NotifyRole.Arn", "SweepRole.Arn"),
    "ChatTopic": ("NotifyRole.Arn", "SweepRole.Arn"),
    "MachineTopic": ("NotifyRole.Arn", "SweepRole.Arn"),
    "CanaryTopic": ("NotifyRole.Arn", "SweepRole.Arn"),
    "OperationsTopic": (),
}
SERVED = [
    ("EventQueue.Arn", "events.amazonaws.com", "S3Rule.Arn"),
    ("DeadLetterQueue.Arn", "events.amazonaws.com", "TrailRule.Arn"),
    ("UndeliveredQueue.Arn", "sns.amazonaws.com", "AlertTopic"),
    ("Findings/Queue.Arn", "events.amazonaws.com", "Findings/Rule.Arn"),
    ("Findings/DeadLetterQueue.Arn", "events.amazonaws.com", "Findings/Rule.Arn"),
    ("Reviews/Queue.Arn", "events.amazonaws.com", "Reviews/ChangeRule.Arn"),
    ("LogFiles/Queue.Arn", "s3.amazonaws.com", "arn:aws:s3:::logs"),
    (
        "OperationsTopic",
        "cloudwatch.amazonaws.com",
        "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:s3watch",
    ),
]
OWN_KEY = deploy("template.yaml", WatchedBuckets="hr-data", KmsKeyArn=KEY)


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def statements_about(kind: str, resource: str, stack: Stack = STACK) -> list[dict[str, Any]]:
    """The statements of resource policies of a type that name a resource."""
    documents = [policy["PolicyDocument"] for policy in stack.of(kind).values()]
    return [
        statement
        for document in documents
        for statement in document["Statement"]
        if resource in as_list(statement["Resource"])
    ]


def test_nothing_but_these_rules_sends_events():
    patterns = {name for name, rule in STACK.of("AWS::Events::Rule").items() if "EventPattern" in rule}

    # The others' tests: test_findings.py, test_review.py, test_canary.py, test_own_calls.py.
    assert patterns == {
        *RULES,
        "CanaryBucket/Rule",
        "OwnCalls/Rule",
        "Findings/Rule",
        "Reviews/ChangeRule",
        "Reviews/ComplianceRule",
    }


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
            "Condition": {"ArnEquals": {"aws:SourceArn": ["S3Rule.Arn", "TrailRule.Arn", NARROWED]}},
        }
    ]


def test_the_queue_for_undelivered_messages_lets_in_our_topics_and_nobody_else():
    statements = statements_about("AWS::SQS::QueuePolicy", "UndeliveredQueue.Arn")

    allowed = [(s["Principal"], s["Condition"]) for s in statements if s["Effect"] == "Allow"]

    assert allowed == [({"Service": "sns.amazonaws.com"}, {"ArnEquals": {"aws:SourceArn": list(SUBSCRIBED)}})]


@pytest.mark.parametrize(("kind", "resource"), POLICIES.values(), ids=POLICIES)
def test_nobody_gets_in_without_tls(kind, resource):
    denied = [s for s in statements_about(kind, resource) if s.get("Sid") == "OnlyByTLS"]

    assert [(s["Effect"], s["Principal"], s["Condition"]) for s in denied] == [
        ("Deny", "*", {"Bool": {"aws:SecureTransport": "false"}})
    ]


def decide(stack: Stack, resource: str, who: str, source: str = "") -> str:
    """What a policy says of a message by TLS to a queue or topic: Allow, Deny or nothing (ImplicitDeny)."""
    service = who if who.endswith(".amazonaws.com") else ""
    kind, action = ("Queue", "sqs:SendMessage") if resource.endswith(".Arn") else ("Topic", "sns:Publish")
    context = EvalContext(
        principal_arn="*" if service else who,
        principal_type="Service" if service else "AssumedRole",
        principal_account="" if service else ACCOUNT,
        action=action,
        resource_arn=resource,
        region="eu-west-1",
        secure_transport=True,
        service_context={
            "aws:principalisawsservice": str(bool(service)).lower(),
            "aws:sourceaccount": ACCOUNT if service else "",
            "aws:sourcearn": source,
        },
    )
    statements = statements_about(f"AWS::{action[:3].upper()}::{kind}Policy", resource, stack)
    policy = {"Version": "2012-10-17", "Statement": statements}
    return str(evaluate_resource_policy(policy, context, service=service).decision)


@pytest.mark.parametrize(
    "who", [SOMEBODY, f"arn:aws:iam::{ACCOUNT}:user/app", ROOT], ids=["role", "user", "root"]
)
@pytest.mark.parametrize("resource", SENDERS, ids=str)
def test_nobody_of_the_account_may_forge_a_message(resource: str, who: str):
    assert decide(COMPLETE, resource, who) == "Deny"


@pytest.mark.parametrize(
    ("resource", "who"),
    [(resource, who) for resource, roles in SENDERS.items() for who in roles],
    ids=[f"{resource} from {who}" for resource, roles in SENDERS.items() for who in roles],
)
def test_the_functions_that_send_are_not_refused(resource: str, who: str):
    assert decide(COMPLETE, resource, who) != "Deny"  # IAM allows it: test_permissions.py


@pytest.mark.parametrize(
    ("resource", "service", "source"), SERVED, ids=[f"{r} from {s}" for r, s, _ in SERVED]
)
def test_services_are_let_in_by_their_source(resource: str, service: str, source: str):
    assert decide(COMPLETE, resource, service, source) == "Allow"


@pytest.mark.parametrize("queue", REDRIVEN, ids=str)
def test_only_a_named_role_redrives_dead_letters(queue: str):
    assert [decide(COMPLETE, queue, who) for who in (ON_CALL, SOMEBODY)] == ["Deny", "Deny"]
    assert decide(REDRIVING, queue, ON_CALL) != "Deny"
    assert decide(REDRIVING, queue, SOMEBODY) == "Deny"


def test_who_redrives_can_not_forge_alerts():
    refused = [topic for topic in TOPICS if decide(REDRIVING, topic, ON_CALL) == "Deny"]

    assert refused == list(TOPICS)


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


@pytest.mark.parametrize(
    ("given", "said"),
    [({}, True), ({"OperationsEmail": "o@example.com"}, True), ({"AlertEmail": "a@example.com"}, False)],
    ids=["nobody", "operations only", "an address"],
)
def test_a_deployment_that_mails_nobody_says_so_in_its_output(given, said):
    outputs = deploy("template.yaml", WatchedBuckets="hr-data", **given).outputs

    assert outputs.get("NobodyIsMailed") == ("AlertTopic" if said else None)


def test_a_mail_that_can_not_be_delivered_is_kept():
    kept = {"deadLetterTargetArn": "UndeliveredQueue.Arn"}

    assert [mail["RedrivePolicy"] for mail in STACK.of("AWS::SNS::Subscription").values()] == [kept, kept]


@pytest.mark.parametrize("resource", [*QUEUES, *TOPICS], ids=str)
def test_queues_and_topics_take_the_customers_key(resource):
    assert OWN_KEY[resource]["KmsMasterKeyId"] == KEY
    assert "SqsManagedSseEnabled" not in OWN_KEY[resource]


def test_without_a_key_topics_stay_open_to_alarms():
    assert "KmsMasterKeyId" not in STACK["OperationsTopic"]

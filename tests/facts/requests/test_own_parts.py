from __future__ import annotations

import re
from functools import reduce
from typing import Any

import pytest
from s3watch.alerts.own_verbs import OWN_PARTS
from s3watch.facts.requests.own_parts import GIVEN, MOST_NAMED, NO_PART, SOURCES, Part, find_part
from s3watch_cli.rule_tests.example_records import make_record

from tests.support.cloudformation import deploy
from tests.support.local_aws import EVERY_OPTION

RULE = Part("rule", "s3watch-S3Rule-1A2B3C4D5E6F")
TOPIC = "s3watch-AlertTopic-1A2B3C4D5E6F"
DETECT, MAPPING = Part("function", "s3watch-detect"), Part("event source mapping", "s3watch-detect")
ROLE, TABLE = Part("role", "s3watch-DetectRole-1A2B3C4D5E6F"), Part("table", "s3watch-Ledger-1A2B3C4D5E6F")
ALARM = Part("alarm", "s3watch-Alarms-1A2B3C4D5E6F-DetectErrorsAlarm-9Z8Y7X6W5V4U")
LOGS, STACK = Part("log group", "/aws/lambda/s3watch-detect"), Part("stack", "s3watch")
POLICY = Part("policy", "s3watch-Vpc-1A2B3C4D5E6F-Policy-9Z8Y7X6W5V4U")
GIVEN_NAMES = {
    "AWS::Lambda::Function": "FunctionName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::Events::Rule": "Name",
}


def part_of(source: str, event_name: str, members: dict[str, Any], stack: str = "s3watch") -> Part:
    return find_part(stack, f"{source}.amazonaws.com", event_name, members.get)


def named(source: str, **request: Any) -> Part:
    return part_of(source, "AnyCall", {f"requestParameters.{name}": value for name, value in request.items()})


def part_of_example(name: str) -> Part:
    """The part that the example record of an event names."""
    record = make_record({"base": name})

    def read(path: str) -> Any:
        return reduce(lambda found, member: (found or {}).get(member), path.split("."), record)

    return find_part("s3watch", record["eventSource"], name, read)


@pytest.mark.parametrize(
    ("part", "names"),
    [
        (RULE, "DisableRule DeleteRule PutRule PutTargets RemoveTargets"),
        (
            Part("queue", "s3watch-events"),
            "PurgeQueue DeleteQueue SetQueueAttributes AddPermission RemovePermission StartMessageMoveTask",
        ),
        (Part("subscription", TOPIC), "Unsubscribe SetSubscriptionAttributes"),
        (Part("topic", TOPIC), "DeleteTopic SetTopicAttributes PutDataProtectionPolicy Subscribe"),
        (
            DETECT,
            """DeleteFunction20150331 UpdateFunctionCode20150331v2 UpdateFunctionConfiguration20150331v2
                PutFunctionConcurrency20171031 PutFunctionEventInvokeConfig UpdateFunctionEventInvokeConfig
                PutRuntimeManagementConfig PutFunctionCodeSigningConfig PutFunctionRecursionConfig
                AddPermission20150331v2""",
        ),
        (Part("function", "s3watch-sweep"), "RemovePermission20150331v2"),
        (MAPPING, "UpdateEventSourceMapping20150331 DeleteEventSourceMapping20150331"),
        (Part("event source mapping", "s3watch-events"), "CreateEventSourceMapping20150331"),
        (TABLE, "DeleteTable UpdateTable UpdateTimeToLive UpdateContinuousBackups PutResourcePolicy"),
        (ALARM, "DeleteAlarms DisableAlarmActions PutAlarmMuteRule PutMetricAlarm SetAlarmState"),
        (LOGS, "DeleteLogGroup DeleteLogStream PutRetentionPolicy"),
        (
            ROLE,
            """DeleteRole PutRolePolicy DeleteRolePolicy AttachRolePolicy DetachRolePolicy
                PutRolePermissionsBoundary UpdateAssumeRolePolicy""",
        ),
        (POLICY, "CreatePolicyVersion SetDefaultPolicyVersion DeletePolicy"),
        (
            STACK,
            """DeleteStack UpdateStack CreateChangeSet ExecuteChangeSet RollbackStack
            SetStackPolicy UpdateTerminationProtection""",
        ),
    ],
    ids=lambda given: given.kind if isinstance(given, Part) else "",
)
def test_every_call_names_its_part_in_its_own_way(part: Part, names: str):
    assert {name: part_of_example(name) for name in names.split()} == dict.fromkeys(names.split(), part)


def test_every_call_that_messages_have_words_for_names_a_part():
    assert [name for name in OWN_PARTS if part_of_example(name) == NO_PART] == []


@pytest.mark.parametrize(
    ("part", "name"),
    [
        (DETECT, "arn:aws:lambda:eu-west-1:111122223333:function:s3watch-detect"),
        (DETECT, "arn:aws-cn:lambda:cn-north-1:111122223333:function:s3watch-detect:7"),
        (DETECT, "111122223333:s3watch-detect"),
        (DETECT, "s3watch-detect:live"),
        (Part("function", "s3watch-take-verdict"), "s3watch-take-verdict"),
        (NO_PART, "s3watch"),
        (NO_PART, "s3watch-dev-detect"),
        (NO_PART, "s3watch-something"),
        (NO_PART, "my-s3watch-detect"),
        (NO_PART, ""),
        (NO_PART, None),
        (NO_PART, {"s3watch-detect": 1}),
    ],
    ids=str,
)
def test_a_function_is_known_by_name_and_by_arn_and_others_are_not(part: Part, name: Any):
    assert named("lambda", functionName=name) == part


def test_one_alarm_of_several_is_enough():
    assert named("monitoring", alarmNames=["checkout-errors", 7, ALARM.name]) == ALARM


def test_a_mapping_that_reads_for_another_function_now_is_told_by_our_queue():
    answer = {
        "responseElements.functionArn": "arn:aws:lambda:eu-west-1:111122223333:function:checkout",
        "responseElements.eventSourceArn": "arn:aws:sqs:eu-west-1:111122223333:s3watch-events",
    }

    assert part_of("lambda", "UpdateEventSourceMapping20150331", answer) == Part(
        "event source mapping", "s3watch-events"
    )


@pytest.mark.parametrize("name", ["AttachRolePolicy", "DetachRolePolicy"], ids=str)
def test_another_role_that_gets_our_policy_is_not_ours(name: str):
    request = {
        "requestParameters.roleName": "checkout",
        "requestParameters.policyArn": f"arn:aws:iam::111122223333:policy/{POLICY.name}",
    }

    assert part_of("iam", name, request) == NO_PART


@pytest.mark.parametrize(
    ("name", "is_ours"),
    [
        ("S3WATCH-DETECTROLE-1A2B3C4D5E6F", True),
        ("s3watch-detectrole-1a2b3c4d5e6f", True),
        ("s3Watch-reviews-1a2b3c4d5e6f-role-9z8y7x6w5v4u", True),
        ("s3watch-dev-ScanLogsRole-1A2B3C4D5E6F", False),
        ("s3watch-dev-scanlogsrole-1a2b3c4d5e6f", False),
        ("s3watch-something", False),
        ("checkout-detectrole-1a2b3c4d5e6f", False),
    ],
    ids=str,
)
def test_a_role_is_known_in_any_case_as_iam_knows_it(name: str, is_ours: bool):
    assert named("iam", roleName=name) == (Part("role", name) if is_ours else NO_PART)


def test_a_function_is_known_as_it_is_written_alone():
    assert named("lambda", functionName="S3WATCH-DetectFunction-1A2B3C4D5E6F") == NO_PART


@pytest.mark.parametrize("member", ["alarmNames", "muteTargets.alarmNames"], ids=str)
def test_all_alarms_of_a_call_that_are_ours_are_named(member: str):
    other = "s3watch-Alarms-1A2B3C4D5E6F-NotifyErrorsAlarm-0A1B2C3D4E5F"

    assert named("monitoring", **{member: [other, "checkout-errors", ALARM.name, other]}) == Part(
        "alarm", f"{other},{ALARM.name}"
    )


def test_so_many_are_named_as_a_message_has_room_for():
    names = [f"s3watch-Alarm{number}" for number in range(MOST_NAMED + 1)]

    assert named("monitoring", alarmNames=names) == Part("alarm", ",".join(names[:-1]))


@pytest.mark.parametrize(
    ("part", "name"),
    [
        (STACK, "s3watch"),
        (STACK, "arn:aws:cloudformation:eu-west-1:111122223333:stack/s3watch/0a1b2c3d-1111"),
        (Part("stack", "s3watch-Alarms-1A2B3C4D5E6F"), "s3watch-Alarms-1A2B3C4D5E6F"),
        (NO_PART, "s3watch-dev"),
        (NO_PART, "arn:aws:cloudformation:eu-west-1:111122223333:stack/s3watch-dev/0a1b2c3d-1111"),
    ],
    ids=str,
)
def test_the_stack_itself_and_the_stacks_in_it_are_parts(part: Part, name: str):
    assert named("cloudformation", stackName=name) == part


def test_the_trails_log_group_is_named_by_the_stack():
    group = "/s3watch/s3watch/trail"

    assert named("logs", logGroupName=group) == Part("log group", group)


@pytest.mark.parametrize("source", ["s3", "kms", "scheduler"], ids=str)
def test_other_services_have_no_parts(source: str):
    assert named(source, name=RULE.name, keyId=RULE.name) == NO_PART


def test_without_the_name_of_the_stack_nothing_is_ours():
    assert part_of("events", "DisableRule", {"requestParameters.name": "-Rule-1A2B"}, stack="") == NO_PART


def test_the_names_that_templates_give_are_known_and_there_are_no_others():
    stacks = [
        deploy("template.yaml", **EVERY_OPTION),
        deploy("template.yaml", WatchedBuckets="hr-data", EventScope="objects"),
    ]
    texts = {
        str(properties.get(member, ""))
        for stack in stacks
        for kind, member in GIVEN_NAMES.items()
        for properties in stack.of(kind).values()
    }
    given = {text.removeprefix("s3watch-") for text in texts if text.startswith("s3watch-")}

    assert {name for name in given if not re.fullmatch("calls-[0-9a-f]{7}", name)} == GIVEN


def test_the_rule_takes_events_of_every_service_that_has_parts():
    pattern = deploy("template.yaml", WatchedBuckets="hr-data")["OwnCalls/Rule"]["EventPattern"]

    assert {f"{source.removeprefix('aws.')}.amazonaws.com" for source in pattern["source"]} == SOURCES

"""The buttons for verdicts are there where a role may press them, and do no more than call one function."""

from __future__ import annotations

import json

import pytest

from tests.support.cloudformation import deploy

ROLE = "arn:aws:iam::111122223333:role/Channel"
STACK = deploy("template.yaml", WatchedBuckets="hr-data", ChatRole=ROLE)
BUTTONS = STACK.of("AWS::Chatbot::CustomAction")
METADATA = "event.metadata.additionalContext"


@pytest.mark.parametrize("role", ["", ROLE], ids=["nobody", "a role"])
def test_without_a_role_there_are_no_buttons_and_no_function(role: str):
    stack = deploy("template.yaml", WatchedBuckets="hr-data", ChatRole=role)
    told = {stack[name]["Environment"]["Variables"]["S3WATCH_BUTTONS"] for name in ("Notify", "Sweep")}

    assert ("TakeVerdict" in stack.resources, bool(stack.of("AWS::Chatbot::CustomAction"))) == (
        bool(role), bool(role)
    )  # fmt: skip
    assert told == {"on" if role else "off"}


def test_each_button_gives_its_verdict_on_the_alert_of_its_message():
    asked = [button["Definition"]["CommandText"].partition(" --payload ") for button in BUTTONS.values()]

    assert {command for command, *_ in asked} == {
        "lambda invoke --function-name TakeVerdict --region eu-west-1"
    }
    assert [json.loads(payload) for *_, payload in asked] == [
        {"alert": "$alert", "verdict": verdict} for verdict in ("expected", "false-positive", "true-positive")
    ]


def test_a_button_is_shown_below_messages_of_its_stack_that_are_about_one_alert():
    for button in BUTTONS.values():
        (attachment,) = button["Attachments"]
        assert attachment["NotificationType"] == "Custom"
        assert attachment["Variables"] == {name: f"{METADATA}.{name}" for name in ("stack", "alert")}
        assert attachment["Criteria"] == [
            {"Operator": "EQUALS", "VariableName": "stack", "Value": "s3watch"},
            {"Operator": "HAS_VALUE", "VariableName": "alert"},
        ]


def test_the_channels_role_may_call_the_function_and_nobody_else_is_allowed_to_here():
    permissions = STACK.of("AWS::Lambda::Permission")
    (name,) = [name for name, each in permissions.items() if each["FunctionName"] == "TakeVerdict"]

    assert permissions[name] == {
        "Action": "lambda:InvokeFunction", "FunctionName": "TakeVerdict", "Principal": ROLE
    }  # fmt: skip


def test_the_function_writes_verdicts_only():
    (policy,) = STACK["TakeVerdictRole"]["Policies"]
    statements = policy["PolicyDocument"]["Statement"]
    write = next(each for each in statements if each["Action"] == "dynamodb:UpdateItem")

    assert write["Resource"] == "Ledger.Arn"
    assert write["Condition"] == {
        "ForAllValues:StringLike": {"dynamodb:LeadingKeys": "group#*"},
        "ForAllValues:StringEquals": {
            "dynamodb:Attributes": ["pk", "version", "verdict", "snooze", "due_shard", "due_at", "expires"]
        },
    }

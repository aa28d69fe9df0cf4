"""What is read of a deployment's own functions and rules, in moto."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from s3watch.aws import clients
from s3watch.aws.own_parts.deployment_reader import read_made, read_stopped, read_unlogged
from s3watch.health.parts import Made

from tests.support.aws_answers import refuse
from tests.support.reviewed_bucket import BUCKET

QUEUE = "arn:aws:sqs:us-east-1:123456789012:s3watch-events"
FUNCTION, RULE = "s3watch-detect", "s3watch-S3Rule"
CREATED, UPDATED = datetime(2026, 11, 20, 8, tzinfo=UTC), datetime(2026, 11, 27, 8, tzinfo=UTC)


def archive(code: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        file.writestr(zipfile.ZipInfo("app.py"), code)  # its time is fixed, so that equal code has one digest
    return content.getvalue()


def describe_stack(status: str = "UPDATE_COMPLETE", updated: datetime | None = UPDATED) -> None:
    """Let CloudFormation answer, as documented; moto's needs packages that we do not have."""
    stack: dict[str, object] = {"StackName": "s3watch", "CreationTime": CREATED, "StackStatus": status}
    if updated:
        stack["LastUpdatedTime"] = updated
    answer = (SimpleNamespace(status_code=200), {"Stacks": [stack]})
    events, name = clients.client("cloudformation").meta.events, "before-call.cloudformation.DescribeStacks"
    events.unregister(name, unique_id=name)
    events.register(name, lambda **_: answer, unique_id=name)


@pytest.fixture
def functions(s3: Any) -> Any:
    """The client of Lambda; there is a stack with a function, and a rule that sends to a queue."""
    trust = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ]}  # fmt: skip
    role = boto3.client("iam").create_role(RoleName="detect", AssumeRolePolicyDocument=json.dumps(trust))
    describe_stack()
    events = boto3.client("events")
    events.put_rule(Name=RULE, EventPattern='{"source": ["aws.s3"]}')
    events.put_targets(Rule=RULE, Targets=[{"Id": "queue", "Arn": QUEUE}])
    made = boto3.client("lambda")
    made.create_function(
        FunctionName=FUNCTION, Role=role["Role"]["Arn"], Runtime="python3.13", Handler="app.handler",
        Code={"ZipFile": archive("handler = 1")}, Environment={"Variables": {"S3WATCH_RULES": "rules.json"}},
    )  # fmt: skip
    return made


def read() -> Made:
    return read_made("s3watch", [FUNCTION], [QUEUE]).made


def changed(before: Made) -> list[str]:
    return [name for name, mark in read().marks.items() if before.marks[name] != mark]


def test_functions_and_rules_are_read_with_the_time_of_the_last_update(functions):
    made = read()

    assert list(made.marks) == [
        f"the function {FUNCTION}", f"who may invoke the function {FUNCTION}",
        f"the rule {RULE} of EventBridge",
    ]  # fmt: skip
    assert read() == made


@pytest.mark.usefixtures("functions")
def test_the_roles_of_functions_are_named():
    assert read_made("s3watch", [FUNCTION, "s3watch-none"], [QUEUE]).roles == ("detect",)


@pytest.mark.parametrize(
    ("status", "updated", "deployed"),
    [
        ("CREATE_COMPLETE", None, CREATED),
        ("UPDATE_COMPLETE", UPDATED, UPDATED),
        ("UPDATE_ROLLBACK_COMPLETE", UPDATED, UPDATED),
        ("UPDATE_IN_PROGRESS", UPDATED, datetime.fromtimestamp(0, UTC)),
    ],
    ids=["created", "updated", "rolled back", "while it is updated"],
)
@pytest.mark.usefixtures("functions")
def test_the_last_deployment_is_the_last_update_of_the_stack(status, updated, deployed):
    describe_stack(status, updated)

    assert datetime.fromtimestamp(read().deployed, UTC) == deployed


@pytest.mark.parametrize(
    "change",
    [
        lambda functions: functions.update_function_code(
            FunctionName=FUNCTION, ZipFile=archive("handler = 2")
        ),
        lambda functions: functions.update_function_configuration(
            FunctionName=FUNCTION, Environment={"Variables": {"S3WATCH_RULES": "other.json"}}
        ),
        lambda functions: functions.update_function_configuration(
            FunctionName=FUNCTION, Handler="other.handler"
        ),
    ],
    ids=["code", "settings", "handler"],
)
def test_a_change_to_a_function_is_seen(functions, change: Callable[[Any], object]):
    before = read()
    change(functions)

    assert changed(before) == [f"the function {FUNCTION}"]


def test_what_only_says_when_a_function_was_changed_is_not_a_change(functions):
    before = read()
    functions.update_function_configuration(FunctionName=FUNCTION, Description="no change to what it does")

    assert changed(before) == []


@pytest.mark.usefixtures("functions")
def test_the_order_in_which_lambda_names_subnets_is_no_change():
    events, name = clients.client("lambda").meta.events, "after-call.lambda.GetFunctionConfiguration"
    marks = []
    for subnets in (["subnet-0a", "subnet-1b"], ["subnet-1b", "subnet-0a"], ["subnet-1b"]):
        events.unregister(name, unique_id=name)
        events.register(
            name,
            lambda parsed, subnets=subnets, **_: parsed.update(VpcConfig={"SubnetIds": subnets}),
            unique_id=name,
        )
        marks.append(read().marks[f"the function {FUNCTION}"])

    assert (marks[0] == marks[1], marks[0] == marks[2]) == (True, False)


def test_whoever_may_invoke_a_function_anew_is_a_change(functions):
    before = read()
    functions.add_permission(
        FunctionName=FUNCTION, StatementId="a", Action="lambda:InvokeFunction", Principal="444455556666"
    )

    assert changed(before) == [f"who may invoke the function {FUNCTION}"]


def test_a_function_of_which_no_concurrency_is_left_is_stopped(functions):
    for reserved in (1, 0):
        functions.put_function_concurrency(FunctionName=FUNCTION, ReservedConcurrentExecutions=reserved)
        assert read_stopped([FUNCTION, "s3watch-none"]) == ((FUNCTION,) if reserved == 0 else ())

    functions.delete_function_concurrency(FunctionName=FUNCTION)
    assert read_stopped([FUNCTION]) == ()


def test_a_rule_that_passes_on_something_else_is_a_change(functions):
    before = read()
    boto3.client("events").put_rule(Name=RULE, EventPattern='{"source": ["aws.none"]}')

    assert changed(before) == [f"the rule {RULE} of EventBridge"]


def test_what_was_deleted_is_missing(functions):
    functions.delete_function(FunctionName=FUNCTION)
    boto3.client("events").remove_targets(Rule=RULE, Ids=["queue"])

    assert read().marks == {}


def test_a_bucket_that_logs_nowhere_or_elsewhere_is_named_and_a_directory_bucket_never(s3):
    s3.create_bucket(Bucket="access-logs")

    assert read_unlogged([BUCKET, "exports--use1-az4--x-s3"], "access-logs") == (BUCKET,)


def test_a_bucket_that_logs_to_the_deployments_bucket_is_not_named(s3):
    s3.create_bucket(Bucket="access-logs")
    grant = {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/s3/LogDelivery"}
    s3.put_bucket_acl(Bucket="access-logs", AccessControlPolicy={
        "Owner": s3.get_bucket_acl(Bucket=BUCKET)["Owner"],
        "Grants": [{"Grantee": grant, "Permission": one} for one in ("WRITE", "READ_ACP")],
    })  # fmt: skip
    s3.put_bucket_logging(
        Bucket=BUCKET,
        BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": "access-logs", "TargetPrefix": ""}},
    )

    assert read_unlogged([BUCKET], "access-logs") == ()


def test_of_a_bucket_that_is_not_ours_to_read_nothing_is_said(s3):
    refuse(clients.client("s3"), "GetBucketLogging", "AccessDenied")

    assert read_unlogged([BUCKET], "access-logs") == ()

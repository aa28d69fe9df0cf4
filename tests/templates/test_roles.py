"""What holds for every role and function of the stack and its nested stacks, whichever options are on."""

from __future__ import annotations

from typing import Any

import pytest
from s3watch.settings import HealthSettings

from tests.support.cloudformation import Stack, deploy

BOUNDARY = "arn:aws:iam::111122223333:policy/teams-may"
OPTIONS = {
    "WatchedBuckets": "hr-data",
    "AccessLogDays": "90",
    "Analytics": "log-group",
    "PostureRules": "true",
    "Remediate": "block",
    "ObjectDeletedEvents": "true",
    "SensitiveObjects": "hr-data/payroll/",
    "RequestMetrics": "true",
}
PLAIN = deploy("template.yaml", **OPTIONS)
IN_VPC = deploy("template.yaml", **OPTIONS, VpcSubnets="subnet-0a1b,subnet-2c3d", VpcSecurityGroups="sg-0a1b")


def roles_of_functions(stack: Stack) -> dict[str, Any]:
    functions = stack.of("AWS::Lambda::Function").values()
    return {name: stack[name] for name in (one["Role"].removesuffix(".Arn") for one in functions)}


def test_every_role_has_the_permissions_boundary_that_is_asked_for():
    roles = deploy("template.yaml", **OPTIONS, PermissionsBoundary=BOUNDARY).of("AWS::IAM::Role")

    assert {name: role.get("PermissionsBoundary") for name, role in roles.items()} == dict.fromkeys(
        PLAIN.of("AWS::IAM::Role"), BOUNDARY
    )
    assert {"DetectRole", "Analysis/LogRole"} <= roles.keys()


@pytest.mark.parametrize("channel", ["", "arn:aws:iam::111122223333:role/Channel"], ids=["mail", "chat"])
@pytest.mark.parametrize("options", [{}, OPTIONS], ids=["plain", "with options"])
def test_the_role_of_every_function_that_is_checked_may_be_read(options: dict[str, str], channel: str):
    stack = deploy("template.yaml", **{"WatchedBuckets": "hr-data"} | options, ChatRole=channel)
    topic = "arn:aws:sns:eu-west-1:111122223333:operations"
    settings = stack["CheckHealth"]["Environment"]["Variables"] | {"S3WATCH_OPERATIONS_TOPIC": topic}
    checked = HealthSettings.from_environment(settings).functions
    roles = {one["FunctionName"]: one["Role"] for one in stack.of("AWS::Lambda::Function").values()}
    reads, *_ = stack["CheckHealthReadsRoles"]["PolicyDocument"]["Statement"]

    assert sorted(reads["Resource"]) == sorted(roles[name] for name in checked)


def test_no_role_has_a_boundary_unless_it_is_asked_for():
    assert not [name for name, role in PLAIN.of("AWS::IAM::Role").items() if "PermissionsBoundary" in role]


def test_every_function_is_in_the_vpc_that_is_asked_for():
    where = {"SubnetIds": ["subnet-0a1b", "subnet-2c3d"], "SecurityGroupIds": ["sg-0a1b"]}

    assert all(made["VpcConfig"] == where for made in IN_VPC.of("AWS::Lambda::Function").values())


def test_lambda_may_attach_each_function_to_the_vpc_and_no_function_may_itself():
    roles = roles_of_functions(IN_VPC)
    allowed, denied = IN_VPC["Vpc/Policy"]["PolicyDocument"]["Statement"]

    assert roles.keys() == roles_of_functions(PLAIN).keys()
    assert all(role["ManagedPolicyArns"] == ["Vpc/Policy"] for role in roles.values())
    assert {"ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface"} < set(allowed["Action"])
    assert (denied["Effect"], denied["Action"], denied["Condition"]["ArnLike"]) == (
        "Deny", "ec2:*",
        {"lambda:SourceFunctionArn": "arn:aws:lambda:eu-west-1:111122223333:function:s3watch-*"},
    )  # fmt: skip


def test_the_denial_names_every_function():
    functions = IN_VPC.of("AWS::Lambda::Function").values()

    assert all(made["FunctionName"].startswith("s3watch-") for made in functions)


def test_without_a_vpc_there_is_nothing_of_one():
    functions, roles = PLAIN.of("AWS::Lambda::Function"), roles_of_functions(PLAIN)

    assert not [name for name, made in functions.items() if "VpcConfig" in made]
    assert not [name for name, role in roles.items() if "ManagedPolicyArns" in role]
    assert "Vpc" not in PLAIN.resources

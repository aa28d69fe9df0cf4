"""What is read of the roles of a deployment's functions, in moto."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError
from s3watch.aws import clients
from s3watch.aws.own_parts.role_reader import Found, read_roles

from tests.support.aws_answers import refuse

ROLE, OTHER = "s3watch-DetectRole-1A2B3C4D5E6F", "s3watch-NotifyRole-1A2B3C4D5E6F"
TRUST, INLINE = f"the trust policy of the role {ROLE}", f"the policy detect of the role {ROLE}"
BOUNDARY = f"the permissions boundary of the role {ROLE}"
OWN = "arn:aws:iam::123456789012:policy/vpc"
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"


def document(action: str, **more: str | dict[str, str]) -> str:
    statement = {"Effect": "Allow", "Action": action} | (more or {"Resource": "*"})
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def iam(s3: Any) -> Any:
    """The client of IAM; there is a role with a policy of its own."""
    made = boto3.client("iam")
    trust = document("sts:AssumeRole", Principal={"Service": "lambda.amazonaws.com"})
    for name in (ROLE, OTHER):
        made.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    made.put_role_policy(RoleName=ROLE, PolicyName="detect", PolicyDocument=document("sqs:SendMessage"))
    made.create_policy(PolicyName="vpc", PolicyDocument=document("ec2:CreateNetworkInterface"))
    return made


def read() -> dict[str, str]:
    """The parts of the one role."""
    return read_roles([ROLE]).by_role[ROLE]


def deny_role(name: str) -> None:
    """Let IAM refuse one role, as where the statement does not name it."""

    def raise_for(params: dict[str, Any], **_: Any) -> None:
        if params["RoleName"] == name:
            raise ClientError({"Error": {"Code": "AccessDenied"}}, "GetRole")

    clients.client("iam").meta.events.register("provide-client-params.iam.GetRole", raise_for)


def test_each_part_of_a_role_is_read_and_stays_the_same(iam):
    found = read()

    assert list(found) == [TRUST, INLINE]
    iam.update_role_description(RoleName=ROLE, Description="no change to what it may do")
    assert read() == found


@pytest.mark.parametrize(
    ("change", "part"),
    [
        (
            lambda iam: iam.put_role_policy(
                RoleName=ROLE, PolicyName="detect", PolicyDocument=document("sqs:*")
            ),
            INLINE,
        ),
        (
            lambda iam: iam.update_assume_role_policy(
                RoleName=ROLE,
                PolicyDocument=document("sts:AssumeRole", Principal={"AWS": "444455556666"}),
            ),
            TRUST,
        ),
    ],
    ids=["policy", "trust"],
)
def test_a_change_to_a_part_is_seen(iam, change: Callable[[Any], object], part: str):
    before = read()
    change(iam)
    after = read()

    assert [name for name, mark in after.items() if before[name] != mark] == [part]


@pytest.mark.parametrize(
    ("add", "remove", "part"),
    [
        (
            lambda iam: iam.put_role_policy(
                RoleName=ROLE, PolicyName="more", PolicyDocument=document("s3:*")
            ),
            lambda iam: iam.delete_role_policy(RoleName=ROLE, PolicyName="more"),
            f"the policy more of the role {ROLE}",
        ),
        (
            lambda iam: iam.attach_role_policy(RoleName=ROLE, PolicyArn=OWN),
            lambda iam: iam.detach_role_policy(RoleName=ROLE, PolicyArn=OWN),
            f"the policy {OWN} of the role {ROLE}",
        ),
        (
            lambda iam: iam.put_role_permissions_boundary(RoleName=ROLE, PermissionsBoundary=ADMIN),
            lambda iam: iam.delete_role_permissions_boundary(RoleName=ROLE),
            BOUNDARY,
        ),
    ],
    ids=["inline policy", "attached policy", "boundary"],
)
def test_what_a_role_has_got_or_lost_is_seen(
    iam, add: Callable[[Any], object], remove: Callable[[Any], object], part: str
):
    before = read()
    add(iam)
    assert read().keys() - before.keys() == {part}

    remove(iam)
    assert read() == before


def test_another_version_of_an_attached_policy_is_a_change(iam):
    iam.attach_role_policy(RoleName=ROLE, PolicyArn=OWN)
    before = read()
    iam.create_policy_version(PolicyArn=OWN, PolicyDocument=document("ec2:*"), SetAsDefault=True)

    assert read() != before


def test_of_a_policy_that_is_not_ours_to_read_no_version_is_said(iam):
    iam.attach_role_policy(RoleName=ROLE, PolicyArn=OWN)
    refuse(clients.client("iam"), "GetPolicy", "AccessDenied")

    assert list(read()) == [TRUST, INLINE, f"the policy {OWN} of the role {ROLE}"]


@pytest.mark.usefixtures("iam")
def test_of_a_role_that_was_deleted_nothing_is_left():
    assert read_roles(["s3watch-none"]) == Found({"s3watch-none": {}})


@pytest.mark.usefixtures("iam")
def test_a_role_that_may_not_be_read_hides_only_itself_and_is_named():
    deny_role(ROLE)
    found = read_roles([ROLE, OTHER])

    assert list(found.by_role) == [OTHER]
    (reason,) = found.unreadable
    assert reason.startswith(f"IAM, the role {ROLE}: An error occurred (AccessDenied)")


@pytest.mark.usefixtures("iam")
@pytest.mark.parametrize("operation", ["GetRole", "ListRolePolicies"])
def test_where_no_role_may_be_read_that_is_said_once(operation: str):
    refuse(clients.client("iam"), operation, "AccessDenied")
    found = read_roles([ROLE, OTHER])

    assert found.by_role == {}
    (reason,) = found.unreadable
    assert (reason.startswith("IAM: "), operation in reason) == (True, True)


@pytest.mark.usefixtures("iam")
def test_a_vpc_without_a_way_to_iam_is_said_once_and_waited_for_once():
    asked: list[str] = []

    def time_out(**_: Any) -> None:
        asked.append("GetRole")
        raise ConnectTimeoutError(endpoint_url="https://iam.amazonaws.com/")

    clients.client("iam").meta.events.register("before-send.iam.GetRole", time_out)
    found = read_roles([ROLE, OTHER])

    assert (found.by_role, len(asked)) == ({}, clients.CONFIG.retries["total_max_attempts"])
    assert [reason.partition(" on ")[0] for reason in found.unreadable] == ["IAM: Connect timeout"]


@pytest.mark.usefixtures("iam")
@pytest.mark.parametrize(
    ("code", "status"), [("Throttling", 400), ("ServiceFailure", 500)], ids=["throttled", "5xx"]
)
def test_what_passes_by_itself_is_no_reason_to_say_anything(code: str, status: int):
    refuse(clients.client("iam"), "GetRolePolicy", code, status)

    assert read_roles([OTHER, ROLE]) == Found(read_roles([OTHER]).by_role, is_whole=False)


@pytest.mark.usefixtures("iam")
def test_an_answer_that_does_not_come_passes_by_itself_too():
    def time_out(**_: Any) -> None:
        raise ReadTimeoutError(endpoint_url="https://iam.amazonaws.com/")

    clients.client("iam").meta.events.register("before-send.iam.GetRole", time_out)

    assert read_roles([ROLE]) == Found(is_whole=False)

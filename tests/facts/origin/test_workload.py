from __future__ import annotations

import json

import pytest
from s3watch.facts.origin.workload import Workload, read_workload

from tests.support.cloudtrail import ANONYMOUS, OWNER, make_role, make_user

FUNCTION = f"arn:aws:lambda:eu-west-1:{OWNER}:function:payroll-export"
INSTANCE = f"arn:aws:ec2:eu-west-1:{OWNER}:instance/i-0a1b2c3d4e5f67890"
TASK = f"arn:aws:ecs:eu-west-1:{OWNER}:task/payroll/0a1b2c3d"
ID = "i-0a1b2c3d4e5f67890"


def workload(identity):
    return read_workload(json.dumps(identity).encode())


def in_scope_of(session="alice", **scope):
    return make_role(session=session) | {"inScopeOf": scope}


def delivered(version, session=ID):
    identity = make_role(session=session)
    identity["sessionContext"]["ec2RoleDelivery"] = version
    return identity


@pytest.mark.parametrize(
    ("scope", "kind", "holder"),
    [
        ({"issuerType": "AWS::Lambda::Function", "credentialsIssuedTo": FUNCTION}, "lambda", FUNCTION),
        ({"issuerType": "AWS::EC2::Instance", "credentialsIssuedTo": INSTANCE}, "ec2", INSTANCE),
        ({"issuerType": "AWS::ECS::Task", "credentialsIssuedTo": TASK}, "ecs", TASK),
        ({"issuerType": "AWS::Lambda::Function"}, "lambda", ""),
        ({"credentialsIssuedTo": FUNCTION}, "lambda", FUNCTION),
        ({"issuerType": "Custom", "credentialsIssuedTo": FUNCTION}, "lambda", FUNCTION),
    ],
    ids=["function", "instance", "task", "type alone", "ARN alone", "another type"],
)
def test_aws_says_for_which_resource_credentials_were_made(scope, kind, holder):
    assert workload(in_scope_of(**scope)) == Workload(kind, holder, certain=True)


@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_what_the_metadata_service_handed_over_belongs_to_an_instance(version):
    assert workload(delivered(version)) == Workload("ec2", ID, certain=True)
    assert workload(delivered(version, session="renamed")) == Workload("ec2", certain=True)


@pytest.mark.parametrize("session", [ID, "i-0a1b2c3d"])
def test_without_both_a_session_that_is_named_like_an_instance_counts_as_one(session):
    assert workload(make_role(session=session)) == Workload("ec2", session)


def test_what_aws_says_comes_before_the_name_of_the_session():
    scope = {"issuerType": "AWS::Lambda::Function", "credentialsIssuedTo": FUNCTION}
    assert workload(in_scope_of(session=ID, **scope)) == Workload("lambda", FUNCTION, certain=True)


def test_without_an_arn_the_principal_id_has_the_name_of_the_session():
    identity = {"type": "AssumedRole", "principalId": f"AROAEXAMPLE:{ID}"}
    assert workload(identity) == Workload("ec2", ID)


@pytest.mark.parametrize(
    "identity",
    [
        make_role(),
        make_user(name=ID),
        ANONYMOUS,
        make_role(session="i-0a1b2c3"),
        make_role(session="i-0A1B2C3D"),
        make_role(session="i-0a1b2c3d4"),
        make_role(session=f"{ID}/x"),
        {"type": "AssumedRole"},
        in_scope_of(sourceArn=FUNCTION, sourceAccount=OWNER),
        in_scope_of(issuerType="Custom", credentialsIssuedTo="arn:aws"),
        make_role() | {"inScopeOf": ["x"]},
        delivered({"version": "2.0"}, session="alice"),
    ],
    ids=[
        "person", "user", "anonymous", "too short", "capitals", "between", "not alone", "nothing", "invoker",
        "nonsense", "no object", "no text",
    ],
)  # fmt: skip
def test_nothing_is_said_of_other_callers(identity):
    assert workload(identity) == Workload()

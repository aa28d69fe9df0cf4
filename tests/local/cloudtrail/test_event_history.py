from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from ministack.core.responses import request_scope

from local.cloudtrail import event_history
from local.cloudtrail.calls import operation
from local.cloudtrail.record import Caller, write
from tests.support.local_calls import call

HOME, REGION = "111122223333", "eu-west-1"
ROLE = f"arn:aws:iam::{HOME}:role/Analyst"
ALICE = Caller(
    HOME,
    {
        "type": "IAMUser",
        "principalId": "AIDA1",
        "arn": f"arn:aws:iam::{HOME}:user/alice",
        "accountId": HOME,
        "accessKeyId": "AKIAEXAMPLE",
        "userName": "alice",
    },
)
STRANGER = Caller("444455556666", {"type": "IAMUser", "principalId": "AIDA2", "accountId": "444455556666"})
ASKED = urlencode(
    {"Action": "AssumeRole", "Version": "2011-06-15", "RoleArn": ROLE, "RoleSessionName": "x"}
).encode()
ANSWER = b"""<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
<Credentials><AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>
<SessionToken>token</SessionToken><Expiration>2026-11-20T09:00:00Z</Expiration></Credentials>
<AssumedRoleUser><AssumedRoleId>AROA1:x</AssumedRoleId>
<Arn>arn:aws:sts::111122223333:assumed-role/Analyst/x</Arn></AssumedRoleUser>
</AssumeRoleResult></AssumeRoleResponse>"""
DENIED = b"""<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>
<Code>AccessDenied</Code><Message>User: x is not authorized</Message></Error></ErrorResponse>"""


def assume(caller: Caller = ALICE, answer: bytes = ANSWER, status: int = 200) -> list[dict[str, Any]]:
    """The records of a call that assumes a role."""
    made = call(service="sts", method="POST", path="/", body=ASKED, answer=answer, status=status)
    named = operation(made)
    assert named
    return write(made, named, caller, HOME, REGION)


@pytest.fixture(autouse=True)
def empty() -> Any:
    event_history._records.clear()
    yield
    event_history._records.clear()


def look_up(account: str = HOME, region: str = REGION, **asked: Any) -> list[dict[str, Any]]:
    with request_scope(account, region):
        _, _, answer = event_history.look_up(asked)
    events: list[dict[str, Any]] = json.loads(answer)["Events"]
    return events


def by_resource(name: str) -> list[dict[str, str]]:
    return [{"AttributeKey": "ResourceName", "AttributeValue": name}]


def test_a_call_that_assumes_a_role_is_recorded_without_the_secret():
    [record] = assume()

    assert record["userIdentity"] == ALICE.identity
    assert (record["eventSource"], record["eventName"]) == ("sts.amazonaws.com", "AssumeRole")
    assert record["requestParameters"] == {"roleArn": ROLE, "roleSessionName": "x"}
    assert record["responseElements"] == {
        "credentials": {
            "accessKeyId": "ASIAEXAMPLE", "sessionToken": "token", "expiration": "Nov 20, 2026, 9:00:00 AM",
        },
        "assumedRoleUser": {
            "assumedRoleId": "AROA1:x", "arn": "arn:aws:sts::111122223333:assumed-role/Analyst/x",
        },
    }  # fmt: skip
    assert record["resources"] == [{"accountId": HOME, "type": "AWS::IAM::Role", "ARN": ROLE}]


def test_a_refused_call_is_recorded_with_the_reason():
    [record] = assume(answer=DENIED, status=403)

    assert (record["errorCode"], record["errorMessage"]) == ("AccessDenied", "User: x is not authorized")
    assert record["responseElements"] is None


def test_the_account_of_the_role_sees_of_a_stranger_only_account_and_id():
    [seen, own] = assume(STRANGER)

    assert seen["userIdentity"] == {
        "type": "AWSAccount", "principalId": "AIDA2", "accountId": "444455556666",
    }  # fmt: skip
    assert own["userIdentity"] == STRANGER.identity


@pytest.mark.parametrize(
    "name",
    ["ASIAEXAMPLE", "x", "AROA1:x", "arn:aws:sts::111122223333:assumed-role/Analyst/x", ROLE],
    ids=["key", "session", "id", "ARN", "role"],
)
def test_a_session_is_found_by_its_key_its_names_and_its_role(name: str):
    [record] = assume()
    event_history.keep(record)

    [event] = look_up(LookupAttributes=by_resource(name))
    assert json.loads(event["CloudTrailEvent"]) == record
    assert (event["Username"], event["AccessKeyId"], event["ReadOnly"]) == ("alice", "AKIAEXAMPLE", "true")


def test_what_is_not_asked_for_is_not_found():
    [record] = assume()
    event_history.keep(record)
    [event] = look_up()

    assert look_up(LookupAttributes=by_resource("ASIAANOTHER")) == []
    assert look_up(account="444455556666") == look_up(region="us-east-1") == []
    assert look_up(StartTime=event["EventTime"] + 1) == look_up(EndTime=event["EventTime"] - 1) == []


def test_data_events_are_not_in_it():
    named = operation(read := call())
    assert named
    [record] = write(read, named, ALICE, HOME, REGION)
    event_history.keep(record)

    assert look_up() == []

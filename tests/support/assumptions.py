"""Calls to STS as CloudTrail records them and its event history lists them, in the shapes that AWS documents.

https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html#cloudtrail-integration_examples-sts-api
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
"""

from __future__ import annotations

import json
from typing import Any

from s3watch.enrichment.assumptions import Session

from tests.support.cloudtrail import OWNER, make_user

KEY = "ASIAEXAMPLE"  # of make_role
BEGAN = 1795158000.0  # as there: 2026-11-20T07:00:00Z
SESSION = Session(KEY, BEGAN)
ROLE = f"arn:aws:iam::{OWNER}:role/Analyst"
OIDC = f"arn:aws:iam::{OWNER}:oidc-provider/token.actions.githubusercontent.com"
SAML = f"arn:aws:iam::{OWNER}:saml-provider/Okta"
ALICE = make_user("alice")
SERVICE = {"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}
FOREIGN = {"type": "AWSAccount", "principalId": "AIDAEXAMPLE", "accountId": "444455556666"}
SAML_USER = {
    "type": "SAMLUser",
    "principalId": "SampleUkh1i4+ExamplexL/jEvs=:carol",
    "userName": "carol",
    "identityProvider": "SampleUkh1i4+ExamplexL/jEvs=",
}
WORKFLOW = {
    "type": "WebIdentityUser",
    "principalId": f"{OIDC}:sts.amazonaws.com:repo:acme/payroll:ref:refs/heads/main",
    "userName": "repo:acme/payroll:ref:refs/heads/main",
    "identityProvider": OIDC,
}


def make_assumption(
    identity: dict[str, Any] | None = None,
    *,
    key: str = KEY,
    event: str = "AssumeRole",
    session: str = "alice",
    request: dict[str, Any] | None = None,
    **changes: Any,
) -> dict[str, Any]:
    """The record of a call that made a session of a role, by a user unless `identity` says otherwise."""
    record: dict[str, Any] = {
        "eventVersion": "1.11",
        "userIdentity": ALICE if identity is None else identity,
        "eventTime": "2026-11-20T07:00:00Z",
        "eventSource": "sts.amazonaws.com",
        "eventName": event,
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "198.51.100.7",
        "userAgent": "aws-cli/2.31.0",
        "requestParameters": {"roleArn": ROLE, "roleSessionName": session, **(request or {})},
        "responseElements": {
            "credentials": {
                "accessKeyId": key, "sessionToken": "EXAMPLE", "expiration": "Nov 20, 2026, 8:00:00 AM",
            },
            "assumedRoleUser": {
                "assumedRoleId": f"AROAEXAMPLE:{session}",
                "arn": f"arn:aws:sts::{OWNER}:assumed-role/Analyst/{session}",
            },
        },
        "requestID": "b96b0e4e-e561-11e9-8b3f-7b396EXAMPLE",
        "eventID": "1917948f-3042-46ec-98e2-62865EXAMPLE",
        "readOnly": True,
        "resources": [{"accountId": OWNER, "type": "AWS::IAM::Role", "ARN": ROLE}],
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": OWNER,
        "eventCategory": "Management",
    }  # fmt: skip
    return record | changes


def make_history_event(record: dict[str, Any]) -> dict[str, Any]:
    """The event that LookupEvents returns of such a record."""
    assumed = record["responseElements"]["assumedRoleUser"]
    named = (
        ("AWS::IAM::AccessKey", record["responseElements"]["credentials"]["accessKeyId"]),
        ("AWS::STS::AssumedRole", record["requestParameters"]["roleSessionName"]),
        ("AWS::STS::AssumedRole", assumed["assumedRoleId"]),
        ("AWS::STS::AssumedRole", assumed["arn"]),
        ("AWS::IAM::Role", record["requestParameters"]["roleArn"]),
    )
    return {
        "EventId": record["eventID"],
        "EventName": record["eventName"],
        "ReadOnly": "true",
        "EventTime": BEGAN,
        "EventSource": record["eventSource"],
        "Resources": [{"ResourceType": kind, "ResourceName": name} for kind, name in named],
        "CloudTrailEvent": json.dumps(record),
    }

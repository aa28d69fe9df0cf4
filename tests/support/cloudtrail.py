"""Builders of CloudTrail records in the shapes AWS documents, for every test that needs one."""

from __future__ import annotations

import json
from typing import Any

OWNER = "111122223333"
OTHER = "444455556666"


SSO_PATH = "/aws-reserved/sso.amazonaws.com/eu-west-1/"


def make_role(
    name: str = "Analyst", session: str = "alice", account: str = OWNER, path: str = "/", **attributes: str
) -> dict[str, Any]:
    """A userIdentity of type AssumedRole; a role of IAM Identity Center has SSO_PATH."""
    return {
        "type": "AssumedRole",
        "principalId": f"AROAEXAMPLE:{session}",
        "arn": f"arn:aws:sts::{account}:assumed-role/{name}/{session}",
        "accountId": account,
        "accessKeyId": "ASIAEXAMPLE",
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": "AROAEXAMPLE",
                "arn": f"arn:aws:iam::{account}:role{path}{name}",
                "accountId": account,
                "userName": name,
            },
            "attributes": {"creationDate": "2026-11-20T07:00:00Z", "mfaAuthenticated": "false"} | attributes,
        },
    }


def make_user(name: str = "bob", account: str = OWNER) -> dict[str, Any]:
    """A userIdentity of type IAMUser."""
    return {
        "type": "IAMUser",
        "principalId": "AIDAEXAMPLE",
        "arn": f"arn:aws:iam::{account}:user/{name}",
        "accountId": account,
        "accessKeyId": "AKIAEXAMPLE",
        "userName": name,
    }


ANONYMOUS = {"type": "AWSAccount", "principalId": "", "accountId": "anonymous"}


def make_resources(bucket: str, key: str | None, account: str = OWNER) -> list[dict[str, str]]:
    """The resources of a record: the object, if there is one, then its bucket with the owner's account."""
    an_object = (
        [{"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::{bucket}/{key}"}] if key is not None else []
    )
    return [*an_object, {"accountId": account, "type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{bucket}"}]


def make_record(
    *,
    bucket: str = "hr-data",
    key: str | None = "payroll/2026/q3.csv",
    without: tuple[str, ...] = (),
    request: dict[str, Any] | None = None,
    additional: dict[str, Any] | None = None,
    **changes: Any,
) -> dict[str, Any]:
    """One CloudTrail record, version 1.11: a role reads an object, unless the changes say otherwise.

    `bucket` and `key` appear wherever AWS writes them; `request` and `additional` are added to the request's
    parameters and to additionalEventData; `changes` replace whole members and `without` removes some.
    """
    parameters = {"bucketName": bucket, "Host": f"{bucket}.s3.eu-west-1.amazonaws.com"}
    record: dict[str, Any] = {
        "eventVersion": "1.11",
        "userIdentity": make_role(),
        "eventTime": "2026-11-20T08:14:03Z",
        "eventSource": "s3.amazonaws.com",
        "eventName": "GetObject",
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "203.0.113.7",
        "userAgent": "[aws-cli/2.31.0 md/awscrt#0.27.6 ua/2.1 os/linux#6.8.0 lang/python#3.13.7]",
        "requestParameters": parameters | ({"key": key} if key is not None else {}) | (request or {}),
        "responseElements": None,
        "additionalEventData": {
            "SignatureVersion": "SigV4",
            "CipherSuite": "TLS_AES_128_GCM_SHA256",
            "bytesTransferredIn": 0,
            "AuthenticationMethod": "AuthHeader",
            "x-amz-id-2": "EXAMPLE",
            "bytesTransferredOut": 28441,
        }
        | (additional or {}),
        "requestID": "K8R4TZ0QX6M2V9WB",
        "eventID": "f2b287f3-0df1-4234-a2f4-c4bdfed47657",
        "readOnly": True,
        "resources": make_resources(bucket, key),
        "eventType": "AwsApiCall",
        "managementEvent": False,
        "recipientAccountId": OWNER,
        "eventCategory": "Data",
        "tlsDetails": {
            "tlsVersion": "TLSv1.3",
            "cipherSuite": "TLS_AES_128_GCM_SHA256",
            "clientProvidedHostHeader": f"{bucket}.s3.eu-west-1.amazonaws.com",
        },
    }
    return {name: value for name, value in (record | changes).items() if name not in without}


def as_bytes(document: Any) -> bytes:
    """JSON as AWS sends it."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def make_log_file(*records: dict[str, Any]) -> bytes:
    """The content of an inflated trail log file."""
    return as_bytes({"Records": records})


def make_event(record: dict[str, Any], detail_type: str = "AWS API Call via CloudTrail") -> bytes:
    """The EventBridge event that carries a record."""
    return as_bytes(
        {
            "version": "0",
            "id": "7d0a0b4f-6d0c-4f2e-9a55-3a3f2f8c1c11",
            "detail-type": detail_type,
            "source": "aws.s3",
            "account": record.get("recipientAccountId"),
            "time": record.get("eventTime"),
            "region": record.get("awsRegion"),
            "resources": [],
            "detail": record,
        }
    )

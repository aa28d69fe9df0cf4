"""Who acts in a simulation, what CloudTrail and access logs record of it, and how bad each act is."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from tests.simulation.plan import START, Act, Way
from tests.support import access_log
from tests.support.cloudtrail import ANONYMOUS, OTHER, as_bytes, make_record, make_role, make_user

THIEVES = "thief-"  # thief-1, thief-2, ...: one credential under many source identities
USERS = "user-"  # user-1, user-2, ...: as many users


def identity(caller: str) -> dict[str, Any]:
    """The userIdentity of a caller, by name."""
    if caller.startswith(THIEVES):
        role = make_role("Shared", "batch")
        role["sessionContext"]["sourceIdentity"] = caller
        return role
    if caller.startswith(USERS):
        return make_user(caller)
    return _IDENTITIES[caller]


_IDENTITIES: dict[str, dict[str, Any]] = {
    "alice": make_role("Analyst", "alice"),
    "eve": make_user("eve"),
    "mallory": make_user("mallory"),
    "stranger": make_user("stranger", OTHER),
    "anonymous": ANONYMOUS,
    "migration": make_role("Migration", "run"),  # has an exception for reading
    "cleaner": make_role("Cleaner", "nightly"),  # is expected to do anything with payroll
    "payroll-app": make_role("PayrollApp", "i-0abc"),
}
STRANGERS = ("stranger", "anonymous")  # what they reach is a state: its roll-ups come ever less often
SEEN_BY_ACCESS_LOGS = ("eve", "mallory", "alice")  # their names come out the same there

# DESIGN.md, section 5: opened to others, protection or trail destroyed > deleted > permission, copied out,
# shared > written > read > listed, denied.
RANKS = {
    "PutBucketPolicy": 6, "DeleteBucketPublicAccessBlock": 6, "PutBucketLifecycle": 6,
    "PutBucketReplication": 6, "PutBucketVersioning": 6, "DeleteObject": 5, "DeleteObjects": 5,
    "CopyObject": 4, "PutObjectAcl": 4, "PutObject": 3, "GetObject": 2, "ListObjects": 1, "Denied": 1,
}  # fmt: skip

# How a message may name an act: its event, or the words of a headline.
WORDS = {
    "PutBucketPolicy": ("opened",), "DeleteBucketPublicAccessBlock": ("removed Block Public Access",),
    "PutBucketLifecycle": ("changed protection",), "PutBucketReplication": ("changed protection",),
    "PutBucketVersioning": ("changed protection",),
    "DeleteObject": ("deleted",), "DeleteObjects": ("deleted",),
    "CopyObject": ("copied",), "PutObjectAcl": ("changed permissions", "opened"), "PutObject": ("wrote",),
    "GetObject": (" read ",), "ListObjects": ("listed",), "Denied": ("tried to",),
}  # fmt: skip

_PUBLIC = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::x/*"}
    ],
}
_REQUESTS: dict[str, dict[str, Any]] = {
    "PutBucketPolicy": {"bucketPolicy": _PUBLIC},
    "PutBucketLifecycle": {
        "LifecycleConfiguration": {"Rule": {"Status": "Enabled", "Expiration": {"Days": 1}}}
    },
    "PutBucketReplication": {"ReplicationConfiguration": {"Rule": {"Status": "Enabled"}}},
    "PutBucketVersioning": {"VersioningConfiguration": {"Status": "Suspended"}},
    "PutObjectAcl": {"AccessControlPolicy": {}},
}
_REST = {"GetObject": "REST.GET.OBJECT", "PutObject": "REST.PUT.OBJECT", "DeleteObject": "REST.DELETE.OBJECT"}


def records(act: Act, way: Way) -> list[bytes]:
    """The records of an act: CloudTrail's, or lines of an access log; 0 is the call."""
    if way == "access_logs":
        return [_line(act)]
    if act.event == "DeleteObjects":
        call = _record(act, act.event, None, 0)
        parts = [_part(act, key, number) for number, key in enumerate(act.keys, 1)]
        return [as_bytes(record) for record in (call, *parts)]
    return [as_bytes(_record(act, act.event, act.key or None, 0))]


def _record(act: Act, event: str, key: str | None, part: int) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    request = _REQUESTS.get(event, {})
    if event == "Denied":
        event, changes = "GetObject", {"errorCode": "AccessDenied", "errorMessage": "Access Denied"}
    if event == "CopyObject":
        bucket, key, request = "elsewhere", "copy", {"x-amz-copy-source": f"{act.bucket}/{act.key}"}
    else:
        bucket = act.bucket
    return make_record(
        bucket=bucket, key=key, request=request, userIdentity=identity(act.caller), eventName=event,
        eventTime=_moment(act).strftime("%Y-%m-%dT%H:%M:%SZ"), requestID=request_id(act),
        eventID=str(UUID(int=act.number << 16 | part)), **changes,
    )  # fmt: skip


def _part(act: Act, key: str, number: int) -> dict[str, Any]:
    """CloudTrail's record of one object of a batch delete: another type, and a caller without a name."""
    account = identity(act.caller).get("accountId", "")
    return _record(act, "DeleteObject", key, number) | {
        "eventType": "AwsServiceEvent",
        "userIdentity": {"accountId": account, "invokedBy": "s3.amazonaws.com", "type": "AWSAccount"},
        "sourceIPAddress": "s3.amazonaws.com",
        "userAgent": "s3.amazonaws.com",
    }


def _line(act: Act) -> bytes:
    arn = identity(act.caller)["arn"]
    operation = _REST[act.event]
    return access_log.make_line(
        bucket=act.bucket, key=act.key, requester=arn, request=request_id(act), operation=operation,
        time=_moment(act).strftime("[%d/%b/%Y:%H:%M:%S +0000]"),
        uri=f"{operation.split('.')[1]} /{act.key} HTTP/1.1",
    )  # fmt: skip


def request_id(act: Act) -> str:
    """The request id of an act."""
    return f"REQUEST{act.number:09}"


def _moment(act: Act) -> datetime:
    return datetime.fromtimestamp(int(START + act.at), UTC)


def envelope(record: bytes) -> str:
    """The body of an SQS message with the EventBridge event of a record."""
    head = '{"version":"0","id":"7d0a0b4f-6d0c-4f2e-9a55-3a3f2f8c1c11","source":"aws.s3","detail-type":'
    return f'{head}"AWS API Call via CloudTrail","detail":{record.decode()}}}'


def log_file(parts: list[bytes]) -> bytes:
    """A trail's log file, inflated."""
    return b'{"Records":[' + b",".join(parts) + b"]}"


def notification(key: str) -> str:
    """The body of an SQS message with S3's notification of a log file."""
    put = {"s3": {"bucket": {"name": "logs"}, "object": {"key": key}}, "eventName": "ObjectCreated:Put"}
    return json.dumps({"Records": [put]})

"""Calls to AWS, written as CloudTrail's records in the documented shapes that the tests of rules use.

Accounts, addresses and ids are those reserved for examples:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-understanding-s3-entries.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

from s3watch_cli.rule_tests.example_records import make_record

ACCOUNT = "111122223333"
DAY = 86_400
SDK = "[Boto3/1.40.11 md/Botocore#1.40.11 ua/2.1 os/linux#6.1.0 md/arch#x86_64 lang/python#3.13.7]"
# What stands in a shape for what a call fills in; the texts are in no record otherwise
_BUCKET, _KEY, _TIME, _EVENT, _REQUEST = "~bucket~", "~key~", "~time~", "~event~", "~request~"
_ADDRESS, _AGENT, _CALLER, _SIZE = "~address~", "~agent~", "~caller~", "~size~"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, from where and with what program; `session` is the name of a role's session."""

    principal: str  # role/NAME, user/NAME, service/NAME, anonymous, or ACCOUNT:role/NAME
    session: str = "session"
    address: str = "10.0.1.15"
    endpoint: str = ""  # of a VPC
    agent: str = SDK
    invoked_by: str = ""  # the AWS service that calls for it
    path: str = ""  # of a role


@dataclass(frozen=True, slots=True)
class Call:
    """One call at a time, in epoch seconds; `more` has further members, by their paths."""

    time: float
    event: str
    by: Caller
    bucket: str = ""
    key: str = ""
    error: str = ""
    size: int = 28_441  # bytes read or written
    more: Mapping[str, Any] = field(default_factory=dict)
    why: str = ""  # somebody should hear of it

    def write(self, number: int) -> bytes:
        """Write the record; `number` makes its ids unique."""
        shape = _rare_shape(self) if self.more else _shape(self.event, self.error)
        day = int(self.time) // DAY
        for mark, text in (
            (_BUCKET, self.bucket),
            (_KEY, _escape(self.key)),
            (_TIME, datetime.fromtimestamp(self.time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")),
            (_EVENT, event_id(number)),
            (_REQUEST, f"{number:016X}"),
            (_ADDRESS, self.by.address),
            (_AGENT, _escape(self.by.agent)),
            (f'"{_SIZE}"', str(self.size)),
            (f'"{_CALLER}"', _identity(self.by, day)),
        ):
            shape = shape.replace(mark, text)
        if self.by.endpoint:
            shape = f'{shape[:-1]},"vpcEndpointId":"{self.by.endpoint}","vpcEndpointAccountId":"{ACCOUNT}"}}'
        return shape.encode()


def event_id(number: int) -> str:
    """Return the eventID of a call by its number."""
    return f"{number >> 32:08x}-0000-4000-8000-{number & 0xFFFFFFFF:012x}"


def _escape(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


@cache
def _shape(event: str, error: str) -> str:
    return _write({"base": event, "error": error} if error else {"base": event})


def _rare_shape(call: Call) -> str:
    return _write(
        {"base": call.event, "set": dict(call.more)} | ({"error": call.error} if call.error else {})
    )


def _write(short: dict[str, Any]) -> str:
    record = make_record({"bucket": _BUCKET, "key": _KEY, "at": _TIME, "from": _ADDRESS, **short})
    record |= {"eventID": _EVENT, "requestID": _REQUEST, "userAgent": _AGENT, "userIdentity": _CALLER}
    for way in ("bytesTransferredIn", "bytesTransferredOut"):
        if (record.get("additionalEventData") or {}).get(way, 0) > 10_000:
            record["additionalEventData"][way] = _SIZE
    return json.dumps(record, separators=(",", ":"), ensure_ascii=False)


@cache
def _identity(caller: Caller, day: int) -> str:
    return json.dumps(_identify(caller, day), separators=(",", ":"), ensure_ascii=False)


def _identify(caller: Caller, day: int) -> dict[str, Any]:
    """Return a userIdentity; the session of a role is renewed each day."""
    account, _, principal = caller.principal.rpartition(":")
    kind, _, name = principal.partition("/")
    account = account or ACCOUNT
    unique = f"{hash_of(caller.principal + caller.session):016X}"
    if kind == "anonymous":
        return {"type": "AWSAccount", "principalId": "", "accountId": "anonymous"}
    if kind == "service":
        return {"type": "AWSService", "invokedBy": name}
    if kind == "account":
        return {"type": "AWSAccount", "principalId": f"AROA{unique}:{caller.session}", "accountId": name}
    if kind == "user":
        return {
            "type": "IAMUser", "principalId": f"AIDA{unique}", "arn": f"arn:aws:iam::{account}:user/{name}",
            "accountId": account, "accessKeyId": f"AKIA{unique}", "userName": name,
        }  # fmt: skip
    began = datetime.fromtimestamp(day * DAY, UTC).strftime("%Y-%m-%dT00:00:00Z")
    return {
        "type": "AssumedRole", "principalId": f"AROA{unique}:{caller.session}",
        "arn": f"arn:aws:sts::{account}:assumed-role/{name}/{caller.session}", "accountId": account,
        "accessKeyId": f"ASIA{hash_of(f'{unique} {day}'):016X}",
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role", "principalId": f"AROA{unique}", "accountId": account, "userName": name,
                "arn": f"arn:aws:iam::{account}:role/{caller.path}{name}",
            },
            "attributes": {"creationDate": began, "mfaAuthenticated": "false"},
        },
    } | ({"invokedBy": caller.invoked_by} if caller.invoked_by else {})  # fmt: skip


def hash_of(text: str) -> int:
    """Return a number of 64 bits that is the same in every run."""
    number = 0xCBF29CE484222325  # FNV-1a
    for byte in text.encode():
        number = (number ^ byte) * 0x100000001B3 % 2**64
    return number

"""Converts lines of S3 server access logs into the CloudTrail records of the same requests.

Access logs contain what CloudTrail does not: failed authentication, lifecycle deletions, website requests.
They are delivered within hours, best effort, and say less about the caller; facts/fields.py says which facts
they carry.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs, unquote_plus, unquote_to_bytes

from msgspec import Raw

from s3watch.sources.access_log_lines import Line, read_json, read_line
from s3watch.sources.access_log_operations import BATCH, LIFECYCLE, is_encoded_twice, name_event, names_object
from s3watch.sources.feeds import ACCESS_LOG_LINE, BY_LIFECYCLE, write_record

_ANONYMOUS = {"type": "AWSAccount", "principalId": "", "accountId": "anonymous"}
_UNVERIFIED = {"type": "Unknown"}  # a request with credentials that S3 rejected
# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList
_AUTH_ERRORS = frozenset(
    {
        "AuthorizationHeaderMalformed",
        "AuthorizationQueryParametersError",
        "ExpiredToken",
        "InvalidAccessKeyId",
        "InvalidToken",
        "RequestExpired",
        "RequestTimeTooSkewed",
        "SignatureDoesNotMatch",
        "TokenRefreshRequired",
    }
)
_ARN_TYPES = (
    ("assumed-role/", "AssumedRole"),
    ("user/", "IAMUser"),
    ("role/", "Role"),
    ("federated-user/", "FederatedUser"),
    ("root", "Root"),
)
# Query parameters that CloudTrail records too; never the signature
_RECORDED_PARAMETERS = ("versionId", "X-Amz-Expires", "X-Amz-Date")
# Operations whose object size is the number of bytes sent
_WRITES = ("PutObject", "PostObject", "UploadPart")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_TIME = re.compile(r"(\d\d)/(\w{3})/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)", re.ASCII)
_REGION = re.compile(r"\bs3[.-](?:dualstack\.)?(?:website[.-])?([a-z]{2}(?:-[a-z]+)+-\d)\.amazonaws\.com")


def translate(line: bytes, account: str | None = None) -> bytes:
    """Convert a line of either form into a CloudTrail record; `account` is the bucket owner's, if known.

    Raises RecordError if it is not an access-log line.
    """
    return _record(read_line(line), account)


def translate_json(raw: Raw | bytes, account: str | None = None) -> bytes:
    """Convert a record of the JSON form into a CloudTrail record. Raises RecordError if it is not JSON."""
    return _record(read_json(raw), account)


def _record(line: Line, account: str | None) -> bytes:
    operation = line.operation or ""
    key = read_key(line)
    name = name_event(operation, of_object=key is not None)
    return write_record(
        {
            "eventType": ACCESS_LOG_LINE,
            "eventName": name,
            "eventSource": "s3.amazonaws.com",
            "eventTime": read_time(line.time or ""),
            "requestID": line.request,
            "awsRegion": _region(line.host),
            "sourceIPAddress": line.ip,
            "userAgent": line.agent,
            "errorCode": _error(line),
            "recipientAccountId": account,
            "requestParameters": {"bucketName": line.bucket, "key": key, **_parameters(line)},
            "userIdentity": _identity(line, account),
            "additionalEventData": _additional(line, name),
            "tlsDetails": {"tlsVersion": line.tls},
        }
    )


def read_key(line: Line) -> str | None:
    """Decode the key; None if the operation has none.

    Keys of requests are encoded twice, those of batch deletes and lifecycle actions once, and in a batch a
    space is a `+`. AWS does not document this; it is known from published logs.
    """
    operation = line.operation or ""
    if line.key is None:
        return "-" if names_object(operation) else None
    if operation.startswith(BATCH):
        return unquote_plus(line.key)
    once = _unquote(line.key)
    return _read_pluses(_unquote(once), line) if is_encoded_twice(operation) else once


def _unquote(text: str) -> str:
    """Do what urllib's unquote does, which takes ASCII text apart with a regular expression first."""
    return unquote_to_bytes(text).decode(errors="replace") if "%" in text else text


def _read_pluses(key: str, line: Line) -> str:
    """Replace those `+` of a key that are not encoded in the address, where S3 reads them as spaces.

    https://yetanothermichael.com/coding/2022/10/11/the-problem-with-plus-signs-and-s3.html
    """
    path = unquote_plus(_target(line).partition("?")[0]) if "+" in key else ""
    ending = path[-len(key) :]
    return ending if ending.replace("+", " ") == key.replace("+", " ") else key


def _target(line: Line) -> str:
    """Return what the Request-URI names between method and version."""
    return "".join((line.uri or "").split(" ")[1:2])


def _parameters(line: Line) -> dict[str, Any]:
    """Return the query parameters that CloudTrail records; contradictory ones are left out."""
    text = _target(line).partition("?")[2]
    query = parse_qs(text, keep_blank_values=True) if text else {}
    found = {name: values[0] for name, values in query.items() if len(set(values)) == 1}
    recorded = {name: found[name] for name in _RECORDED_PARAMETERS if name in found}
    prefix = {"prefix": found["prefix"]} if line.key is None and "prefix" in found else {}
    version = line.version if (line.operation or "").startswith(("BATCH.", "S3.EXPIRE.")) else None
    return recorded | prefix | ({"versionId": version} if version else {})


def _error(line: Line) -> str | None:
    """Return the error code; responses without a body have none, and get the HTTP status instead."""
    return line.error or (str(line.status) if line.status and line.status >= 400 else None)


def _identity(line: Line, account: str | None) -> dict[str, Any]:
    """Return the requester as a CloudTrail userIdentity."""
    requester = line.requester or ""
    if (line.operation or "").startswith(LIFECYCLE):
        return BY_LIFECYCLE
    if not requester:
        return _UNVERIFIED if line.signature or line.error in _AUTH_ERRORS else _ANONYMOUS
    if requester.startswith("arn:"):
        return _identity_of_arn(requester)
    if requester == "AmazonS3":
        return {"type": "AWSService", "invokedBy": "s3.amazonaws.com"}
    if requester.startswith("svc:"):
        return {"type": "AWSService", "invokedBy": requester.removeprefix("svc:")}
    if requester == line.owner:
        return {"type": "Root", "accountId": account}
    # A canonical user id, which does not reveal the account
    return {"type": "AWSAccount", "principalId": requester}


def _identity_of_arn(arn: str) -> dict[str, Any]:
    parts = [*arn.split(":", 5), *[""] * 6][:6]
    kind = next((kind for begin, kind in _ARN_TYPES if parts[5].startswith(begin)), "Unknown")
    return {"type": kind, "arn": arn, "accountId": parts[4]}


def _additional(line: Line, name: str) -> dict[str, Any]:
    sent = {"bytesTransferredIn": line.size} if name in _WRITES and line.size else {}
    return {
        "SignatureVersion": line.signature,
        "AuthenticationMethod": line.authentication,
        "bytesTransferredOut": line.sent or 0,  # the log writes zero as a dash
        **sent,
    }


@lru_cache(maxsize=256)  # the lines of one file span only a few seconds
def read_time(text: str) -> str:
    """Convert 20/Nov/2026:08:14:03 +0000 to CloudTrail's ISO 8601 form; any other text is returned as it is.

    A date that does not exist becomes empty.
    """
    found = _TIME.fullmatch(text)
    if found is None:
        return text
    day, month, year, hour, minute, second, sign, hours, minutes = found.groups()
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    try:
        zone = timezone(-offset if sign == "-" else offset)
        moment = datetime(
            int(year), _MONTHS.index(month) + 1, int(day), int(hour), int(minute), int(second), tzinfo=zone
        )
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError):
        return ""


@lru_cache(maxsize=256)
def _region(host: str | None) -> str | None:
    found = _REGION.search(host or "")
    return found[1] if found else None

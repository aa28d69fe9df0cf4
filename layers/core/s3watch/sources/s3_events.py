"""Converts S3's "Object Deleted" events into the CloudTrail records of the same deletions.

S3 delivers these events at least once, where EventBridge gets CloudTrail's on a best-effort basis, and sends
one for every object of a batch delete; but of the caller they name only the account.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
"""

from __future__ import annotations

from typing import Any

from msgspec import Raw, Struct, field

from s3watch.errors import RecordError
from s3watch.sources.cloudtrail import read_member
from s3watch.sources.feeds import BY_LIFECYCLE, OBJECT_DELETED, write_record

DETAIL_TYPE = "Object Deleted"
_WORDS = DETAIL_TYPE.encode()
_LIFECYCLE = "Lifecycle Expiration"


class _Bucket(Struct, gc=False):
    name: str | None = None


class _Object(Struct, gc=False):
    key: str | None = None
    version: str | None = field(name="version-id", default=None)


class _Detail(Struct, rename="kebab", gc=False):
    bucket: _Bucket = field(default_factory=_Bucket)
    deleted: _Object = field(name="object", default_factory=_Object)
    request_id: str | None = None
    requester: str | None = None
    source_ip_address: str | None = None
    reason: str | None = None
    deletion_type: str | None = None


class _Event(Struct, gc=False):
    id: str | None = None
    account: str | None = None  # the bucket owner's
    time: str | None = None
    region: str | None = None
    detail_type: str | None = field(name="detail-type", default=None)
    detail: Raw = Raw(b"null")


def is_deletion(event: bytes | Raw) -> bool:
    """Return whether an event is an "Object Deleted" event."""
    return _WORDS in bytes(event) and _read(event, _Event).detail_type == DETAIL_TYPE


def translate(event: bytes | Raw) -> bytes:
    """Convert an event into a CloudTrail record; what the event lacks is absent.

    Raises RecordError if it is not a JSON object.
    """
    parsed = _read(event, _Event)
    detail = _read(parsed.detail, _Detail)
    bucket = detail.bucket.name
    return write_record(
        {
            "eventType": OBJECT_DELETED,
            "eventName": "DeleteObject",
            "eventSource": "s3.amazonaws.com",
            "eventTime": parsed.time or "",
            "eventID": parsed.id,
            "requestID": detail.request_id,
            "awsRegion": parsed.region,
            "sourceIPAddress": detail.source_ip_address,
            "recipientAccountId": parsed.account,
            "requestParameters": {
                "bucketName": bucket, "key": detail.deleted.key, "versionId": _version(detail)
            },
            "resources": [
                {"type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{bucket}", "accountId": parsed.account}
            ],
            "userIdentity": _identity(detail),
        }
    )  # fmt: skip


def _read[T: Struct](raw: bytes | Raw, kind: type[T]) -> T:
    try:
        return read_member(raw, kind)
    except ValueError as error:
        raise RecordError(f"not an S3 event: {error}") from error


def _version(detail: _Detail) -> str | None:
    """Return the version that the request named; an event's version may be that of a new delete marker."""
    return None if detail.deletion_type == "Delete Marker Created" else detail.deleted.version


def _identity(detail: _Detail) -> dict[str, Any]:
    requester = detail.requester or ""
    if detail.reason == _LIFECYCLE:
        return BY_LIFECYCLE
    if requester.isdigit():
        return {"type": "AWSAccount", "accountId": requester}
    if requester.endswith((".amazonaws.com", ".amazonaws.com.cn")):
        return {"type": "AWSService", "invokedBy": requester}
    return {"type": "AWSAccount", "principalId": requester or None}

"""Parses the messages that announce new log files, and the poison records that come back by a redrive.

New log files are announced by S3 event notifications, directly or through SNS, by S3 events from EventBridge,
or by CloudTrail's own notifications.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/configure-sns-notifications-for-cloudtrail.html
"""

from __future__ import annotations

import json
from typing import NamedTuple
from urllib.parse import unquote_plus

import msgspec
from msgspec import Struct, field

from s3watch.errors import RecordError

_CREATED = "Object Created"


class LogObject(NamedTuple):
    """An object that a message announces; with its version if the bucket is versioned."""

    bucket: str
    key: str
    version: str | None = None

    @property
    def uri(self) -> str:
        """The object as `s3://bucket/key`, for messages."""
        return f"s3://{self.bucket}/{self.key}"


class PoisonRecord(Struct, frozen=True):
    """A record that could not be read, as sent to the dead-letter queue; a redrive brings it back."""

    file: str
    number: int  # its position in the file, from 1
    record: str
    reason: str = ""


class _Bucket(Struct):
    name: str


class _Object(Struct):
    key: str
    version_id: str | None = field(name="versionId", default=None)


class _Touched(Struct):
    bucket: _Bucket
    object: _Object


class _Notification(Struct):
    event: str = field(name="eventName", default="")
    s3: _Touched | None = None


class _EventObject(Struct, rename="kebab"):
    key: str
    version_id: str | None = None


class _Detail(Struct):
    bucket: _Bucket
    object: _EventObject


class _Message(Struct):
    """The members of all kinds of message."""

    records: list[_Notification] | None = field(name="Records", default=None)
    message: str | None = field(name="Message", default=None)  # the message that SNS wraps
    event: str | None = field(name="Event", default=None)
    trail_bucket: str | None = field(name="s3Bucket", default=None)
    trail_keys: list[str] = field(name="s3ObjectKey", default_factory=list)
    detail_type: str | None = field(name="detail-type", default=None)
    detail: _Detail | None = None


_message = msgspec.json.Decoder(_Message)
_set_aside = msgspec.json.Decoder(PoisonRecord)


def read_poison_record(body: str) -> PoisonRecord | None:
    """Parse a poison record that a redrive brings back; None if it is another kind of message."""
    try:
        return _set_aside.decode(body)
    except (msgspec.DecodeError, UnicodeError):
        return None


def write_poison_record(record: PoisonRecord) -> str:
    """Serialize a poison record for the dead-letter queue, in ASCII because SQS rejects some characters."""
    return json.dumps(msgspec.to_builtins(record))


def read_notification(body: str) -> list[LogObject]:
    """Return the new objects that a message announces; none for test messages of S3 and CloudTrail.

    Raises RecordError if it is another kind of message.
    """
    try:
        message = _message.decode(body)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise RecordError(f"not a notification of a log file: {error}") from error
    if message.message is not None:
        return _read_wrapped(message.message)
    if message.records is not None:
        return [_object_of(each.s3) for each in message.records if each.s3 and "ObjectCreated:" in each.event]
    if message.trail_bucket:
        return [LogObject(message.trail_bucket, key) for key in message.trail_keys]
    if message.detail and message.detail_type == _CREATED:
        detail = message.detail
        return [LogObject(detail.bucket.name, detail.object.key, detail.object.version_id)]
    if message.event == "s3:TestEvent":
        return []
    raise RecordError("not a notification of a log file: it names no object")


def _read_wrapped(message: str) -> list[LogObject]:
    """Parse a message that came through SNS; CloudTrail tests a new topic with a line of plain text."""
    return read_notification(message) if message.lstrip().startswith("{") else []


def _object_of(touched: _Touched) -> LogObject:
    """Return the object of an S3 notification, in which the key is URL-encoded with `+` for a space."""
    return LogObject(touched.bucket.name, unquote_plus(touched.object.key), touched.object.version_id)

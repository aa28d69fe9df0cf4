"""What a message says of new log files: S3's notification, by SNS or not, an event, a notice of CloudTrail.

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
    """An object that a message tells of; the version is known where the bucket keeps versions."""

    bucket: str
    key: str
    version: str | None = None

    @property
    def uri(self) -> str:
        """The name in messages."""
        return f"s3://{self.bucket}/{self.key}"


class SetAside(Struct, frozen=True):
    """One record that could not be read: what the dead letters hold, and what comes again by a redrive."""

    file: str
    number: int  # in its file, from 1
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
    """The members of every kind of message."""

    records: list[_Notification] | None = field(name="Records", default=None)
    message: str | None = field(name="Message", default=None)  # what SNS wraps
    event: str | None = field(name="Event", default=None)
    trail_bucket: str | None = field(name="s3Bucket", default=None)
    trail_keys: list[str] = field(name="s3ObjectKey", default_factory=list)
    detail_type: str | None = field(name="detail-type", default=None)
    detail: _Detail | None = None


_message = msgspec.json.Decoder(_Message)
_set_aside = msgspec.json.Decoder(SetAside)


def read_set_aside(body: str) -> SetAside | None:
    """Read a message that brings a record back; None if it is another kind of message."""
    try:
        return _set_aside.decode(body)
    except (msgspec.DecodeError, UnicodeError):
        return None


def write_set_aside(record: SetAside) -> str:
    """Write a record for the dead letters, in ASCII, because SQS refuses some characters."""
    return json.dumps(msgspec.to_builtins(record))


def read_notice(body: str) -> list[LogObject]:
    """Say which objects a message tells of; there are none in the test that S3 and CloudTrail send first.

    Raises RecordError for a message of another kind.
    """
    try:
        message = _message.decode(body)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise RecordError(f"not a notice of a log file: {error}") from error
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
    raise RecordError("not a notice of a log file: it names no object")


def _read_wrapped(message: str) -> list[LogObject]:
    """Read what SNS carried; CloudTrail tries a new topic with a line of text."""
    return read_notice(message) if message.lstrip().startswith("{") else []


def _object_of(touched: _Touched) -> LogObject:
    """Name the object of a notification, where alone the key is encoded, with a plus for a space."""
    return LogObject(touched.bucket.name, unquote_plus(touched.object.key), touched.object.version_id)

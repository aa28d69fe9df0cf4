"""Parses the messages that announce new log files, and the poison records that come back by a redrive.

New log files are announced by S3 event notifications, directly or through SNS, by S3 events from EventBridge,
or by CloudTrail's own notifications.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/configure-sns-notifications-for-cloudtrail.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NamedTuple
from urllib.parse import unquote_plus

import msgspec
from msgspec import Raw, Struct, field

from s3watch.errors import RecordError
from s3watch.sources.broken_lists import elements
from s3watch.sources.cloudtrail import NOTHING, read_member
from s3watch.sources.tolerant_json import BROKEN, MOST_BYTES, TOO_LONG, encode, parse

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


WHOLE_FILE = 0  # in place of a record's number: there were more than are set aside by themselves


class PoisonRecord(Struct, frozen=True, omit_defaults=True):
    """A record that could not be read, as sent to the dead-letter queue; a redrive brings it back.

    A redriven one is read from its file again: anybody may have written this text.
    """

    file: str  # s3://bucket/key
    number: int  # its position in the file, from 1, or WHOLE_FILE
    record: str  # for people
    reason: str = ""
    version: str | None = None  # of the file, if its bucket is versioned

    @property
    def place(self) -> LogObject:
        """The file. Raises RecordError if it is named in no such way."""
        bucket, _, key = self.file.removeprefix("s3://").partition("/")
        if not (self.file.startswith("s3://") and bucket and key):
            raise RecordError("not a record of a log file: it names no object")
        return LogObject(bucket, key, self.version)


class Announcement(NamedTuple):
    """What a message announces: the objects, and for each that it does not name readably why."""

    objects: list[LogObject]
    unreadable: list[str]


class _Bucket(Struct):
    name: str = ""


class _Object(Struct):
    key: str = ""
    version: str | None = field(name="versionId", default=None)


class _Touched(Struct):
    bucket: _Bucket = field(default_factory=_Bucket)
    object: _Object = field(default_factory=_Object)


class _Notification(Struct):
    event: str = field(name="eventName", default="")
    s3: _Touched = field(default_factory=_Touched)


class _EventObject(Struct, rename="kebab"):
    key: str = ""
    version_id: str | None = None


class _Detail(Struct):
    bucket: _Bucket = field(default_factory=_Bucket)
    object: _EventObject = field(default_factory=_EventObject)


class _Message(Struct):
    """The members of all kinds of message."""

    records: Raw = field(name="Records", default=NOTHING)
    message: str | None = field(name="Message", default=None)  # the message that SNS wraps
    event: str | None = field(name="Event", default=None)
    trail_bucket: str | None = field(name="s3Bucket", default=None)
    trail_keys: Raw = field(name="s3ObjectKey", default=NOTHING)
    detail_type: str | None = field(name="detail-type", default=None)
    detail: Raw = NOTHING


_set_aside = msgspec.json.Decoder(PoisonRecord)
_NO_OBJECT = "not a notification of a log file: it names no object"


def read_poison_record(body: str) -> PoisonRecord | None:
    """Parse a poison record that a redrive brings back; None if it is another kind of message."""
    try:
        return _set_aside.decode(encode(body))
    except BROKEN:
        return None


def write_poison_record(record: PoisonRecord) -> str:
    """Serialize a poison record for the dead-letter queue, in ASCII because SQS rejects some characters."""
    return json.dumps(msgspec.to_builtins(record))


def read_notification(body: str) -> Announcement:
    """Return the new objects that a message announces; none for test messages of S3 and CloudTrail.

    Raises RecordError if it is another kind of message.
    """
    content = encode(body)
    if len(content) > MOST_BYTES:
        raise RecordError(f"not a notification of a log file: {TOO_LONG}")
    try:
        message = read_member(content, _Message)
    except ValueError as error:
        raise RecordError(f"not a notification of a log file: {error}") from error
    if message.message is not None:
        return _read_wrapped(message.message)
    if message.records is not NOTHING:
        return _announce(map(_read_record, elements(message.records)))
    if message.trail_bucket:
        keys = map(parse, elements(message.trail_keys))
        return _announce(_object_of(message.trail_bucket, key) for key in keys)
    if message.detail_type == _CREATED:
        detail = read_member(message.detail, _Detail)
        return _announce([_object_of(detail.bucket.name, detail.object.key, detail.object.version_id)])
    if message.event == "s3:TestEvent":
        return Announcement([], [])
    raise RecordError(_NO_OBJECT)


def _read_wrapped(message: str) -> Announcement:
    """Parse a message that came through SNS; CloudTrail tests a new topic with a line of plain text."""
    return read_notification(message) if message.lstrip().startswith("{") else Announcement([], [])


def _announce(found: Iterable[LogObject | str | None]) -> Announcement:
    """Separate the objects from the reasons why others cannot be read."""
    every = list(found)
    objects = [each for each in every if isinstance(each, LogObject)]
    return Announcement(objects, [each for each in every if isinstance(each, str)])


def _read_record(raw: bytes | Raw) -> LogObject | str | None:
    """Return the object of an S3 notification, in which the key is URL-encoded with `+` for a space.

    None if it is about something else than a new object; the reason if it cannot be read.
    """
    try:
        notification = read_member(raw, _Notification)
    except ValueError as error:
        return f"not a notification of a log file: {error}"
    if notification.event and "ObjectCreated:" not in notification.event:
        return None
    touched = notification.s3
    return _object_of(touched.bucket.name, unquote_plus(touched.object.key), touched.object.version)


def _object_of(bucket: str, key: Any, version: str | None = None) -> LogObject | str:
    return LogObject(bucket, key, version) if bucket and isinstance(key, str) and key else _NO_OBJECT

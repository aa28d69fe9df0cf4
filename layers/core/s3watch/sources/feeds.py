"""The feeds: the three sources of records, which are CloudTrail, S3 server access logs and S3 events.

Access-log lines and S3 events are converted into the CloudTrail record of the same request, so that all later
stages handle one format. An eventType that AWS never uses marks their feed.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from s3watch.sources.cloudtrail import Record

Feed = Literal["cloudtrail", "access-log", "s3-event"]

ACCESS_LOG_LINE = "S3ServerAccessLog"
OBJECT_DELETED = "S3ObjectDeleted"
BY_LIFECYCLE = {"type": "AWSService", "invokedBy": "lifecycle"}  # the userIdentity of the bucket's own rules

_FEEDS: dict[str | None, Feed] = {ACCESS_LOG_LINE: "access-log", OBJECT_DELETED: "s3-event"}
CONVERTED = frozenset(_FEEDS)  # the eventType of records that CloudTrail did not write
_WAYS = {"access-log": "access_logs", "s3-event": "s3_events"}


def write_record(members: dict[str, Any]) -> bytes:
    """Serialize the CloudTrail record of a line or an event; what these do not say is no member of it."""
    return msgspec.json.encode(_without_nulls(members))


def _without_nulls(members: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _without_nulls(value) if isinstance(value, dict) else value
        for name, value in members.items()
        if value is not None
    }


def feed_of(record: Record) -> Feed:
    """Return the feed that a record comes from."""
    return _FEEDS.get(record.event_type, "cloudtrail")


def way_of(feed: str, way: str) -> str:
    """Return the way by which hits of a feed are counted.

    A way is the path by which a record arrived. The same CloudTrail record can arrive by several, such as
    EventBridge and log files, so the caller passes its `way`; each other feed has one way of its own.
    """
    return _WAYS.get(feed, way)

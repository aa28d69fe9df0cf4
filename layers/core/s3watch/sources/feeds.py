"""The feeds that tell of accesses besides CloudTrail, and how their records are told apart.

What access logs and S3's own events say is written as the CloudTrail record of the same request, so that all
that follows is one way for all of them. The record's eventType, which AWS never writes so, says where it is
from.
"""

from __future__ import annotations

from typing import Literal

from s3watch.sources.cloudtrail import Record

Feed = Literal["cloudtrail", "access-log", "s3-event"]

ACCESS_LOG_LINE = "S3ServerAccessLog"
OBJECT_DELETED = "S3ObjectDeleted"

_FEEDS: dict[str | None, Feed] = {ACCESS_LOG_LINE: "access-log", OBJECT_DELETED: "s3-event"}
_WAYS = {"access-log": "access_logs", "s3-event": "s3_events"}


def feed_of(record: Record) -> Feed:
    """Say which feed a record came by."""
    return _FEEDS.get(record.event_type, "cloudtrail")


def way_of(feed: str, way: str) -> str:
    """Name the way hits of a feed are counted under; CloudTrail's come in several `way`s of their own."""
    return _WAYS.get(feed, way)

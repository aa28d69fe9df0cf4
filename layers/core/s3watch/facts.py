"""From a record to its accesses: one, or two where something is copied or renamed."""

from __future__ import annotations

from datetime import UTC, tzinfo
from typing import Any, NamedTuple
from urllib.parse import unquote

from msgspec import Raw

from s3watch.access import Access
from s3watch.operations import COPIES, S3_SOURCES
from s3watch.parameters import read_text
from s3watch.records import Record
from s3watch.resources import locate, stands_for_bucket


class Source(NamedTuple):
    """What a copy's header names: a bucket or what stands for one, a key, a version."""

    bucket: str
    key: str | None
    version: str | None


def draw(
    record: Record, raw: bytes | Raw, feed: str = "cloudtrail", zone: tzinfo = UTC
) -> tuple[Access, ...]:
    """Draw the accesses of a record; of a copy the source's comes first, then the destination's."""
    if record.event_name in COPIES and record.event_source in S3_SOURCES:
        return _draw_copy(record, raw, feed, zone)
    return (Access(record, raw, feed, zone),)


def _draw_copy(record: Record, raw: bytes | Raw, feed: str, zone: tzinfo) -> tuple[Access, ...]:
    operation, header = COPIES[record.event_name]
    destination = Access(record, raw, feed, zone)
    within = destination.bucket if header == "x-amz-rename-source" else None
    source = read_source(destination.field(f"requestParameters.{header}"), within)
    if source is None:
        return (destination,)
    origin = Access(
        record,
        raw,
        feed,
        zone,
        operation=operation,
        scope="object" if source.key else "bucket",
        bucket=_find_bucket(source.bucket, destination),
        key=source.key,
        version=source.version,
        peer_uri=destination.uri,
    )
    destination.peer_uri = origin.uri
    return origin, destination


def read_source(header: Any, within: str | None = None) -> Source | None:
    """Read x-amz-copy-source, or x-amz-rename-source, which names a key `within` a bucket.

    None where it names nothing. It is URL-encoded: `bucket/key?versionId=x`, which a slash may precede, or an
    access point's ARN: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
    """
    text = read_text(header) or ""
    if not text.strip("/"):
        return None
    path, _, query = text.partition("?versionId=")  # a question mark of the key's own is encoded
    path, version = unquote(path).removeprefix("/"), unquote(query) or None
    if within:
        return Source(within, path.removeprefix(f"{within}/"), version)
    if path.startswith("arn:"):
        place = locate(path)
        return Source(place.bucket or path.partition("/object/")[0], place.key, version)
    bucket, _, key = path.partition("/")
    return Source(bucket, key or None, version)


def _find_bucket(name: str, destination: Access) -> str:
    """Find the bucket behind an access point: the record's other one, or the only one."""
    if not stands_for_bucket(name):
        return name
    buckets = [bucket for each in destination.resources if (bucket := locate(each.arn or "").bucket)]
    others = [bucket for bucket in buckets if bucket != destination.bucket]
    return next(iter(others or buckets), name)

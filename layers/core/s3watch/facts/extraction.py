"""From a record to its accesses: one, or two where something is copied or renamed."""

from __future__ import annotations

from datetime import UTC, tzinfo
from typing import Any, NamedTuple
from urllib.parse import unquote, unquote_plus

from msgspec import Raw

from s3watch.facts.access import Access
from s3watch.facts.operations import COPIES, S3_SOURCES
from s3watch.facts.resources import locate, stands_for_bucket
from s3watch.sources.cloudtrail import Record, read_text
from s3watch.sources.feeds import feed_of


class Source(NamedTuple):
    """What a copy's header names: a bucket or what stands for one, a key, a version."""

    bucket: str
    key: str | None
    version: str | None


def extract(record: Record, raw: bytes | Raw, zone: tzinfo = UTC) -> tuple[Access, ...]:
    """Draw the accesses of a record; of a copy the source's comes first, then the destination's.

    There are none of a batch delete in an access log, where each object deleted has a line of its own.
    """
    feed = feed_of(record)
    if feed == "access-log" and record.event_name == "DeleteObjects" and not record.error_code:
        return ()
    if record.event_name in COPIES and record.event_source in S3_SOURCES:
        return _draw_copy(record, raw, feed, zone)
    return (Access(record, raw, feed, zone),)


def _draw_copy(record: Record, raw: bytes | Raw, feed: str, zone: tzinfo) -> tuple[Access, ...]:
    operation, header = COPIES[record.event_name]
    destination = Access(record, raw, feed, zone)
    origins = tuple(
        Access(
            record,
            raw,
            feed,
            zone,
            operation=operation,
            scope="object" if source.key else "bucket",
            bucket=source.bucket,
            key=source.key,
            version=source.version,
            peer_uri=destination.uri,
        )
        for source in _find_sources(destination, header)
    )
    destination.peer_uri = next((origin.uri for origin in origins), None)
    return (*origins, destination)


def _find_sources(destination: Access, header: str) -> list[Source]:
    """Find what was copied: what the header names, and what of the resources it does not account for."""
    others = _find_others(destination)
    within = destination.bucket if header == "x-amz-rename-source" else None
    named = [
        source
        for text in _read_header(destination, header)
        if (source := _resolve(text, within, destination, others))
    ]
    known = {source.bucket for source in named} | ({destination.bucket} if named else set())
    return list(dict.fromkeys([*named, *(source for source in others if source.bucket not in known)]))


def _find_others(destination: Access) -> list[Source]:
    """Give the objects among the resources but the one that was written, and other buckets without any."""
    places = [locate(each.arn or "") for each in destination.resources]
    objects = [
        Source(place.bucket, place.key, None)
        for place in places
        if place.bucket and place.key and place != (destination.bucket, destination.key)
    ]
    taken = {destination.bucket, *(each.bucket for each in objects)}
    return [
        *objects,
        *(Source(each.bucket, None, None) for each in places if each.bucket and each.bucket not in taken),
    ]


def _read_header(access: Access, name: str) -> list[str]:
    """Read a header among the request's parameters: in any case, and as often as it is given."""
    request = access.field("requestParameters")
    found = (
        [value for key, value in request.items() if key.lower() == name] if isinstance(request, dict) else []
    )
    listed = [each for value in found for each in (value if isinstance(value, list) else [value])]
    return [text for text in listed if isinstance(text, str)]


def _resolve(text: str, within: str | None, destination: Access, others: list[Source]) -> Source | None:
    """Read what a header names, with the bucket behind an access point; a `+` is what the resources say."""
    readings = (read_source(each, within) for each in (text, text.replace("+", "%2B")))
    found = [
        source._replace(bucket=_find_bucket(source.bucket, destination)) for source in readings if source
    ]
    return next(
        (source for source in found if source._replace(version=None) in others), next(iter(found), None)
    )


def read_source(header: Any, within: str | None = None) -> Source | None:
    """Read x-amz-copy-source, or x-amz-rename-source, which names a key `within` a bucket.

    None where it names nothing. It is URL-encoded: `bucket/key?versionId=x`, which slashes may precede, or an
    access point's ARN: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
    A `+` is a blank, as in forms: https://github.com/aws/aws-cli/issues/614
    """
    text = read_text(header) or ""
    if not text.strip("/"):
        return None
    path, _, query = text.partition("?versionId=")  # a question mark of the key's own is encoded
    path, version = unquote_plus(path).lstrip("/"), unquote(query) or None
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

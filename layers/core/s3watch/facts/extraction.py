"""Extracts the accesses of a record: one, or more if it copies or renames an object."""

from __future__ import annotations

from datetime import UTC, tzinfo
from typing import Any, NamedTuple
from urllib.parse import unquote, unquote_plus

from msgspec import Raw

from s3watch.facts.access import Access
from s3watch.facts.identity import LIFECYCLE, identify
from s3watch.facts.operations import COPIES, S3_SOURCES
from s3watch.facts.resources import is_access_point, locate
from s3watch.sources.cloudtrail import Record, read_text
from s3watch.sources.feeds import feed_of


class CopySource(NamedTuple):
    """The source of a copy: a bucket or an access point, a key and a version."""

    bucket: str
    key: str | None
    version: str | None


def extract(record: Record, raw: bytes | Raw, zone: tzinfo = UTC) -> tuple[Access, ...]:
    """Return the accesses of a record; for a copy first that to the source, then that to the destination.

    The call of a batch delete in an access log gives none, because each deleted object has its own line. What
    the bucket's lifecycle rules do is no access either: whoever sets or changes them is recorded.
    """
    feed = feed_of(record)
    if feed == "access-log" and record.event_name == "DeleteObjects" and not record.error_code:
        return ()
    if feed != "cloudtrail" and identify(bytes(record.identity), None).principal == LIFECYCLE:
        return ()
    if record.event_name in COPIES and record.event_source in S3_SOURCES:
        return _extract_copy(record, raw, feed, zone)
    return (Access(record, raw, feed, zone),)


def _extract_copy(record: Record, raw: bytes | Raw, feed: str, zone: tzinfo) -> tuple[Access, ...]:
    operation, header = COPIES[record.event_name]
    destination = Access(record, raw, feed, zone)
    sources = tuple(
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
    destination.peer_uri = next((source.uri for source in sources), None)
    return (*sources, destination)


def _find_sources(destination: Access, header: str) -> list[CopySource]:
    """Return the sources of a copy: those that the header names, and those that only the resources name."""
    others = _find_others(destination)
    within = destination.bucket if header == "x-amz-rename-source" else None
    named = [
        source
        for text in _read_header(destination, header)
        if (source := _resolve(text, within, destination, others))
    ]
    known = {source.bucket for source in named} | ({destination.bucket} if named else set())
    return list(dict.fromkeys([*named, *(source for source in others if source.bucket not in known)]))


def _find_others(destination: Access) -> list[CopySource]:
    """Return the objects in the resources except the destination, and other buckets without an object."""
    places = [locate(each.arn or "") for each in destination.resources]
    objects = [
        CopySource(place.bucket, place.key, None)
        for place in places
        if place.bucket and place.key and place != (destination.bucket, destination.key)
    ]
    taken = {destination.bucket, *(each.bucket for each in objects)}
    return [
        *objects,
        *(CopySource(each.bucket, None, None) for each in places if each.bucket and each.bucket not in taken),
    ]


def _read_header(access: Access, name: str) -> list[str]:
    """Return all values of a header in the request parameters; its name is case-insensitive."""
    request = access.field("requestParameters")
    found = (
        [value for key, value in request.items() if key.lower() == name] if isinstance(request, dict) else []
    )
    listed = [each for value in found for each in (value if isinstance(value, list) else [value])]
    return [text for text in listed if isinstance(text, str)]


def _resolve(
    text: str, within: str | None, destination: Access, others: list[CopySource]
) -> CopySource | None:
    """Parse a header, resolving an access point to its bucket; the resources decide what a `+` means."""
    texts = (text, text.replace("+", "%2B")) if "+" in text else (text,)
    readings = (read_source(each, within) for each in texts)
    found = [
        CopySource(_find_bucket(source.bucket, destination), source.key, source.version)
        for source in readings
        if source
    ]
    return next(
        (source for source in found if (source.bucket, source.key, None) in others), next(iter(found), None)
    )


def read_source(header: Any, within: str | None = None) -> CopySource | None:
    """Parse x-amz-copy-source, or x-amz-rename-source, which names a key `within` a bucket.

    The value is URL-encoded: `bucket/key?versionId=x`, perhaps after slashes, or an access point's ARN:
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
    A `+` is a space, as in forms: https://github.com/aws/aws-cli/issues/614
    Returns None if it names nothing.
    """
    text = read_text(header) or ""
    if not text.strip("/"):
        return None
    path, _, query = text.partition("?versionId=")  # a question mark in the key is encoded
    path, version = unquote_plus(path).lstrip("/"), unquote(query) or None
    if within:
        return CopySource(within, path.removeprefix(f"{within}/"), version)
    if path.startswith("arn:"):
        place = locate(path)
        return CopySource(place.bucket or path.partition("/object/")[0], place.key, version)
    bucket, _, key = path.partition("/")
    return CopySource(bucket, key or None, version)


def _find_bucket(name: str, destination: Access) -> str:
    """Return the bucket behind an access point: another one than the destination, else the only one."""
    if not is_access_point(name):
        return name
    buckets = [bucket for each in destination.resources if (bucket := locate(each.arn or "").bucket)]
    others = [bucket for bucket in buckets if bucket != destination.bucket]
    return next(iter(others or buckets), name)

"""Reads records from files of every supported format, compressed or not.

Formats: CloudTrail log files, S3 server access logs, EventBridge events, SQS messages, the output of
`aws cloudtrail lookup-events`, and lines of JSON. Records come out as bytes, not yet decoded; access-log
lines and S3 events come out as the CloudTrail record of the same request.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain

import msgspec
from isal import isal_zlib
from msgspec import Raw, Struct, field

from s3watch.errors import LogFileError, RecordError
from s3watch.sources import access_logs, s3_events
from s3watch.sources.access_log_lines import is_text
from s3watch.sources.cloudtrail import NOTHING

MAX_BYTES = 256 * 1024 * 1024  # of one decompressed file: CloudTrail's log files have at most 50 MB
_GZIP = b"\x1f\x8b"
_WITH_HEADER = 31  # zlib's window bits for the gzip format, whose checksum is verified


class _Shape(Struct, rename="pascal", gc=False):
    """The members by which the kinds of JSON object are told apart."""

    records: Raw = NOTHING  # a log file, or SQS messages
    events: Raw = NOTHING  # `aws cloudtrail lookup-events`
    cloud_trail_event: Raw = NOTHING  # one entry of it, as JSON text
    detail: Raw = field(name="detail", default=NOTHING)  # an EventBridge event
    detail_type: Raw = field(name="detail-type", default=NOTHING)
    body: Raw = field(name="body", default=NOTHING)  # an SQS message, as JSON text
    digest: Raw = field(
        name="digestS3Bucket", default=NOTHING
    )  # a CloudTrail digest file, which holds no records
    access: Raw = field(name="bucket_owner_id", default=NOTHING)  # an access-log record in JSON


_shape = msgspec.json.Decoder(_Shape)
_list = msgspec.json.Decoder(list[Raw])
_text = msgspec.json.Decoder(str)
_BROKEN = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, RecordError)


def read_records(
    content: bytes, name: str, max_bytes: int = MAX_BYTES, account: str | None = None
) -> Iterator[bytes]:
    """Yield the bytes of each record of a file, which may decompress to at most `max_bytes`.

    `account` is the owner of the buckets in an access log, which does not name it. A line that can not be
    read is yielded as it is: it is one bad record, not a bad file.
    Raises LogFileError, with the file's name and the reason, if the file can not be read at all.
    """
    inflated = (
        inflate(content, name, max_bytes) if content.startswith(_GZIP) or name.endswith(".gz") else content
    )
    text = inflated.removeprefix(b"\xef\xbb\xbf").strip()
    if is_text(text):
        return _translate_lines(text.split(b"\n"), account)  # no other line ends: clients can write those
    try:
        return _unfold(text, account)
    except _BROKEN as error:
        lines = text.splitlines()
        if len(lines) < 2 or not _is_json(lines[0]):
            raise LogFileError(f"{name}: neither JSON nor an access log: {error}") from error
        return chain.from_iterable(_unfold_part(line, account) for line in lines if line.strip())


def _translate_lines(lines: Iterable[bytes], account: str | None) -> Iterator[bytes]:
    for line in filter(None, (line.rstrip(b"\r") for line in lines)):
        try:
            yield access_logs.translate(line, account)
        except RecordError:
            yield line


def inflate(content: bytes, name: str, max_bytes: int = MAX_BYTES) -> bytes:
    """Decompress a gzip file of one or more members.

    Raises LogFileError if it is damaged, truncated or larger than `max_bytes`.
    """
    if not content.startswith(_GZIP):
        raise LogFileError(f"{name}: not gzip")
    parts: list[bytes] = []
    left = max_bytes
    while content:
        member = isal_zlib.decompressobj(wbits=_WITH_HEADER)
        try:
            parts.append(member.decompress(content, left + 1))
        except isal_zlib.IsalError as error:  # type: ignore[misc]  # the stub calls the class an instance
            raise LogFileError(f"{name}: damaged gzip: {error}") from error
        left -= len(parts[-1])
        if left < 0:
            raise LogFileError(f"{name}: decompresses to more than {max_bytes:,} bytes")
        if not member.eof:
            raise LogFileError(f"{name}: truncated gzip")
        content = member.unused_data.lstrip(b"\0")  # the end may be padded with zeros
    return b"".join(parts)


def _unfold(content: bytes | Raw, account: str | None) -> Iterator[bytes]:
    """Yield the records in a JSON value: a list, a log file, an event or a message."""
    if bytes(memoryview(content)[:1]) == b"[":
        return chain.from_iterable(map(partial(_unfold_part, account=account), _list.decode(content)))
    shape = _shape.decode(content)
    if shape.records is not NOTHING:
        return _unfold_records(shape.records, account)
    for wrapped in (shape.events, shape.cloud_trail_event, shape.body):
        if wrapped is not NOTHING:
            return _unfold_part(_open(wrapped), account)
    if shape.access is not NOTHING:
        return iter((access_logs.translate_json(content, account),))
    if shape.detail is not NOTHING and shape.detail_type is not NOTHING:
        return iter(
            (s3_events.translate(content) if s3_events.is_deletion(content) else bytes(shape.detail),)
        )
    return iter((bytes(content),) if shape.digest is NOTHING else ())


def _unfold_part(content: bytes | Raw, account: str | None) -> Iterator[bytes]:
    """Yield the records in a part of a file; a part that can not be read is one bad record."""
    try:
        return _unfold(content, account)
    except _BROKEN:
        return iter((bytes(content),))


def _unfold_records(records: Raw, account: str | None) -> Iterator[bytes]:
    """Yield a log file's records as they are, or the records in SQS messages.

    One object instead of a list counts as one record.
    """
    try:
        entries = _list.decode(records)
    except msgspec.ValidationError:
        return iter((bytes(records),))
    if entries and _is_message(entries[0]):
        return chain.from_iterable(map(partial(_unfold_part, account=account), entries))
    return map(bytes, entries)


def _is_message(entry: Raw) -> bool:
    try:
        return _shape.decode(entry).body is not NOTHING
    except msgspec.ValidationError:
        return False


def _open(wrapped: Raw) -> bytes | Raw:
    """Return JSON that is embedded as a JSON string."""
    try:
        return _text.decode(wrapped).encode()
    except msgspec.ValidationError:
        return wrapped


def _is_json(line: bytes) -> bool:
    try:
        msgspec.json.decode(line)
    except _BROKEN:
        return False
    return True

"""Where records are read from: trails' log files, access logs, events, the AWS CLI's output, lines of JSON.

A file comes as its content, compressed or not; what comes out are the bytes of each record, none judged. A
line of an access log and an event of S3's own come out as the CloudTrail record of the same request.
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

MOST_BYTES = 256 * 1024 * 1024  # of one inflated file: CloudTrail closes a log file at 50 MB
_GZIP = b"\x1f\x8b"
_WITH_HEADER = 31  # zlib's window bits for gzip, with its checksum verified


class _Shape(Struct, rename="pascal", gc=False):
    """The members that tell one kind of JSON object from another."""

    records: Raw = NOTHING  # a log file, or SQS messages
    events: Raw = NOTHING  # `aws cloudtrail lookup-events`
    cloud_trail_event: Raw = NOTHING  # one of these, as text
    detail: Raw = field(name="detail", default=NOTHING)  # an EventBridge event
    detail_type: Raw = field(name="detail-type", default=NOTHING)
    body: Raw = field(name="body", default=NOTHING)  # an SQS message, as text
    digest: Raw = field(name="digestS3Bucket", default=NOTHING)  # CloudTrail's own proof of its log files
    access: Raw = field(name="bucket_owner_id", default=NOTHING)  # a record of an access log in JSON


_shape = msgspec.json.Decoder(_Shape)
_list = msgspec.json.Decoder(list[Raw])
_text = msgspec.json.Decoder(str)
_BROKEN = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, RecordError)


def read_records(
    content: bytes, name: str, most: int = MOST_BYTES, account: str | None = None
) -> Iterator[bytes]:
    """Give the bytes of each record of a file; `most` bounds what it may inflate to.

    `account` is that of the buckets, where an access log does not tell. A line that can not be read comes out
    as it is: it is one bad record, not a bad file.
    Raises LogFileError, with the file's name and the reason, for a file that can not be read at all.
    """
    inflated = inflate(content, name, most) if content.startswith(_GZIP) or name.endswith(".gz") else content
    text = inflated.removeprefix(b"\xef\xbb\xbf").strip()
    if is_text(text):
        return _translate_lines(
            text.split(b"\n"), account
        )  # and at nothing else: clients write the lines too
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


def inflate(content: bytes, name: str, most: int = MOST_BYTES) -> bytes:
    """Inflate a gzip file, also one of several members. Raises LogFileError."""
    if not content.startswith(_GZIP):
        raise LogFileError(f"{name}: not gzip")
    parts: list[bytes] = []
    left = most
    while content:
        member = isal_zlib.decompressobj(wbits=_WITH_HEADER)
        try:
            parts.append(member.decompress(content, left + 1))
        except isal_zlib.IsalError as error:  # type: ignore[misc]  # the stub calls the class an instance
            raise LogFileError(f"{name}: damaged gzip: {error}") from error
        left -= len(parts[-1])
        if left < 0:
            raise LogFileError(f"{name}: inflates to more than {most:,} bytes")
        if not member.eof:
            raise LogFileError(f"{name}: truncated gzip")
        content = member.unused_data.lstrip(b"\0")  # zeros may pad the end
    return b"".join(parts)


def _unfold(content: bytes | Raw, account: str | None) -> Iterator[bytes]:
    """Take the records out of what wraps them: a list, a log file, an event, a message."""
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
    """Unfold a part of a file; one that can not be read is one bad record."""
    try:
        return _unfold(content, account)
    except _BROKEN:
        return iter((bytes(content),))


def _unfold_records(records: Raw, account: str | None) -> Iterator[bytes]:
    """Take a log file's records as they are, unlike SQS messages; one object stands for a list of one."""
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
    """Read JSON that is wrapped as text."""
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

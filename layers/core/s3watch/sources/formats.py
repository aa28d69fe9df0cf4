"""Reads records from files of every supported format.

Formats: CloudTrail log files, S3 server access logs, EventBridge events, SQS messages, the output of
`aws cloudtrail lookup-events`, lines of JSON and of both kinds, and several files one after another. Records
come out as bytes, not yet decoded; access-log lines and S3 events as the CloudTrail records of the requests.

A file is split strictly, which is fast, and if that fails tolerantly: one bad record never takes others with
it, and never comes out as anything that `decode` could take for a good one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import partial
from io import BytesIO
from itertools import chain, islice, pairwise

import msgspec
from msgspec import Raw, Struct, field

from s3watch.errors import LogFileError, RecordError
from s3watch.sources import access_logs, s3_events
from s3watch.sources.access_log_lines import has_text_line, is_text
from s3watch.sources.broken_lists import find_list, split
from s3watch.sources.cloudtrail import NOTHING, Unreadable, read_member
from s3watch.sources.log_keys import ACCESS_LOG, classify_key
from s3watch.sources.tolerant_json import BROKEN, is_json, parse

MOST_COMMAS = 8_000_000  # in one file, since every value takes memory; such a file has one in 36 bytes
MOST_WRAPPINGS = 6  # of a record: in an event, in a message, in a list of them, in a line of a file, ...


class _Shape(Struct, rename="pascal", gc=False):
    """The members by which the kinds of JSON object are told apart."""

    records: Raw = NOTHING  # a log file, or SQS messages
    events: Raw = NOTHING  # `aws cloudtrail lookup-events`
    cloud_trail_event: Raw = NOTHING  # one entry of it, as JSON text
    detail: Raw = field(name="detail", default=NOTHING)  # an EventBridge event
    detail_type: Raw = field(name="detail-type", default=NOTHING)
    body: Raw = field(name="body", default=NOTHING)  # an SQS message, as JSON text
    # A CloudTrail digest file, which holds no records
    digest: Raw = field(name="digestS3Bucket", default=NOTHING)
    access: Raw = field(name="bucket_owner_id", default=NOTHING)  # an access-log record in JSON


class _LogFile(Struct, rename="pascal", gc=False):
    """A log file, which so is read once, and not first as a whole."""

    records: list[Raw]


_BATCH = 10  # messages in what SQS hands over at a time
_LINE_OF_JSON = re.compile(rb'^[ \t]*\{[ \t]*"', re.MULTILINE)
_NEXT_LOG_FILE = re.compile(rb'\n[ \t]*\{[ \t]*"(?:Records|Events)"')
# Ends an object after which another begins, and never stands within JSON: in a string, the quote would be
# escaped, and no letter comes after the quote that ends one.
END_OF_OBJECT = re.compile(rb'\}[ \t\r\n]*+(?=\{[ \t\r\n]*+"[A-Za-z])')
_shape = msgspec.json.Decoder(_Shape)
_log_file = msgspec.json.Decoder(_LogFile)
_list = msgspec.json.Decoder(list[Raw])
_text = msgspec.json.Decoder(str)


def read_inflated(content: bytes, name: str, account: str | None = None) -> Iterator[bytes]:
    """Yield the bytes of each record of a file that is not compressed, or not any more.

    `account` is the owner of the buckets in an access log, which does not name it. A record that cannot be
    read is yielded as it is: it is one bad record, not a bad file.
    Raises LogFileError, with the file's name and the reason, if the file can not be read at all.
    """
    text = content.removeprefix(b"\xef\xbb\xbf").strip()
    if not text:
        raise LogFileError(f"{name}: is empty")
    if is_text(text) or (classify_key(name).kind == ACCESS_LOG and text[:1] not in b"{["):
        return _read_lines(text, account)
    if len(text) > MOST_COMMAS and text.count(b",") > MOST_COMMAS:
        raise LogFileError(f"{name}: more than {MOST_COMMAS:,} values")
    try:
        return _unfold_strictly(text, account, MOST_WRAPPINGS)
    except BROKEN as error:
        return _read_tolerantly(text, account, f"{name}: neither JSON nor an access log: {error}")


def _read_tolerantly(text: bytes, account: str | None, refusal: str) -> Iterator[bytes]:
    """Yield the records of a file that is not JSON as a whole, or of lines of which the first is broken."""
    unfold = partial(_unfold, account=account, wrappings=MOST_WRAPPINGS)
    lines = list(islice(_lines(text), 3))
    others = len(lines) > 1
    if others and (is_json(lines[0]) or _NEXT_LOG_FILE.search(text) or _are_objects(lines[1:])):
        return _read_lines(text, account)
    if objects := _split_objects(text):
        return chain.from_iterable(map(unfold, objects))
    if entries := _split_tolerantly(text, account, MOST_WRAPPINGS):
        return entries
    if others and (has_text_line(text) or _LINE_OF_JSON.search(text)):
        return _read_lines(text, account)
    if text.startswith(b"{") and is_json(text):
        return unfold(text)
    raise LogFileError(refusal)


def _are_objects(lines: list[bytes]) -> bool:
    """Return whether two lines are JSON objects, so that it is the line before them that is broken."""
    return len(lines) > 1 and all(line.lstrip().startswith(b"{") and is_json(line) for line in lines)


def _split_objects(text: bytes) -> list[bytes]:
    """Return objects that come one after another, indented or without line feeds; empty if they do not."""
    ends = [0, *(found.end() for found in END_OF_OBJECT.finditer(text)), len(text)]
    if len(ends) <= 2 or not is_json(text[: ends[1]]):
        return []
    return [text[begin:end] for begin, end in pairwise(ends)]


def _lines(text: bytes) -> Iterator[bytes]:
    """Yield the lines that are not blank; only a line feed ends one, since clients can write other ends."""
    return (line for each in BytesIO(text) if (line := each.rstrip(b"\r\n")).strip())


def _read_lines(text: bytes, account: str | None) -> Iterator[bytes]:
    """Yield the records of lines, each of which is JSON or of an access log."""
    for line in _lines(text):
        if line.startswith((b"{", b"[")):
            yield from _unfold(line, account, MOST_WRAPPINGS)
        else:
            yield _translate(line, account)


def _translate(line: bytes, account: str | None) -> bytes:
    try:
        return access_logs.translate(line, account)
    except RecordError as error:
        return Unreadable(line, str(error))


def _unfold(content: bytes | Raw, account: str | None, wrappings: int) -> Iterator[bytes]:
    """Yield the records in a part of a file; a part that can not be read is one bad record."""
    raw = bytes(content)
    try:
        if wrappings:
            return _unfold_strictly(raw, account, wrappings - 1)
    except BROKEN:
        if objects := _split_objects(raw):
            unfold = partial(_unfold, account=account, wrappings=wrappings - 1)
            return chain.from_iterable(map(unfold, objects))
        if not raw.startswith(b"[") or is_json(raw):
            return _unfold_tolerantly(raw, account, wrappings - 1)
    return iter((_refused(raw),))


def _unfold_strictly(content: bytes, account: str | None, wrappings: int) -> Iterator[bytes]:
    """Yield the records in a JSON value: a list, a log file, an event or a message. Raises BROKEN."""
    if content.startswith(b"["):
        unfold = partial(_unfold, account=account, wrappings=wrappings)
        return chain.from_iterable(map(unfold, _list.decode(content)))
    if content.startswith(b'{"Records":'):
        with suppress(msgspec.ValidationError):  # one object instead of a list
            return _unfold_records(_log_file.decode(content).records, account, wrappings)
    return _unfold_shape(content, _shape.decode(content), account, wrappings)


def _unfold_tolerantly(content: bytes, account: str | None, wrappings: int) -> Iterator[bytes]:
    if entries := _split_tolerantly(content, account, wrappings):
        return entries
    try:
        shape = read_member(content, _Shape)
    except ValueError:
        return iter((content,))
    return _unfold_shape(content, shape, account, wrappings)


def _split_tolerantly(content: bytes, account: str | None, wrappings: int) -> Iterator[bytes] | None:
    """Yield the records of a list in which something is wrong; None if there is no list."""
    records = find_list(content, b"Records")
    if records is not None:
        return _unfold_records(split(content, records), account, wrappings)
    start = 0 if content.startswith(b"[") else find_list(content, b"Events")
    if start is None:
        return None
    return chain.from_iterable(
        map(partial(_unfold, account=account, wrappings=wrappings), split(content, start))
    )


def _unfold_shape(content: bytes, shape: _Shape, account: str | None, wrappings: int) -> Iterator[bytes]:
    """Yield the records in an object."""
    if shape.records is not NOTHING:
        try:
            return _unfold_records(_list.decode(shape.records), account, wrappings)
        except BROKEN:
            return iter((bytes(shape.records),))
    try:
        for wrapped in (shape.events, shape.cloud_trail_event, shape.body):
            if wrapped is not NOTHING:
                return _unfold(_open(wrapped), account, wrappings)
        if shape.access is not NOTHING:
            return iter((access_logs.translate_json(content, account),))
        if shape.detail is not NOTHING and shape.detail_type is not NOTHING:
            deletion = s3_events.is_deletion(content)
            return iter((s3_events.translate(content) if deletion else bytes(shape.detail),))
    except (RecordError, ValueError):
        return iter((_refused(content),))
    return iter((content,) if shape.digest is NOTHING else ())


def _unfold_records(entries: Iterable[bytes | Raw], account: str | None, wrappings: int) -> Iterator[bytes]:
    """Yield a log file's records as they are, or the records in SQS messages."""
    rest = iter(entries)
    first = list(islice(rest, _BATCH))
    entries = chain(first, rest)
    if any(map(_is_message, first)):
        return chain.from_iterable(map(partial(_unfold, account=account, wrappings=wrappings), entries))
    return map(bytes, entries)


def _is_message(entry: bytes | Raw) -> bool:
    try:
        return read_member(entry, _Shape).body is not NOTHING
    except ValueError:
        return False


def _open(wrapped: Raw) -> bytes | Raw:
    """Return JSON that is embedded as a JSON string; other JSON, of any size, as it is."""
    if not bytes(wrapped).startswith(b'"'):
        return wrapped
    try:
        return _text.decode(wrapped).encode()
    except BROKEN:
        opened = parse(wrapped)
        return opened.encode() if isinstance(opened, str) else wrapped


def _refused(content: bytes) -> bytes:
    """Return what `decode` refuses: the content, or its text if it is JSON and could pass for a record."""
    return msgspec.json.encode(content.decode(errors="replace")) if is_json(content) else content

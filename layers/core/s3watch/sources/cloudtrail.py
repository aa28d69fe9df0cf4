"""Decodes CloudTrail records, lazily and tolerantly.

A log file is split without decoding, so that one malformed record does not fail the others, and any field
that a rule names can be read later from the record's own bytes. `Record` then decodes only what nearly every
access needs; nested members stay raw JSON until a fact needs them, because most records match no rule.

Field names and limits: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any, Self, get_args

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType, field

from s3watch.errors import RecordError
from s3watch.sources.tolerant_json import BROKEN, MOST_BYTES, TOO_LONG, parse

NOTHING = Raw(b"null")


class Unreadable(bytes):
    """What the reader of its file could not read as a record; `decode` repeats the reason."""

    reason: str

    def __new__(cls, content: bytes, reason: str) -> Self:
        """Mark the content of a record, or of a line."""
        unreadable = super().__new__(cls, content)
        unreadable.reason = reason
        return unreadable

    def __getnewargs__(self) -> tuple[bytes, str]:  # type: ignore[override]  # as this __new__ takes them
        """Return what another process makes it of (see pickle)."""
        return bytes(self), self.reason


class RequestParameters(Struct, gc=False):
    """The members of requestParameters that name the bucket and the object."""

    bucket: str | None = field(name="bucketName", default=None)
    key: str | None = None
    prefix: str | None = None
    copy_source: str | None = field(name="x-amz-copy-source", default=None)


class Additional(Struct, gc=False):
    """The members of additionalEventData that facts need."""

    signature: str | None = field(name="SignatureVersion", default=None)
    authentication: str | None = field(name="AuthenticationMethod", default=None)
    bytes_in: float | str | None = field(name="bytesTransferredIn", default=None)
    bytes_out: float | str | None = field(name="bytesTransferredOut", default=None)


class Record(Struct, gc=False):
    """One CloudTrail record; absent and null members are None, or raw `null`.

    Of members that rules ask for whether they exist, absent ones are UNSET.
    """

    # in the order in which AWS writes them, which decodes fastest
    identity: Raw = field(name="userIdentity", default=NOTHING)
    event_time: str = field(name="eventTime", default="")
    event_source: str = field(name="eventSource", default="")
    event_name: str = field(name="eventName", default="")
    region: str | None = field(name="awsRegion", default=None)
    source_ip: str | None = field(name="sourceIPAddress", default=None)
    user_agent: str | None = field(name="userAgent", default=None)
    error_code: str | UnsetType | None = field(name="errorCode", default=UNSET)
    error_message: str | UnsetType | None = field(name="errorMessage", default=UNSET)
    request: RequestParameters | None = field(name="requestParameters", default=None)
    additional: Additional | None = field(name="additionalEventData", default=None)
    request_id: str | None = field(name="requestID", default=None)
    event_id: str | None = field(name="eventID", default=None)
    resources: Raw = NOTHING
    event_type: str | None = field(name="eventType", default=None)
    recipient: str | None = field(name="recipientAccountId", default=None)
    vpc_endpoint: str | None = field(name="vpcEndpointId", default=None)
    tls: Raw = field(name="tlsDetails", default=NOTHING)


class _Details(Struct, gc=False):
    """Members as they are, of any type: whoever asks for one of them asks for others too."""

    request: Any = field(name="requestParameters", default=None)
    version: Any = field(name="eventVersion", default=None)
    from_console: Any = field(name="sessionCredentialFromConsole", default=None)
    endpoint_account: Any = field(name="vpcEndpointAccountId", default=None)


class _Envelope(Struct):
    detail: Raw = NOTHING


_record = msgspec.json.Decoder(Record)
_details = msgspec.json.Decoder(_Details)
_envelope = msgspec.json.Decoder(_Envelope)


def decode(raw: bytes | Raw) -> Record:
    """Decode one record; members whose type AWS does not document are dropped, not refused.

    Raises RecordError if it is not a JSON object, or has more than MOST_BYTES.
    """
    if len(raw) > MOST_BYTES:
        raise RecordError(TOO_LONG)
    try:
        return _record.decode(raw)
    except BROKEN:
        if isinstance(raw, Unreadable):
            raise RecordError(raw.reason) from None
        return _fit_struct(decode_loosely(raw), Record)


def decode_loosely(raw: bytes | Raw) -> dict[str, Any]:
    """Decode a whole JSON object, as tolerantly as `parse`. Raises RecordError if it is not a JSON object."""
    try:
        document = parse(raw)
    except ValueError as error:
        raise RecordError(f"not JSON: {error}") from error
    if not isinstance(document, dict):
        raise RecordError(f"a record is a JSON object, not {type(document).__name__}")
    return document


@cache
def _decoder[T](kind: type[T]) -> msgspec.json.Decoder[T | None]:
    return msgspec.json.Decoder(kind | None)


@cache
def _list_decoder[T](kind: type[T]) -> msgspec.json.Decoder[list[T] | None]:
    return msgspec.json.Decoder(list[kind] | None)  # type: ignore[valid-type]  # `kind` is known at run time only


@cache
def _top_level_decoder(name: str) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(msgspec.defstruct("Top", [("value", Any, field(name=name, default=UNSET))]))


def read_top_level(raw: bytes | Raw, name: str) -> Any:
    """Decode one top-level member of a record, in a third of the time that the whole record takes.

    It may be nested deeper than Python recurses. Raises RecordError if the record is not a JSON object.
    """
    try:
        value = _top_level_decoder(name).decode(raw).value
    except BROKEN:
        return decode_loosely(raw).get(name)
    return None if value is UNSET else value


def has_top_level(raw: bytes | Raw, name: str) -> bool:
    """Return whether a record has a top-level member, be it null.

    Raises RecordError if the record is not a JSON object.
    """
    try:
        return _top_level_decoder(name).decode(raw).value is not UNSET
    except BROKEN:
        return name in decode_loosely(raw)


def read_member[T: Struct](raw: bytes | Raw, kind: type[T]) -> T:
    """Decode a nested member; members of it that are absent or malformed get their defaults.

    Raises ValueError if it is not JSON.
    """
    try:
        return _decoder(kind).decode(raw) or kind()
    except BROKEN:
        return _fit_struct(parse(raw), kind)


def read_members[T: Struct](raw: bytes | Raw, kind: type[T]) -> list[T]:
    """Decode a nested list of objects; entries that are not objects are dropped.

    Raises ValueError if it is not JSON.
    """
    try:
        return _list_decoder(kind).decode(raw) or []
    except BROKEN:
        document = parse(raw)
        entries = document if isinstance(document, list) else [document]
        return [_fit_struct(entry, kind) for entry in entries if isinstance(entry, dict)]


def _fit_struct[T: Struct](document: Any, kind: type[T]) -> T:
    """Convert a malformed object member by member, dropping those that do not fit."""
    found: dict[str, Any] = document if isinstance(document, dict) else {}
    members = (
        (member, _fit(found[member.encode_name], member.type))
        for member in _members(kind)
        if member.encode_name in found
    )
    return kind(**{each.name: value for each, value in members if value is not None or each.default is UNSET})


@cache
def _members(kind: type[Struct]) -> tuple[msgspec.structs.FieldInfo, ...]:
    return msgspec.structs.fields(kind)


def _fit(value: Any, kind: Any) -> Any:
    """Convert a value to a member's type; None if that would distort it."""
    if kind is Raw:
        return Raw(json.dumps(value).encode())
    if isinstance(value, dict):
        structs = [
            each for each in (kind, *get_args(kind)) if isinstance(each, type) and issubclass(each, Struct)
        ]
        if structs:
            return _fit_struct(value, structs[0])
    if isinstance(value, list) and len(value) == 1:
        return _fit(value[0], kind)  # older records write request parameters as one-element lists
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return json.dumps(value) if number and str in (kind, *get_args(kind)) else None


class Members:
    """The top-level members of a record as they are, each decoded when it is first asked for."""

    def __init__(self, record: Record, raw: bytes | Raw) -> None:
        self._record, self._raw = record, raw
        self._details: _Details | None = None
        self._found: dict[str, Any] = {}

    def read(self, name: str) -> Any:
        """Return a member; None if it is absent."""
        if name in _DETAILS:
            self._details = self._details or _read_details(self._raw)
            return getattr(self._details, _DETAILS[name])
        if name not in self._found:
            kept = RAW_MEMBERS.get(name)
            self._found[name] = (
                parse(getattr(self._record, kept)) if kept else read_top_level(self._raw, name)
            )
        return self._found[name]


# Members of Record that tell whether they are absent or null, with their attributes
MAYBE_ABSENT = {each.encode_name: each.name for each in _members(Record) if each.default is UNSET}
RAW_MEMBERS = {each.encode_name: each.name for each in _members(Record) if each.type is Raw}
_DETAILS = {each.encode_name: each.name for each in _members(_Details)}


def _read_details(raw: bytes | Raw) -> _Details:
    """Decode some members in one pass over the record, which takes little longer than for one of them."""
    try:
        return _details.decode(raw)
    except BROKEN:
        document = decode_loosely(raw)
        return _Details(*map(document.get, _DETAILS))


def unwrap_single(parameter: Any) -> Any:
    """Return the element of a one-element list, as older records write request parameters, else the value."""
    return parameter[0] if isinstance(parameter, list) and len(parameter) == 1 else parameter


def read_text(parameter: Any) -> str | None:
    """Return a request parameter if it is text; None if it is empty or something else."""
    value = unwrap_single(parameter)
    return value if isinstance(value, str) and value else None


def unwrap_event(event: bytes) -> Raw:
    """Return the CloudTrail record in an EventBridge event. Raises RecordError if it is not such an event."""
    try:
        detail = _envelope.decode(event).detail
    except BROKEN:
        try:
            detail = read_member(event, _Envelope).detail
        except ValueError as error:
            raise RecordError(f"not an EventBridge event: {error}") from error
    if detail is NOTHING:
        raise RecordError("not an EventBridge event: it has no detail")
    return detail

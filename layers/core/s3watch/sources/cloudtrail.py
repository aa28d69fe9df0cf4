"""CloudTrail records as AWS wrote them: split, decoded to the fields that facts need, never failing a batch.

A record is decoded in two steps. The split keeps every record's own bytes, so that one bad record can be set
aside and any field a rule names can be read later. The struct then takes only what nearly every access needs;
nested members stay raw until a fact asks for them, because most records match no rule at all.

Field names and limits: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any, get_args

import msgspec
from msgspec import Raw, Struct, field

from s3watch.errors import RecordError

NOTHING = Raw(b"null")


class RequestParameters(Struct, gc=False):
    """The members of requestParameters that name what was touched."""

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
    """One CloudTrail record; absent and null members are None or raw null."""

    # in the order in which AWS writes them, for then they are decoded fastest
    identity: Raw = field(name="userIdentity", default=NOTHING)
    event_time: str = field(name="eventTime", default="")
    event_source: str = field(name="eventSource", default="")
    event_name: str = field(name="eventName", default="")
    region: str | None = field(name="awsRegion", default=None)
    source_ip: str | None = field(name="sourceIPAddress", default=None)
    user_agent: str | None = field(name="userAgent", default=None)
    error_code: str | None = field(name="errorCode", default=None)
    error_message: str | None = field(name="errorMessage", default=None)
    request: RequestParameters | None = field(name="requestParameters", default=None)
    additional: Additional | None = field(name="additionalEventData", default=None)
    request_id: str | None = field(name="requestID", default=None)
    event_id: str | None = field(name="eventID", default=None)
    resources: Raw = NOTHING
    event_type: str | None = field(name="eventType", default=None)
    recipient: str | None = field(name="recipientAccountId", default=None)
    vpc_endpoint: str | None = field(name="vpcEndpointId", default=None)
    tls: Raw = field(name="tlsDetails", default=NOTHING)


class _Envelope(Struct):
    detail: Raw
    detail_type: str = field(name="detail-type", default="")


class _LogFile(Struct):
    records: list[Raw] = field(name="Records")


_record = msgspec.json.Decoder(Record)
_envelope = msgspec.json.Decoder(_Envelope)
_log_file = msgspec.json.Decoder(_LogFile)


def decode(raw: bytes | Raw) -> Record:
    """Read one record; members of a type AWS does not document are left out rather than refused.

    Raises RecordError where there is no JSON object at all.
    """
    try:
        return _record.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _fit_struct(decode_loosely(raw), Record)


def decode_loosely(raw: bytes | Raw) -> dict[str, Any]:
    """Read a JSON object whole, also one with broken text in it, which becomes U+FFFD.

    Raises RecordError where there is no JSON object.
    """
    try:
        document = parse(raw)
    except (ValueError, RecursionError) as error:
        raise RecordError(f"not JSON: {error}") from error
    if not isinstance(document, dict):
        raise RecordError(f"a record is a JSON object, not {type(document).__name__}")
    return document


def parse(raw: bytes | Raw) -> Any:
    """Read JSON of any kind; broken UTF-8, half surrogates and odd numbers are forgiven.

    Raises ValueError where it is no JSON, RecursionError where it is too deep.
    """
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        document = json.loads(bytes(raw).decode(errors="replace"), parse_constant=lambda _: None)
        text = json.dumps(document, ensure_ascii=False)
        return json.loads(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


@cache
def _decoder[T](kind: type[T]) -> msgspec.json.Decoder[T | None]:
    return msgspec.json.Decoder(kind | None)


@cache
def _list_decoder[T](kind: type[T]) -> msgspec.json.Decoder[list[T] | None]:
    return msgspec.json.Decoder(list[kind] | None)  # type: ignore[valid-type]  # known when it runs


@cache
def _top_decoder(name: str) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(msgspec.defstruct("Top", [("value", Any, field(name=name, default=None))]))


def read_top(raw: bytes | Raw, name: str) -> Any:
    """Read one top-level member of a record, in a third of the time that all of them take."""
    try:
        return _top_decoder(name).decode(raw).value
    except (msgspec.DecodeError, UnicodeDecodeError):
        return decode_loosely(raw).get(name)


def read_member[T: Struct](raw: bytes | Raw, kind: type[T]) -> T:
    """Read a nested member; absent, null or of another shape, it comes out with what is there."""
    try:
        return _decoder(kind).decode(raw) or kind()
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _fit_struct(parse(raw), kind)


def read_members[T: Struct](raw: bytes | Raw, kind: type[T]) -> list[T]:
    """Read a nested list of objects; entries that are no objects are left out."""
    try:
        return _list_decoder(kind).decode(raw) or []
    except (msgspec.DecodeError, UnicodeDecodeError):
        document = parse(raw)
        entries = document if isinstance(document, list) else [document]
        return [_fit_struct(entry, kind) for entry in entries if isinstance(entry, dict)]


def _fit_struct[T: Struct](document: Any, kind: type[T]) -> T:
    """Keep the members of a malformed object that can be kept, one by one."""
    found: dict[str, Any] = document if isinstance(document, dict) else {}
    members = {
        member.name: _fit(found[member.encode_name], member.type)
        for member in msgspec.structs.fields(kind)
        if member.encode_name in found
    }
    return kind(**{name: value for name, value in members.items() if value is not None})


def _fit(value: Any, kind: Any) -> Any:
    """Bring a value to the type a member should have; None where there is no honest way."""
    if kind is Raw:
        return Raw(json.dumps(value).encode())
    if isinstance(value, dict):
        structs = [each for each in get_args(kind) if isinstance(each, type) and issubclass(each, Struct)]
        if structs:
            return _fit_struct(value, structs[0])
    if isinstance(value, list) and len(value) == 1:
        return _fit(value[0], kind)  # older records write request parameters as lists of one
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return json.dumps(value) if number and str in (kind, *get_args(kind)) else None


def sole(parameter: Any) -> Any:
    """Take the one element out of a list of one, as older records write request parameters."""
    return parameter[0] if isinstance(parameter, list) and len(parameter) == 1 else parameter


def read_text(parameter: Any) -> str | None:
    """Read a request parameter that is text; empty text is none."""
    value = sole(parameter)
    return value if isinstance(value, str) and value else None


def split_log_file(content: bytes) -> list[Raw]:
    """Split an inflated trail log file into its records, undecoded. Raises RecordError."""
    try:
        return _log_file.decode(content).records
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RecordError(f"not a CloudTrail log file: {error}") from error


def unwrap_event(event: bytes) -> Raw:
    """Take the CloudTrail record out of an EventBridge event. Raises RecordError."""
    try:
        return _envelope.decode(event).detail
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RecordError(f"not an EventBridge event: {error}") from error

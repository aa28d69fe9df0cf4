"""Reads what Athena exports of its CloudTrail table: the CSV of a query's results, and the JSON of UNLOAD.

Columns have CloudTrail's names in lower case, and text columns hold JSON. CSV writes a structure without
quotes, `{type=IAMUser, arn=...}`, so what somebody else chose could pass for another member: one that is
not clear without any doubt is not read. https://docs.aws.amazon.com/athena/latest/ug/querying.html
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

import msgspec
from s3watch.errors import LogFileError
from s3watch.sources.cloudtrail import Unreadable

# Bytes of a line, and of the lines of a row: four times those of a record. What is longer is no export.
MOST_LINE = 1024 * 1024
_EVENT = b"eventname"  # without which a row is no record
_ALWAYS = ("requestParameters", "responseElements")  # members that records have, be it as null
_STRUCTURES = frozenset({"useridentity", "resources", "tlsdetails", "addendum"})
UNLOAD = "UNLOAD it WITH (format = 'JSON')"
_NAMES = {  # of the members of records and of their structures
    name.lower(): name
    for name in (
        "eventVersion", "userIdentity", "eventTime", "eventSource", "eventName", "awsRegion",
        "sourceIPAddress", "userAgent", "errorCode", "errorMessage", "requestParameters",
        "responseElements", "additionalEventData", "requestID", "eventID", "readOnly", "resources",
        "eventType", "managementEvent", "apiVersion", "recipientAccountId", "serviceEventDetails",
        "sharedEventID", "vpcEndpointId", "vpcEndpointAccountId", "eventCategory", "addendum",
        "sessionCredentialFromConsole", "edgeDeviceDetails", "tlsDetails", "type", "principalId", "arn",
        "accountId", "invokedBy", "accessKeyId", "userName", "onBehalfOf", "userId", "identityStoreArn",
        "sessionContext", "attributes", "mfaAuthenticated", "creationDate", "sessionIssuer",
        "ec2RoleDelivery", "sourceIdentity", "assumedRoot", "webIdFederationData", "federatedProvider",
        "credentialId", "identityProvider", "inScopeOf", "sourceArn", "sourceAccount", "issuerType",
        "credentialsIssuedTo", "invokedByDelegate", "reason", "updatedFields", "originalRequestID",
        "originalEventID", "tlsVersion", "cipherSuite", "clientProvidedHostHeader", "keyExchange",
        "ec2IssuedInVpc",
    )
}  # fmt: skip
_OF_RESOURCES = {"arn": "ARN", "arnprefix": "ARNPrefix"}
_MEMBER = re.compile(r"([\w.:/-]+)=")
_TEXT = re.compile(r"(?:[^{}\[\],]|,(?! ))*")
_MARKUP = re.compile(r", |[{}\[\]]")
# Of JSON; one without an end goes to the end of the text, lest each quotation mark in it be tried
_STRING = re.compile(r'"((?:[^"\\]|\\.)*+)(?:"|\\?\Z)', re.DOTALL)
_DEPTH = 6  # of structures in each other: a userIdentity has four
_FORMATS = {b"PAR1": "Parquet", b"ORC": "ORC", b"Obj\x01": "Avro"}  # by their first bytes


def refuse_tables(head: bytes, name: str) -> None:
    """Refuse a file of a format that UNLOAD writes and nothing here reads. Raises LogFileError."""
    for magic, kind in _FORMATS.items():
        if head.startswith(magic):
            raise LogFileError(f"{name}: is {kind}, which cannot be read; {UNLOAD}")


def is_csv(head: bytes) -> bool:
    """Return whether a file begins with the header of such an export."""
    text = head.removeprefix(b"\xef\xbb\xbf")
    if text[:1] in b"{[":  # mostly, and then one line of megabytes
        return False
    header = text.partition(b"\n")[0].lower()
    return b"," in header and _EVENT in re.split(rb'[",\r]+', header)


def read_csv(chunks: Iterable[bytes], name: str) -> Iterator[bytes]:
    """Yield the rows of a CSV export, given in chunks, as records; one that is unclear, as unreadable.

    Raises LogFileError if a line or a row is too long, or what `chunks` raises.
    """
    csv.field_size_limit(MOST_LINE)
    lines = _Lines(chunks, name)
    rows = csv.reader(lines, strict=True)
    try:
        header = [column.strip("\ufeff ").lower() for column in next(rows)]
        for row in rows:
            lines.used = 0
            if row:
                yield _record_of(header, row)
    except csv.Error as error:
        raise LogFileError(f"{name}: line {rows.line_num}: {error}") from error


def read_row(raw: bytes) -> bytes:
    """Return a row of UNLOAD's JSON as a record, and anything else as it is."""
    if _EVENT not in raw.lower():
        return raw
    try:
        row = msgspec.json.decode(raw)
        is_row = isinstance(row, dict) and isinstance(row.get("eventname"), str)
        return _write(row) if is_row else raw
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return raw


class _Lines:
    """The lines of a file; those that are `used` for one row, whose texts may have several, are bounded."""

    def __init__(self, chunks: Iterable[bytes], name: str) -> None:
        self.used = 0  # characters, since the last row
        self._lines = _lines(chunks, name)
        self._name = name

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self.used += len(line)
            if self.used > MOST_LINE + 1:
                raise LogFileError(f"{self._name}: a row of more than {MOST_LINE:,} bytes")
            yield line


def _lines(chunks: Iterable[bytes], name: str) -> Iterator[str]:
    rest = b""
    for chunk in chain(chunks, [b"\n"]):
        *lines, rest = (rest + chunk).split(b"\n")
        if len(rest) > MOST_LINE:
            raise LogFileError(f"{name}: a line of more than {MOST_LINE:,} bytes")
        yield from (f"{line.decode(errors='replace')}\n" for line in lines if line.strip())


def _record_of(header: Sequence[str], row: Sequence[str]) -> bytes:
    if len(row) != len(header):
        return Unreadable(",".join(row).encode(), f"has {len(row)} columns instead of {len(header)}")
    found: dict[str, Any] = {column: text or None for column, text in zip(header, row, strict=True)}
    parameters = found.get("requestparameters") or ""
    for column in sorted(found.keys() & _STRUCTURES):
        try:
            found[column] = _read_column(column, found[column] or "null", parameters)
        except ValueError:
            return Unreadable(",".join(row).encode(), f"`{column}` is ambiguous in CSV; {UNLOAD}")
    return _write(found)


def _read_column(column: str, text: str, parameters: str) -> Any:
    """Read a column that is a structure. Raises ValueError if it is ambiguous.

    Ambiguous resources are none, if the parameters say the same, which are JSON.
    """
    try:
        value = _read_structure(text)
    except ValueError:
        value = None
        if column != "resources":
            raise
    if column == "resources" and not _can_be_trusted(value, parameters) and text != "null":
        if '"bucketName"' not in parameters:
            raise ValueError(text)
        return None
    return value


def _can_be_trusted(resources: Any, parameters: str) -> bool:
    """Return whether no key passed for a resource: that makes more of them than an object and its bucket."""
    if not isinstance(resources, list):
        return False
    texts = _STRING.findall(parameters)
    return len(resources) <= 2 or (bool(texts) and not any(map(_MARKUP.search, texts)))


def _write(row: dict[str, Any]) -> bytes:
    """Return a row as a record, without the members that it lacks."""
    members = {_NAMES.get(name.lower(), name): value for name, value in row.items()}
    record = {name: _value(name, value) for name, value in members.items()}
    return msgspec.json.encode(
        {name: value for name, value in record.items() if value is not None or name in _ALWAYS}
    )


def _value(name: str, value: Any) -> Any:
    if name.lower() in _STRUCTURES:
        return _rename(value, _NAMES | _OF_RESOURCES if name == "resources" else _NAMES)
    if not isinstance(value, str):
        return value
    if value in ("true", "false") and name in ("readOnly", "managementEvent"):
        return value == "true"
    return _open(value) if value.startswith(("{", "[")) or value == "null" else value


def _open(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return text


def _rename(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {
            names.get(name.lower(), name): _rename(member, names)
            for name, member in value.items()
            if member is not None
        }
    return [_rename(item, names) for item in value] if isinstance(value, list) else value


def _read_structure(text: str) -> Any:
    """Read a structure or a list as Athena writes it in CSV. Raises ValueError if it is ambiguous."""
    value, end = _read_value(text, 0, "", _DEPTH)
    if end != len(text):
        raise ValueError(text)
    return value


def _read_value(text: str, at: int, parent: str, depth: int) -> tuple[Any, int]:
    """Return the value at a place, and where it ends; `parent` is the member that holds it."""
    if text.startswith("{", at) and depth:
        return _read_members(text, at + 1, parent, depth - 1)
    if text.startswith("[", at) and depth:
        return _read_items(text, at + 1, depth - 1)
    found = _TEXT.match(text, at)
    end = found.end() if found else at
    return (None if text[at:end] == "null" else text[at:end]), end


def _read_members(text: str, at: int, parent: str, depth: int) -> tuple[dict[str, Any], int]:
    members: dict[str, Any] = {}
    while found := _MEMBER.match(text, at):
        name = found[1].lower()
        if name in members or not (name in _NAMES or parent == "attributes"):  # a map, of a web identity
            break
        members[name], at = _read_value(text, found.end(), name, depth)
        if text.startswith("}", at):
            return members, at + 1
        if not text.startswith(", ", at):
            break
        at += 2
    raise ValueError(text)


def _read_items(text: str, at: int, depth: int) -> tuple[list[Any], int]:
    items: list[Any] = []
    while not text.startswith("]", at):
        item, at = _read_value(text, at, "", depth)
        items.append(item)
        if text.startswith("]", at):
            break
        if not text.startswith(", ", at):
            raise ValueError(text)
        at += 2
    return items, at + 1

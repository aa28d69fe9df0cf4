r"""Parses one line of an S3 server access log: classic text, or the JSON that goes to CloudWatch Logs.

Three fields of the text form hold what the client sent, and quotes in them are not escaped: Request-URI,
Referer and User-Agent. So that no client can shift or forge the other fields, a line is parsed from both
ends: fields before the Request-URI never contain a client's spaces; the Request-URI ends with the HTTP
version, and its target contains no space, because S3 rejects such a request; fields after the last quote are
S3's own. One requester has spaces in its name: an origin access identity of CloudFront, in a fixed form.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/sal-cw-log-format.html
https://github.com/elastic/integrations/issues/20417 (origin access identities)
"""

from __future__ import annotations

import re

from msgspec import Raw, Struct, field

from s3watch.errors import RecordError
from s3watch.sources.cloudtrail import read_member


class Line(Struct, gc=False):
    """The fields that facts need, under their names in the JSON form; None if absent or a dash."""

    operation: str | None = None
    owner: str | None = field(name="bucket_owner_id", default=None)  # a canonical user id
    bucket: str | None = field(name="bucket_name", default=None)
    time: str | None = field(name="request_time", default=None)
    ip: str | None = field(name="remote_ip", default=None)
    requester: str | None = None
    request: str | None = field(name="request_id", default=None)
    key: str | None = field(name="key_name", default=None)  # as logged: URL-encoded, often twice
    uri: str | None = field(name="request_uri", default=None)
    status: int | None = field(name="http_status", default=None)
    error: str | None = field(name="error_code", default=None)
    sent: int | None = field(name="bytes_sent_size", default=None)
    size: int | None = field(name="object_size", default=None)
    agent: str | None = field(name="user_agent", default=None)
    version: str | None = field(name="version_id", default=None)
    signature: str | None = field(name="signature_version", default=None)
    authentication: str | None = field(name="authentication_type", default=None)
    host: str | None = field(name="host_header", default=None)
    tls: str | None = field(name="tls_version", default=None)


_IDENTITY = "arn:[a-z-]++:iam::cloudfront:user/CloudFront Origin Access Identity [A-Z0-9]++"
_REQUESTER = f"({_IDENTITY}|[^ ]++)"
_BEGIN = rf"([^ ]++) ([^ ]++) \[([^\]]*+)\] ([^ ]++) {_REQUESTER} ([^ ]++) ([^ ]++) ([^ ]++) "  # to the key
_MIDDLE = r" ([0-9]{3}|-) ([^ ]++) ([0-9]++|-) ([0-9]++|-) (?:[0-9]++|-) (?:[0-9]++|-) "  # ... turn-around
_OWN = r'((?: [^ "]++)*+) ?'  # S3's own fields, after the last quote
_END = f'(- -|- ".*"|".*"){_OWN}'  # Referer and User-Agent, then these
_TEXT = re.compile(f'{_BEGIN}(?:"([^ ]+ [^ ]+ HTTP/[0-9.]+|-)"|-){_MIDDLE}{_END}', re.DOTALL)
_TAIL = re.compile(_OWN)
_MALFORMED_SHORTEST = re.compile(f'{_BEGIN}"(.*?)"{_MIDDLE}{_END}', re.DOTALL)
_MALFORMED_LONGEST = re.compile(f'{_BEGIN}"(.*)"{_MIDDLE}{_END}', re.DOTALL)
MOST_DIGITS = 18  # of a number of bytes: an object has at most 14
# The owner's id never begins like JSON, in a line of which a user agent may hold what looks like the rest
_BEGINS = re.compile(rb'(?![{\["])[^ \n]++ [^ \n]++ \[\d\d/\w{3}/\d{4}:')
_LATER_BEGINS = re.compile(rb"\n" + _BEGINS.pattern)  # ten times as fast as with ^ in re.MULTILINE
MOST_LINE = 64 * 1024  # bytes: a request's line and headers have 16 KB, and a key is encoded twice


def is_text(content: bytes) -> bool:
    """Return whether content begins like a line of an access log in the text form."""
    return _BEGINS.match(content) is not None


def has_text_line(content: bytes) -> bool:
    """Return whether any of its lines begins so."""
    return is_text(content) or _LATER_BEGINS.search(content) is not None


def read_line(line: bytes) -> Line:
    """Parse a line of either form. Raises RecordError if it is neither."""
    return read_json(line) if line.startswith(b"{") else _read_text(line.decode(errors="replace"))


def read_json(raw: Raw | bytes) -> Line:
    """Parse a record of the JSON form. Raises RecordError if it is not JSON."""
    try:
        return read_member(raw, Line)
    except ValueError as error:
        raise RecordError(f"not an access-log record: {error}") from error


def _read_text(line: str) -> Line:
    if len(line) > MOST_LINE:
        raise RecordError(f"an access-log line of more than {MOST_LINE:,} characters")
    found = _TEXT.fullmatch(line) or _match_malformed(line)
    if found is None:
        raise RecordError("neither JSON nor an access-log line")
    (
        owner,
        bucket,
        time,
        ip,
        requester,
        request,
        operation,
        key,
        uri,
        status,
        error,
        sent,
        size,
        client,
        rest,
    ) = (None if value == "-" else value for value in found.groups())
    agent, rest = _split_client(client or "", (rest or "").split(" ")[1:])
    version, _, signature, _, authentication, host, tls = [
        None if value == "-" else value for value in [*rest, *[None] * 7][:7]
    ]
    return Line(
        operation=operation, owner=owner, bucket=bucket, time=time, ip=ip, requester=requester,
        request=request, key=key, uri=uri, status=_number(status), error=error, sent=_number(sent),
        size=_number(size), agent=agent, version=version, signature=signature,
        authentication=authentication, host=host, tls=tls,
    )  # fmt: skip


def _match_malformed(line: str) -> re.Match[str] | None:
    """Parse a line whose Request-URI is malformed; if two readings fit, prefer one in which S3 answered 2xx.

    A client must not be able to hide a successful request behind a forged refusal.
    """
    _, quote, tail = line.rpartition('"')
    if quote and not _TAIL.fullmatch(tail):
        return None  # before the patterns look for it from every quote, in quadratic time
    first, last = _MALFORMED_SHORTEST.fullmatch(line), _MALFORMED_LONGEST.fullmatch(line)
    return last if last and last[10].startswith("2") else first


def _split_client(client: str, rest: list[str]) -> tuple[str | None, list[str]]:
    """Split the last part of a line into the User-Agent and the fields after it.

    If only one of Referer and User-Agent is quoted, the other is a dash.
    """
    if client.startswith("- "):
        return _present(client[2:].strip('"')), rest
    _, both, agent = client[1:-1].partition('" "')
    return (_present(agent), rest) if both else (None, rest[1:])


def _present(text: str) -> str | None:
    return None if text in ("-", "") else text


def _number(text: str | None) -> int | None:
    return int(text) if text and len(text) <= MOST_DIGITS else None

"""Reads what S3 adds to a record: how the request was authenticated and encrypted, how many bytes it moved.

S3 is not consistent in these members: numbers come as 791, 791.0 or text, and older records lack some.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from msgspec import Raw, Struct, field

from s3watch.facts.identity import Caller
from s3watch.sources.cloudtrail import Additional, read_member, unwrap_single

MOST_COUNT = 2**53  # what JSON represents exactly; the ledger's table cannot add up numbers without end
# The eventVersion since which records have tlsDetails and sessionCredentialFromConsole:
# https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
WITH_TLS = WITH_CONSOLE = (1, 8)
NO_TLS = "none"
CONSOLE_SECONDS = 300  # lifetime of the console's own presigned URLs; shared ones live longer
# What uploads in the console sign, in all recorded ones of 2020 to 2024; its settings add more
_UPLOAD_HEADERS = frozenset({"content-md5", "content-type", "host", "x-amz-acl", "x-amz-storage-class"})
_TEMPORARY_KEY = "ASIA"  # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
_VERSION = re.compile(r"(\d{1,3})\.(\d{1,3})", re.ASCII)
_AUTHENTICATIONS = {"AuthHeader": "header", "QueryString": "query", "HtmlForm": "form"}


class TlsDetails(Struct, gc=False):
    """The members of tlsDetails that facts need."""

    version: str | None = field(name="tlsVersion", default=None)


def name_authentication(additional: Additional, *, anonymous: bool) -> str | None:
    """Return how a request was authenticated: `header`, `query`, `form` or `none`; None if not recorded."""
    method = additional.authentication
    if method:
        return _AUTHENTICATIONS.get(method, method.lower())
    return "none" if anonymous else None


def read_tls(raw: Raw) -> str | None:
    """Return the TLS version as a bare number: TLSv1.3 is 1.3, TLSv1 is 1.0."""
    version = (read_member(raw, TlsDetails).version or "").lower().removeprefix("tlsv")
    return "1.0" if version == "1" else version or None


def lacks_tls(read: Callable[[str], Any]) -> bool:
    """Return whether a record shows that its request came without TLS; `read` reads a field of the access.

    It does if it would name the cipher: not before WITH_TLS, and not if a service or the console called.
    """
    return (
        read("additionalEventData.x-amz-id-2") is not None
        and read("additionalEventData.CipherSuite") is None
        and read("tlsDetails") is None
        and _version(read) >= WITH_TLS
        and read("s3.network_kind") in ("ip", "vpce")
        and read("userIdentity.invokedBy") is None
        and not read("s3.console")
    )


def read_console(read: Callable[[str], Any]) -> bool | None:
    """Return whether the session is one of the console; None before WITH_CONSOLE, which never said so."""
    said = read("sessionCredentialFromConsole")
    if said is not None:
        return str(said).lower() == "true"
    return False if _version(read) >= WITH_CONSOLE else None


def looks_like_console(read: Callable[[str], Any], caller: Caller) -> bool:
    """Return whether a presigned request has every sign of a person's upload or download in the console.

    The browser sends these to S3 by URLs of the console's, and their records need not say so. None of the
    signs is proof: whoever signs a URL and whoever uses it can choose all of them but the caller.
    """
    return (
        read("s3.presigned") is True
        and read("s3.presign_expires") == CONSOLE_SECONDS
        and read("s3.client") == "browser"
        and str(read("userIdentity.accessKeyId")).startswith(_TEMPORARY_KEY)
        and (caller.type in ("root", "user") or caller.actor_verified)  # other roles may be a program's
        and _signs_like_console(read)
    )


def _signs_like_console(read: Callable[[str], Any]) -> bool:
    signed = set(str(unwrap_single(read("requestParameters.X-Amz-SignedHeaders"))).split(";"))
    if read("eventName") == "PutObject":
        return signed >= _UPLOAD_HEADERS
    # Not `inline`, of an object opened in a tab of the browser: that address is copied and shared.
    disposition = unwrap_single(read("requestParameters.response-content-disposition"))
    return read("eventName") == "GetObject" and signed == {"host"} and disposition == "attachment"


def _version(read: Callable[[str], Any]) -> tuple[int, int]:
    """Return a record's eventVersion as major and minor number, (0, 0) if it has none."""
    return _parse_version(str(read("eventVersion")))


@lru_cache(maxsize=64)  # CloudTrail has written some twenty
def _parse_version(text: str) -> tuple[int, int]:
    found = _VERSION.fullmatch(text)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def read_count(value: Any) -> int | None:
    """Convert a number or numeric text to a count; None if it is neither, negative or above MOST_COUNT."""
    try:
        number = float(value) if isinstance(value, float | int | str) else -1.0
    except (ValueError, OverflowError):
        return None
    return int(number) if 0 <= number <= MOST_COUNT else None

"""What S3 adds to a record: how the request was signed, and how much was carried.

S3 writes these members by hand, so to speak: numbers come as 791, 791.0 or text, and older records lack some.
"""

from __future__ import annotations

from typing import Any

from msgspec import Raw, Struct, field

from s3watch.sources.cloudtrail import Additional, read_member

_AUTHENTICATIONS = {"AuthHeader": "header", "QueryString": "query", "HtmlForm": "form"}


class TlsDetails(Struct, gc=False):
    """How the connection was encrypted."""

    version: str | None = field(name="tlsVersion", default=None)


def name_authentication(additional: Additional, *, anonymous: bool) -> str | None:
    """Say how a request was authenticated: header, query, form, none; None where nothing tells."""
    method = additional.authentication
    if method:
        return _AUTHENTICATIONS.get(method, method.lower())
    if anonymous:
        return "none"
    return "header" if additional.signature else None  # before AuthenticationMethod was written, 2018


def read_tls(raw: Raw) -> str | None:
    """Read the TLS version as a bare number: TLSv1.3 is 1.3, TLSv1 is 1.0."""
    version = (read_member(raw, TlsDetails).version or "").lower().removeprefix("tlsv")
    return "1.0" if version == "1" else version or None


def read_count(value: Any) -> int | None:
    """Read a number, however it is written; None where there is none."""
    try:
        return int(float(value)) if isinstance(value, float | int | str) else None
    except (ValueError, OverflowError):
        return None

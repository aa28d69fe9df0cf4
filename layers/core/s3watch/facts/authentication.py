"""Reads what S3 adds to a record: how the request was authenticated and encrypted, how many bytes it moved.

S3 is not consistent in these members: numbers come as 791, 791.0 or text, and older records lack some.
"""

from __future__ import annotations

from typing import Any

from msgspec import Raw, Struct, field

from s3watch.sources.cloudtrail import Additional, read_member

MOST_COUNT = 2**53  # what JSON represents exactly; the ledger's table cannot add up numbers without end
_AUTHENTICATIONS = {"AuthHeader": "header", "QueryString": "query", "HtmlForm": "form"}


class TlsDetails(Struct, gc=False):
    """The members of tlsDetails that facts need."""

    version: str | None = field(name="tlsVersion", default=None)


def name_authentication(additional: Additional, *, anonymous: bool) -> str | None:
    """Return how a request was authenticated: `header`, `query`, `form` or `none`; None if not recorded."""
    method = additional.authentication
    if method:
        return _AUTHENTICATIONS.get(method, method.lower())
    if anonymous:
        return "none"
    return "header" if additional.signature else None  # records from before 2018 lack AuthenticationMethod


def read_tls(raw: Raw) -> str | None:
    """Return the TLS version as a bare number: TLSv1.3 is 1.3, TLSv1 is 1.0."""
    version = (read_member(raw, TlsDetails).version or "").lower().removeprefix("tlsv")
    return "1.0" if version == "1" else version or None


def read_count(value: Any) -> int | None:
    """Convert a number or numeric text to a count; None if it is neither, negative or above MOST_COUNT."""
    try:
        number = float(value) if isinstance(value, float | int | str) else -1.0
    except (ValueError, OverflowError):
        return None
    return int(number) if 0 <= number <= MOST_COUNT else None

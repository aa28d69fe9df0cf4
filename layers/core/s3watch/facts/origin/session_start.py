"""Reads from userIdentity when the caller's temporary credentials were made.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
"""

from __future__ import annotations

from msgspec import Raw, Struct

from s3watch.sources.cloudtrail import read_member
from s3watch.times import read_time


class Attributes(Struct, rename="camel", gc=False):
    """The attributes of a session."""

    creation_date: str | None = None


class Context(Struct, gc=False):
    """The sessionContext of temporary credentials."""

    attributes: Attributes | None = None


class Session(Struct, rename="camel", gc=False):
    """The member of userIdentity that describes a session."""

    session_context: Context | None = None


def read_session_start(raw: Raw) -> float | None:
    """Return when a session began, in epoch seconds; None if its credentials last, or nobody says."""
    context = read_member(raw, Session).session_context
    attributes = context and context.attributes
    return read_time((attributes and attributes.creation_date) or "")

"""Reads from userIdentity by which credentials a request was signed, and when temporary ones were made.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
"""

from __future__ import annotations

from msgspec import Raw, Struct, field

from s3watch.sources.cloudtrail import read_member
from s3watch.times import read_time


class Attributes(Struct, rename="camel", gc=False):
    """The attributes of a session."""

    creation_date: str | None = None


class Context(Struct, gc=False):
    """The sessionContext of temporary credentials."""

    attributes: Attributes | None = None


class Credentials(Struct, rename="camel", gc=False):
    """The members of userIdentity that name the session and the key that signed."""

    arn: str | None = None
    access_key: str | None = field(name="accessKeyId", default=None)
    session_context: Context | None = None

    @property
    def began(self) -> float | None:
        """When the session began, in epoch seconds; None if its credentials last, or nobody says."""
        attributes = self.session_context and self.session_context.attributes
        return read_time((attributes and attributes.creation_date) or "")


def read_credentials(raw: Raw) -> Credentials:
    """Parse what a userIdentity says of the session."""
    return read_member(raw, Credentials)

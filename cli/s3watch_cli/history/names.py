"""The names by which people may ask for records: of who called, and of what was touched.

queries/what-this-actor-did.sql and who-touched-this.sql find by the same ones; a law holds them to that.
"""

from __future__ import annotations

from s3watch.facts.access import Access
from s3watch.facts.identity import identify
from s3watch.facts.operations import COPIES

_S3 = "s3://"


def names_of(access: Access) -> frozenset[str]:
    """Return the names of a caller: as alerts write them, with and without an account, ARNs, keys, addresses.

    A principal has a name without an account in the trail's account and in the bucket owner's; a person has
    everywhere.
    """
    identity = bytes(access.record.identity)
    homes = {None, access.record.recipient, *(each.account for each in access.resources)}
    callers = [identify(identity, home) for home in homes]
    named = {name for caller in callers for name in (caller.principal, caller.actor)}
    qualified = identify(identity, None)
    if qualified.actor != qualified.principal:
        named.add(qualified.actor.removeprefix(f"{qualified.account}:"))
    recorded = (
        qualified.account,
        access.record.source_ip,
        *(access.field(f"userIdentity.{member}") for member in _MEMBERS),
    )
    return frozenset([*named, *(name for name in recorded if isinstance(name, str) and name)])


_MEMBERS = ("arn", "accessKeyId", "invokedBy", "sessionContext.sessionIssuer.arn")


def touches(access: Access, place: str) -> bool:
    """Return whether an access is to a place: `s3://bucket/key`, or `s3://bucket` and all that is in it.

    A batch delete that does not name its keys may have deleted any object of its bucket.
    """
    bucket, slash, key = place.removeprefix(_S3).partition("/")
    if access.bucket != bucket:
        return False
    return not slash or access.key == key or (access.key is None and is_keyless_delete(access))


def is_keyless_delete(access: Access) -> bool:
    """Return whether an access is a batch delete whose record names no key."""
    return access.record.event_name == "DeleteObjects" and access.outcome == "success"


def copied_from(access: Access) -> str | None:
    """Return the source of a copy or a renaming."""
    is_copy = access.record.event_name in COPIES and access.peer_uri
    return access.peer_uri if is_copy and access.operation == "write" else access.uri if is_copy else None


def request_of_part(access: Access) -> str | None:
    """Return the request of a batch delete that one record of an object belongs to."""
    record = access.record
    is_part = record.event_name == "DeleteObject" and record.event_type == "AwsServiceEvent"
    return (record.request_id or None) if is_part else None

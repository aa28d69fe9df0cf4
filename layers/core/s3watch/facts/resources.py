"""Reads the resources of a record, and the bucket and key in S3 ARNs of every partition.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html#amazons3-resources-for-iam-policies
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec import Raw, Struct, field, json

from s3watch.sources.cloudtrail import read_members
from s3watch.sources.tolerant_json import BROKEN

if TYPE_CHECKING:
    from s3watch.facts.identity import Caller

# Suffixes of access point aliases (also for directory buckets, FSx, Object Lambda, Outposts, Multi-Region):
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-naming.html
_ALIASES = ("-s3alias", "--xa-s3", "--ol-s3", "--op-s3", ".mrap")

CLOUDTRAIL = "cloudtrail.amazonaws.com"
_NAMED_BY = {  # by event source, the request parameters that name what a call is about
    CLOUDTRAIL: ("trailName", "eventDataStore", "name", "memberAccountId", "delegatedAdminAccountId"),
    "organizations.amazonaws.com": ("accountId", "servicePrincipal"),
    "kms.amazonaws.com": ("keyId",),
    "s3files.amazonaws.com": ("bucket", "fileSystemId"),
    "backup.amazonaws.com": ("recoveryPointArn",),
}


class Resource(Struct, gc=False):
    """One entry of a record's resources."""

    type: str | None = None
    arn: str | None = field(name="ARN", default=None)
    prefix: str | None = field(name="ARNPrefix", default=None)  # in listings and batch deletes
    account: str | None = field(name="accountId", default=None)


class Location(NamedTuple):
    """A bucket and a key, each if known."""

    bucket: str | None = None
    key: str | None = None


UNKNOWN_LOCATION = Location()


_decode = json.Decoder(list[Resource] | None).decode


def read_resources(raw: Raw) -> list[Resource]:
    """Decode a record's resources; malformed entries are dropped."""
    try:
        return _decode(raw) or []
    except BROKEN:
        return read_members(raw, Resource)


def is_access_point(name: str) -> bool:
    """Return whether a bucket parameter is an access point, by ARN or alias, instead of a bucket name."""
    return name.endswith(_ALIASES) or name.startswith("arn:")


def locate(arn: str) -> Location:
    """Parse the bucket and key in an ARN of any partition; an access point's ARN names no bucket.

    arn:aws:s3:::BUCKET/KEY, arn:aws:s3express:R:A:bucket/BUCKET/KEY,
    arn:aws:s3:R:A:accesspoint/NAME/object/KEY, arn:aws:s3-outposts:R:A:outpost/ID/bucket/BUCKET/object/KEY
    """
    head, _, rest = arn.partition(":s3:::")
    if rest and head.count(":") == 1:
        return _split(rest)
    parts = arn.split(":", 5)
    if len(parts) < 6 or not parts[2].startswith("s3"):
        return UNKNOWN_LOCATION
    service, resource = parts[2], parts[5]
    if service == "s3express" and not resource.startswith("accesspoint/"):
        return _split(resource.removeprefix("bucket/"))  # some records omit `bucket/`
    path, _, key = resource.partition("/object/")
    _, within, bucket = path.partition("/bucket/")
    return Location(bucket if within else None, key or None)


def _split(text: str) -> Location:
    bucket, _, key = text.partition("/")
    return Location(bucket or None, key or None)


def find_bucket(resources: list[Resource]) -> str | None:
    """Return the bucket in the resources, for requests that name none or an access point."""
    named = sorted(resources, key=lambda resource: not (resource.type or "").endswith("Bucket"))
    return next((place.bucket for place in map(_location, named) if place.bucket), None)


def find_key(resources: list[Resource]) -> str | None:
    """Return the key in the resources; per-object records of batch deletes have it nowhere else."""
    return next((key for resource in resources if (key := locate(resource.arn or "").key)), None)


def find_bucket_account(resources: list[Resource], bucket: str | None) -> str | None:
    """Return the account that owns a bucket."""
    usual = f"arn:aws:s3:::{bucket}"  # compared first, because parsing an ARN takes longer
    for resource in resources:
        if bucket and resource.account and (resource.arn == usual or _location(resource).bucket == bucket):
            return resource.account
    return None


# Callers who are in the owner's record only: there one of another account is named by that account alone
OWNERS_VIEW = ("account", "anonymous")


def infer_account(caller: Caller, recipient: str | None) -> str | None:
    """Return the account of a bucket that no resource names: records go to the caller's and to the owner's.

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
    """
    if caller.type in OWNERS_VIEW:
        return recipient
    return recipient if caller.account not in (None, recipient) else None


def is_foreign(caller: Caller, owner: str | None) -> bool | None:
    """Return whether a caller is of another account than the owner; None if that is not known."""
    if caller.account is None:
        return None
    if owner is None:
        return True if caller.type in OWNERS_VIEW else None
    return caller.account != owner


def find_prefix(resources: list[Resource]) -> str | None:
    """Return the prefix of a listing or a batch delete."""
    return next((locate(resource.prefix).key or "" for resource in resources if resource.prefix), None)


def _location(resource: Resource) -> Location:
    return locate(resource.arn or resource.prefix or "")


def find_resource(source: str, read: Callable[[str], Any]) -> str:
    """Return what a call without a bucket is about, such as a trail or a key; empty if it names nothing.

    A trail is named by its ARN, also if the call has its name only: such a trail is in the Region and account
    of the call. https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_StopLogging.html
    """
    for parameter in _NAMED_BY.get(source, ("name",)):
        named = read(f"requestParameters.{parameter}")
        if named and isinstance(named, str):
            is_trail = source == CLOUDTRAIL and parameter in ("trailName", "name")
            return _arn_of_trail(named, read) if is_trail and not named.startswith("arn:") else named
    return ""


def _arn_of_trail(name: str, read: Callable[[str], Any]) -> str:
    region, account = read("awsRegion"), read("recipientAccountId")
    partition = [*str(read("userIdentity.arn")).split(":"), "aws"][1]
    return f"arn:{partition}:cloudtrail:{region}:{account}:trail/{name}" if region and account else name

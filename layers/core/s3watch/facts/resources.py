"""The resources of a record, and the bucket and key that their ARNs name, in every partition.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html#amazons3-resources-for-iam-policies
"""

from __future__ import annotations

from typing import NamedTuple

from msgspec import DecodeError, Raw, Struct, field, json

from s3watch.sources.cloudtrail import read_members

# Aliases of access points (of directory buckets and FSx too), Object Lambda, Outposts and Multi-Region ones:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-naming.html
_ALIASES = ("-s3alias", "--xa-s3", "--ol-s3", "--op-s3", ".mrap")


class Resource(Struct, gc=False):
    """One entry of a record's resources."""

    type: str | None = None
    arn: str | None = field(name="ARN", default=None)
    prefix: str | None = field(name="ARNPrefix", default=None)  # of listings and batch deletes
    account: str | None = field(name="accountId", default=None)


class Place(NamedTuple):
    """A bucket and a key, as far as they are known."""

    bucket: str | None = None
    key: str | None = None


NOWHERE = Place()


_decode = json.Decoder(list[Resource] | None).decode


def read_resources(raw: Raw) -> list[Resource]:
    """Read a record's resources; entries of another shape are left out."""
    try:
        return _decode(raw) or []
    except (DecodeError, UnicodeDecodeError):
        return read_members(raw, Resource)


def stands_for_bucket(name: str) -> bool:
    """Tell an access point (its ARN or alias) from a bucket's name."""
    return name.endswith(_ALIASES) or name.startswith("arn:")


def locate(arn: str) -> Place:
    """Read bucket and key from an ARN of any partition; an access point's names a key at most.

    arn:aws:s3:::BUCKET/KEY, arn:aws:s3express:R:A:bucket/BUCKET/KEY,
    arn:aws:s3:R:A:accesspoint/NAME/object/KEY, arn:aws:s3-outposts:R:A:outpost/ID/bucket/BUCKET/object/KEY
    """
    head, _, rest = arn.partition(":s3:::")
    if rest and head.count(":") == 1:
        return _split(rest)
    parts = arn.split(":", 5)
    if len(parts) < 6 or not parts[2].startswith("s3"):
        return NOWHERE
    service, resource = parts[2], parts[5]
    if service == "s3express" and not resource.startswith("accesspoint/"):
        return _split(resource.removeprefix("bucket/"))  # some records leave `bucket/` out
    path, _, key = resource.partition("/object/")
    _, within, bucket = path.partition("/bucket/")
    return Place(bucket if within else None, key or None)


def _split(text: str) -> Place:
    bucket, _, key = text.partition("/")
    return Place(bucket or None, key or None)


def find_bucket(resources: list[Resource]) -> str | None:
    """Name the real bucket of a request that was made through an access point or names none."""
    named = sorted(resources, key=lambda resource: not (resource.type or "").endswith("Bucket"))
    return next((place.bucket for place in map(_place, named) if place.bucket), None)


def find_key(resources: list[Resource]) -> str | None:
    """Name the object where the request does not: per-object events of a batch delete."""
    return next((key for resource in resources if (key := locate(resource.arn or "").key)), None)


def find_owner(resources: list[Resource], bucket: str | None) -> str | None:
    """Say whose account a bucket is in."""
    usual = f"arn:aws:s3:::{bucket}"  # compared first, for reading an ARN takes longer
    for resource in resources:
        if bucket and resource.account and (resource.arn == usual or _place(resource).bucket == bucket):
            return resource.account
    return None


def find_prefix(resources: list[Resource]) -> str | None:
    """Say under which prefix a listing or a batch delete worked."""
    return next((locate(resource.prefix).key or "" for resource in resources if resource.prefix), None)


def _place(resource: Resource) -> Place:
    return locate(resource.arn or resource.prefix or "")

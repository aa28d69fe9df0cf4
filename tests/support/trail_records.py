"""Records of data events in the shapes of AWS: their resources name an object, two of a copy, or a prefix."""

from __future__ import annotations

from typing import Any

from tests.support.cloudtrail import OWNER, make_record, make_resources

LISTINGS = ("ListObjects", "ListObjectVersions")
COPIES = ("CopyObject", "UploadPartCopy")


def make_call(name: str, bucket: str, key: str) -> dict[str, Any]:
    """A call on one object."""
    return make_record(bucket=bucket, key=key, eventName=name, readOnly=name.startswith(("Get", "Head")))


def make_copy(name: str, source: str, bucket: str, key: str) -> dict[str, Any]:
    """A copy from an object, `bucket/key`, that names only its destination in the resources."""
    request = {"x-amz-copy-source": source}
    return make_record(bucket=bucket, key=key, eventName=name, readOnly=False, request=request)


def make_listing(name: str, bucket: str, prefix: str) -> dict[str, Any]:
    """A listing, or with an empty prefix a batch delete that names no object."""
    resources = [{"type": "AWS::S3::Object", "ARNPrefix": f"arn:aws:s3:::{bucket}/{prefix}"}]
    request = {"prefix": prefix} if prefix else {}
    return make_record(
        bucket=bucket,
        key=None,
        eventName=name,
        readOnly=name in LISTINGS,
        request=request,
        resources=resources + make_resources(bucket, None),
    )


def make_part_of_batch(bucket: str, key: str) -> dict[str, Any]:
    """The record of one object of a batch delete, which has its key in the resources only."""
    return make_record(
        bucket=bucket,
        key=key,
        eventName="DeleteObject",
        eventType="AwsServiceEvent",
        readOnly=False,
        requestParameters=None,
        userIdentity={"accountId": OWNER, "invokedBy": "AWS Internal"},
    )

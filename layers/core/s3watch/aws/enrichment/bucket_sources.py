"""Reads what a bucket says of itself: whether it keeps versions, and its tags."""

from __future__ import annotations

from s3watch.alerts.alert import Versioning
from s3watch.aws import clients
from s3watch.enrichment.tags import choose_tags
from s3watch.posture.bucket_state import is_directory

# By the status that S3 answers, which is absent where versioning was never enabled.
_STATUSES: dict[str, Versioning] = {"": "never", "Enabled": "enabled", "Suspended": "suspended"}


def read_versioning(bucket: str) -> Versioning:
    """Read whether a bucket keeps versions. Raises RefusedError or UnavailableError.

    Directory buckets keep none: https://docs.aws.amazon.com/AmazonS3/latest/userguide/directory-buckets-overview.html
    """
    if is_directory(bucket):
        return "never"
    call = clients.brief_client("s3").get_bucket_versioning
    answer = clients.ask("S3", lambda: call(Bucket=bucket), "NoSuchBucket")
    return "gone" if answer is None else _STATUSES[answer.get("Status", "")]


def read_tags(bucket: str) -> tuple[str, ...]:
    """Read the tags of a bucket that say most. Raises RefusedError or UnavailableError.

    Those of directory buckets are S3 Control's, which is not asked.
    """
    if is_directory(bucket):
        return ()
    call = clients.brief_client("s3").get_bucket_tagging
    answer = clients.ask("S3", lambda: call(Bucket=bucket), "NoSuchTagSet", "NoSuchBucket")
    return choose_tags({tag["Key"]: tag["Value"] for tag in answer["TagSet"]} if answer else {})

"""Reads the canary's object, which is put there before its first read."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from s3watch.aws.clients import ask
from s3watch.canary import KEY

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CONTENT = b"This object is read on a schedule, to show that s3watch sees it. Nobody else needs it.\n"


class CanaryRead(NamedTuple):
    """A read of the canary, as S3 answered it."""

    request: str  # its id, which CloudTrail's record has too
    time: int  # epoch seconds


def read_canary(client: S3Client, bucket: str, now: float) -> CanaryRead:
    """Read the canary of a bucket. Raises UnavailableError, or RefusedError without the permission."""
    read = partial(client.get_object, Bucket=bucket, Key=KEY)
    answer = ask("S3", read, "NoSuchKey")
    if answer is None:
        ask("S3", partial(client.put_object, Bucket=bucket, Key=KEY, Body=CONTENT))
        answer = ask("S3", read)
    return CanaryRead(answer["ResponseMetadata"]["RequestId"], int(now))

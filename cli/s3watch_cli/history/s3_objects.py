"""Lists and opens log files where AWS keeps them, in a bucket: `s3://bucket/prefix`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from io import BufferedReader
from typing import Any

from s3watch.errors import LogFileError

S3 = "s3://"


def list_objects(uri: str) -> Iterator[str]:
    """Yield the objects whose keys begin with a prefix, in their order. Raises LogFileError."""
    bucket, prefix = _split(uri)
    with _translated(uri):
        pages = _client().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        for page in pages:
            yield from (f"{S3}{bucket}/{each['Key']}" for each in page.get("Contents", ()))


@contextmanager
def open_object(uri: str) -> Iterator[BufferedReader]:
    """Open an object for reading as it arrives. Raises LogFileError, also while it is read."""
    bucket, key = _split(uri)
    with _translated(uri):
        body = _client().get_object(Bucket=bucket, Key=key)["Body"]
        with BufferedReader(body) as file:
            yield file


def _split(uri: str) -> tuple[str, str]:
    bucket, _, key = uri.removeprefix(S3).partition("/")
    return bucket, key


@cache
def _client() -> Any:
    import boto3  # noqa: PLC0415  # a quarter of a second that local files do not need

    return boto3.client("s3")


@contextmanager
def _translated(uri: str) -> Iterator[None]:
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  # as above

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise LogFileError(f"{uri}: {' '.join(str(error).split())}") from error

"""Finds out whether the account owns a bucket: by its own lists, which are nobody's word."""

from __future__ import annotations

from collections.abc import Iterator

from s3watch.aws import clients
from s3watch.posture.bucket_state import is_directory


def is_own(bucket: str) -> bool:
    """Return whether the account owns a bucket. Raises RefusedError or UnavailableError."""
    return bucket in (_directory_buckets() if is_directory(bucket) else _buckets(bucket))


def _buckets(prefix: str) -> Iterator[str]:
    """Yield the account's buckets whose names begin so, in alphabetical order."""
    call = clients.client("s3").list_buckets
    answer = clients.ask("S3", lambda: call(Prefix=prefix, MaxBuckets=1000))
    yield from (bucket["Name"] for bucket in answer.get("Buckets", ()))


def _directory_buckets() -> Iterator[str]:
    pages = clients.client("s3").get_paginator("list_directory_buckets").paginate()
    for page in clients.ask("S3", lambda: list(pages)):
        yield from (bucket["Name"] for bucket in page.get("Buckets", ()))

"""Corrects a bucket's setting as a review decided, and restores it; all else in the setting stays."""

from __future__ import annotations

from typing import Any

import msgspec

from s3watch.aws import clients
from s3watch.aws.buckets import read_acl, read_bucket_block
from s3watch.errors import RefusedError
from s3watch.posture.bucket_state import Block
from s3watch.posture.review_state import Correction

type Acl = dict[str, Any]


def correct(bucket: str, correction: Correction) -> None:
    """Remove grants from the bucket's ACL, or turn on settings of its Block Public Access.

    Raises RefusedError or UnavailableError.
    """
    if correction.kind == "acl":
        acl, removed = _read_acl(bucket), correction.replaced["Grants"]
        _put_acl(bucket, acl, [grant for grant in acl["Grants"] if grant not in removed])
    else:
        _put_block(bucket, (read_bucket_block(bucket) or Block()) | correction.closed)


def restore(bucket: str, correction: Correction) -> None:
    """Restore what a correction replaced. Raises RefusedError or UnavailableError."""
    replaced = correction.replaced
    if correction.kind == "acl":
        acl = _read_acl(bucket)
        added = [grant for grant in replaced["Grants"] if grant not in acl["Grants"]]
        _put_acl(bucket, acl, [*acl["Grants"], *added])
    elif replaced:
        _put_block(bucket, msgspec.convert(replaced, Block))
    else:
        clients.ask("S3", lambda: clients.client("s3").delete_public_access_block(Bucket=bucket))


def _read_acl(bucket: str) -> Acl:
    if acl := read_acl(bucket):
        return acl
    raise RefusedError(f"there is no bucket {bucket} any more")


def _put_acl(bucket: str, acl: Acl, grants: list[dict[str, Any]]) -> None:
    policy: Any = {"Owner": acl["Owner"], "Grants": grants}
    clients.ask("S3", lambda: clients.client("s3").put_bucket_acl(Bucket=bucket, AccessControlPolicy=policy))


def _put_block(bucket: str, block: Block) -> None:
    settings: Any = msgspec.to_builtins(block)
    call = clients.client("s3").put_public_access_block
    clients.ask("S3", lambda: call(Bucket=bucket, PublicAccessBlockConfiguration=settings))

"""Reads what decides whether everyone may use a bucket, each part by one call that is not waited for long."""

from __future__ import annotations

from typing import Any

from s3watch.aws import clients
from s3watch.aws.account_settings import NO_BLOCK, read_block
from s3watch.posture.bucket_state import BLOCK_ALL, Block, is_directory

_GONE = "NoSuchBucket"  # nobody may use what is not there


def read_bucket_block(bucket: str) -> Block:
    """Read a bucket's own Block Public Access, which directory buckets always have on.

    Raises RefusedError or UnavailableError.
    """
    if is_directory(bucket):
        return BLOCK_ALL
    call = clients.brief_client("s3").get_public_access_block
    answer = clients.ask("S3", lambda: call(Bucket=bucket), NO_BLOCK, _GONE)
    return read_block(answer or {}) or Block()


def read_policy_status(bucket: str) -> bool:
    """Read whether AWS calls a bucket's policy public, whatever Block Public Access leaves of it.

    Raises RefusedError or UnavailableError.
    """
    call = clients.brief_client("s3").get_bucket_policy_status
    answer = clients.ask("S3", lambda: call(Bucket=bucket), "NoSuchBucketPolicy", _GONE)
    return bool(answer["PolicyStatus"]["IsPublic"]) if answer else False


def read_acl(bucket: str) -> dict[str, Any]:
    """Read a bucket's ACL, which grants nobody anything where object ownership disables ACLs.

    Raises RefusedError or UnavailableError.
    """
    call = clients.brief_client("s3").get_bucket_acl
    answer = clients.ask("S3", lambda: call(Bucket=bucket), _GONE)
    return {"Owner": answer["Owner"], "Grants": answer["Grants"]} if answer else {}


def read_account_block(account: str) -> Block:
    """Read an account's Block Public Access. Raises RefusedError or UnavailableError."""
    call = clients.brief_client("s3control").get_public_access_block
    return read_block(clients.ask("S3 control", lambda: call(AccountId=account), NO_BLOCK) or {}) or Block()

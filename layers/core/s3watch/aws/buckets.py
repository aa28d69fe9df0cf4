"""Reads the settings that decide who can access a bucket."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from msgspec.structs import replace

from s3watch.aws import access_points, clients
from s3watch.aws.account_settings import NO_BLOCK, AccountSettings, read_block
from s3watch.aws.own_buckets import is_own
from s3watch.aws.readings import Reading
from s3watch.aws.replication import find_destinations
from s3watch.errors import RefusedError, UnavailableError
from s3watch.posture import bucket_state as parts
from s3watch.posture.bucket_state import (
    BLOCK_ALL,
    ENFORCED,
    Block,
    ReplicationDestination,
    State,
    is_directory,
)

# Error codes by which S3 reports that a setting, or the bucket, does not exist.
NO_BUCKET = "NoSuchBucket"
NO_POLICY = "NoSuchBucketPolicy"
NO_OWNERSHIP = "OwnershipControlsNotFoundError"
NO_REPLICATION = "ReplicationConfigurationNotFoundError"


class BucketReader:
    """Reads buckets of one account; what belongs to the account itself is read once."""

    def __init__(self, account: str) -> None:
        self._settings = AccountSettings(account)

    def read(self, bucket: str) -> State | None:
        """Read a bucket's settings; None if it does not exist, or belongs to another account.

        A part that cannot be read keeps no other unread, and is named: in `unread` if AWS refuses it, in
        `failed` if it may succeed later.
        """
        read, reading = (_read_directory if is_directory(bucket) else _read), Reading()
        state = read(bucket, self._settings, reading)
        refused = reading.refused.keys() & parts.OF_BUCKET
        if state is None or (refused and not _may_be_own(bucket)):
            return None
        return replace(
            state, unread=tuple(reading.refused), failed=tuple(reading.failed), reasons=reading.reasons
        )


def _read(bucket: str, settings: AccountSettings, reading: Reading) -> State | None:
    def attempt[Part](name: str, read: Callable[[str], Part], otherwise: Part) -> Part:
        return reading.attempt(name, partial(read, bucket), otherwise)

    acl = attempt(parts.ACL, read_acl, None)
    if acl == {}:
        return None
    state = State(
        bucket,
        settings.account,
        policy=attempt(parts.POLICY, _read_policy, ""),
        policy_public=attempt(parts.POLICY, _read_policy_status, None),
        acl=acl or {},
        ownership=attempt(parts.OWNERSHIP, _read_ownership, ""),
        block=attempt(parts.BLOCK, read_bucket_block, None),
        account_block=settings.block,
        access_points=access_points.read(bucket, settings.account, reading),
        multi_region_access_points=access_points.read_multi_region(bucket, settings, reading),
        access_grants=tuple(settings.grants_on(bucket)),
        access_grants_policy=settings.grants_policy,
        replicates_to=attempt(parts.REPLICATION, _read_replication, ()),
    )
    reading.add(settings.reading)
    return state


def _read_directory(bucket: str, settings: AccountSettings, reading: Reading) -> State:
    """Read a directory bucket: it has no ACL and no replication, and its Block Public Access is always on.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
    """
    policy = reading.attempt(parts.POLICY, partial(_read_policy, bucket), "")
    points = access_points.read(bucket, settings.account, reading)
    return State(
        bucket, settings.account, policy=policy, ownership=ENFORCED, block=BLOCK_ALL, access_points=points
    )


def ask(bucket: str, call: str, *absent: str) -> dict[str, Any]:
    """Ask S3 for a setting of a bucket; returns {} if it fails with one of the error codes `absent`.

    Raises RefusedError or UnavailableError.
    """
    method = getattr(clients.client("s3"), call)
    return clients.ask("S3", lambda: method(Bucket=bucket), *absent) or {}


def read_acl(bucket: str) -> dict[str, Any]:
    """Read a bucket's ACL; empty if there is no such bucket. Raises RefusedError or UnavailableError."""
    answer = ask(bucket, "get_bucket_acl", NO_BUCKET)
    return {"Owner": answer["Owner"], "Grants": list(answer["Grants"])} if answer else {}


def _read_policy(bucket: str) -> str:
    return ask(bucket, "get_bucket_policy", NO_POLICY, NO_BUCKET).get("Policy") or ""


def _read_policy_status(bucket: str) -> bool | None:
    public: bool | None = (
        ask(bucket, "get_bucket_policy_status", NO_POLICY).get("PolicyStatus", {}).get("IsPublic")
    )
    return public


def _read_ownership(bucket: str) -> str:
    answer = ask(bucket, "get_bucket_ownership_controls", NO_OWNERSHIP)
    return str(answer["OwnershipControls"]["Rules"][0]["ObjectOwnership"]) if answer else ""


def read_bucket_block(bucket: str) -> Block | None:
    """Read a bucket's own Block Public Access; None if none was put.

    Raises RefusedError or UnavailableError.
    """
    return read_block(ask(bucket, "get_public_access_block", NO_BLOCK))


def _read_replication(bucket: str) -> tuple[ReplicationDestination, ...]:
    answer = ask(bucket, "get_bucket_replication", NO_REPLICATION)
    return find_destinations(answer.get("ReplicationConfiguration", {}).get("Rules", ()))


def _may_be_own(bucket: str) -> bool:
    """Return whether the account owns a bucket; True if that cannot be found out: so nothing is hidden."""
    try:
        return is_own(bucket)
    except (RefusedError, UnavailableError):
        return True

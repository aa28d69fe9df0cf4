"""Reads the settings that decide who can access a bucket, and corrects and restores them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import msgspec

from s3watch.aws import clients
from s3watch.errors import RefusedError, UnavailableError
from s3watch.posture import bucket_state
from s3watch.posture.bucket_state import (
    BLOCK_ALL,
    AccessGrant,
    AccessPoint,
    Block,
    ReplicationDestination,
    State,
)
from s3watch.posture.review import Correction, Kind

MOST_ACCESS_POINTS = 50  # read for one bucket: at two requests each, this fits into the function's minute
MOST_PAGES = 20  # of access grants, of 1,000 each; an account may have 100,000 in a Region
MULTI_REGION_HOME = "us-west-2"  # the only Region that answers calls on Multi-Region Access Points

# Error codes by which S3 reports that a setting does not exist.
NO_BLOCK = "NoSuchPublicAccessBlockConfiguration"
NO_OWNERSHIP = "OwnershipControlsNotFoundError"
NO_REPLICATION = "ReplicationConfigurationNotFoundError"
NO_GRANTS_INSTANCE = "AccessGrantsInstanceNotExistsError"
NO_GRANTS_POLICY = "AccessGrantsInstanceResourcePolicyNotExists"
NO_MULTI_REGION_POLICY = "NoSuchMultiRegionAccessPointPolicy"


def read(bucket: str, account: str) -> State | None:
    """Read a bucket's settings; returns None if the bucket does not exist. Raises UnavailableError.

    Settings that we are not allowed to read are listed as `unread`. So are the account's Block Public Access
    and the access points if S3 Control fails: the bucket's own settings are reported without them.
    """
    reader = _Reader(bucket)
    acl = reader.ask(bucket_state.ACL, "get_bucket_acl")
    if acl is None:
        return None
    policy = reader.ask(bucket_state.POLICY, "get_bucket_policy", "NoSuchBucketPolicy") or {}
    status = reader.ask(bucket_state.POLICY, "get_bucket_policy_status", "NoSuchBucketPolicy") or {}
    block = reader.ask(bucket_state.BLOCK, "get_public_access_block", NO_BLOCK)
    controls = reader.ask(bucket_state.OWNERSHIP, "get_bucket_ownership_controls", NO_OWNERSHIP)
    replication = reader.ask(bucket_state.REPLICATION, "get_bucket_replication", NO_REPLICATION)
    return State(
        bucket,
        account,
        policy=policy.get("Policy", ""),
        policy_public=status.get("PolicyStatus", {}).get("IsPublic"),
        acl={name: acl[name] for name in ("Owner", "Grants") if name in acl},
        ownership=_ownership(controls or {}),
        block=_block(block or {}),
        account_block=_account_block(account, reader),
        access_points=tuple(_access_points(bucket, account, reader)),
        multi_region_access_points=tuple(_multi_region_access_points(bucket, account, reader)),
        access_grants=tuple(_access_grants(bucket, account, reader)),
        access_grants_policy=_access_grants_policy(account, reader),
        replicates_to=tuple(_copies(replication or {})),
        unread=tuple(dict.fromkeys(reader.unread)),
    )


class _Reader:
    """Reads one setting after the other, and keeps a list of those that could not be read."""

    def __init__(self, bucket: str) -> None:
        self.unread: list[str] = []
        self._bucket = bucket

    def ask(self, part: str, call: str, absent: str = "") -> dict[str, Any] | None:
        """Read a setting of the bucket; returns None if it is not set, and {} if access is denied."""
        method = getattr(clients.client("s3"), call)
        try:
            answer: dict[str, Any] | None = clients.ask(
                "S3", lambda: method(Bucket=self._bucket), "NoSuchBucket", absent
            )
        except RefusedError:
            self.unread.append(part)
            return {}
        return answer

    @contextmanager
    def optional(self, part: str) -> Iterator[None]:
        """Mark a part as unread, instead of failing, if the call to S3 Control fails."""
        try:
            yield
        except (RefusedError, UnavailableError):
            self.unread.append(part)


def _block(answer: dict[str, Any]) -> Block | None:
    settings = answer.get("PublicAccessBlockConfiguration")
    return msgspec.convert(settings, Block) if settings else None


def _ownership(answer: dict[str, Any]) -> str:
    rules = answer.get("OwnershipControls", {}).get("Rules") or [{}]
    return str(rules[0].get("ObjectOwnership", ""))


def _copies(answer: dict[str, Any]) -> Iterator[ReplicationDestination]:
    for rule in answer.get("ReplicationConfiguration", {}).get("Rules", ()):
        target = rule.get("Destination", {})
        if rule.get("Status") == "Enabled" and "Bucket" in target:
            yield ReplicationDestination(target["Bucket"].rpartition(":")[2], target.get("Account", ""))


# S3 Control: the account's settings and access points


def _account_block(account: str, reader: _Reader) -> Block | None:
    with reader.optional(bucket_state.ACCOUNT_BLOCK):
        call = clients.client("s3control").get_public_access_block
        return _block(clients.ask("S3 control", lambda: call(AccountId=account), NO_BLOCK) or {})
    return None


def _access_points(bucket: str, account: str, reader: _Reader) -> Iterator[AccessPoint]:
    with reader.optional(bucket_state.ACCESS_POINTS):
        control = clients.client("s3control")
        listed = clients.ask(
            "S3 control",
            lambda: control.list_access_points(
                AccountId=account, Bucket=bucket, MaxResults=MOST_ACCESS_POINTS
            ),
        )
        if listed.get("NextToken"):
            reader.unread.append(bucket_state.ACCESS_POINTS)
        for point in listed.get("AccessPointList", ()):
            yield _access_point(point["Name"], account)


def _access_point(name: str, account: str) -> AccessPoint:
    control = clients.client("s3control")
    point = clients.ask("S3 control", lambda: control.get_access_point(AccountId=account, Name=name))
    policy = clients.ask(
        "S3 control",
        lambda: control.get_access_point_policy(AccountId=account, Name=name),
        "NoSuchAccessPointPolicy",
    )
    return AccessPoint(
        name,
        policy=(policy or {}).get("Policy") or "",
        only_from_vpc=point.get("NetworkOrigin") == "VPC",
        block=_block(point) or Block(),
    )


def _multi_region_access_points(bucket: str, account: str, reader: _Reader) -> Iterator[AccessPoint]:
    """Yield the account's Multi-Region Access Points that lead to a bucket, which other partitions lack.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/MultiRegionAccessPointRestrictions.html
    """
    if clients.client("s3control").meta.partition != "aws":
        return
    with reader.optional(bucket_state.MULTI_REGION_ACCESS_POINTS):
        call = clients.client("s3control", MULTI_REGION_HOME).list_multi_region_access_points
        listed = clients.ask("S3 control", lambda: call(AccountId=account))  # all of them: at most 100
        for point in listed.get("AccessPoints", ()):
            if any(region.get("Bucket") == bucket for region in point.get("Regions", ())):
                for policy in _multi_region_policies(point["Name"], account):
                    block = msgspec.convert(point.get("PublicAccessBlock") or {}, Block)
                    yield AccessPoint(point["Name"], policy=policy, block=block)


def _multi_region_policies(name: str, account: str) -> Iterator[str]:
    """Yield the policy that applies and the one that will, while it is on its way to all Regions."""
    call = clients.client("s3control", MULTI_REGION_HOME).get_multi_region_access_point_policy
    answer = clients.ask(
        "S3 control", lambda: call(AccountId=account, Name=name), NO_MULTI_REGION_POLICY
    )  # fmt: skip
    document = (answer or {}).get("Policy") or {}
    texts = (document.get(state, {}).get("Policy", "") for state in ("Established", "Proposed"))
    yield from dict.fromkeys(filter(None, texts)) or ("",)


def _access_grants(bucket: str, account: str, reader: _Reader) -> Iterator[AccessGrant]:
    """Yield the grants on the bucket of the account's S3 Access Grants instance in this Region."""
    with reader.optional(bucket_state.ACCESS_GRANTS):
        call = clients.client("s3control").list_access_grants
        token: dict[str, str] = {}
        for _ in range(MOST_PAGES):
            listed = (
                clients.ask(
                    "S3 control",
                    partial(call, AccountId=account, MaxResults=1000, **token),
                    NO_GRANTS_INSTANCE,
                )
                or {}
            )
            yield from _grants_on(bucket, listed.get("AccessGrantsList", ()))
            if "NextToken" not in listed:
                return
            token = {"NextToken": listed["NextToken"]}
        reader.unread.append(bucket_state.ACCESS_GRANTS)


def _grants_on(bucket: str, listed: Iterable[dict[str, Any]]) -> Iterator[AccessGrant]:
    """Yield the grants whose scope is in the bucket, or begins before it, such as `s3://*`."""
    root = f"s3://{bucket}/"
    for grant in listed:
        scope, grantee = grant.get("GrantScope", ""), grant.get("Grantee", {})
        prefix = scope.removesuffix("*")
        if f"{scope}/".startswith(root) or (scope.endswith("*") and root.startswith(prefix)):
            yield AccessGrant(
                grantee.get("GranteeType", ""),
                grantee.get("GranteeIdentifier", ""),
                grant.get("Permission", ""),
                scope,
            )


def _access_grants_policy(account: str, reader: _Reader) -> str:
    with reader.optional(bucket_state.ACCESS_GRANTS_POLICY):
        call = clients.client("s3control").get_access_grants_instance_resource_policy
        answer = clients.ask(
            "S3 control", lambda: call(AccountId=account), NO_GRANTS_INSTANCE, NO_GRANTS_POLICY
        )
        return (answer or {}).get("Policy") or ""
    return ""


# corrections


def correct(bucket: str, kind: Kind) -> None:
    """Reset the bucket's ACL to private, or turn on Block Public Access for it.

    Raises RefusedError or UnavailableError.
    """
    s3 = clients.client("s3")
    if kind == "acl":
        clients.ask("S3", lambda: s3.put_bucket_acl(Bucket=bucket, ACL="private"))
    else:
        _put_block(bucket, msgspec.to_builtins(BLOCK_ALL))


def setting(bucket: str, kind: Kind) -> dict[str, Any]:
    """Read the setting that a correction of this kind changes. Raises RefusedError or UnavailableError."""
    s3 = clients.client("s3")
    if kind == "acl":
        acl = clients.ask("S3", lambda: s3.get_bucket_acl(Bucket=bucket))
        return {name: acl[name] for name in ("Owner", "Grants")}
    block = clients.ask("S3", lambda: s3.get_public_access_block(Bucket=bucket), NO_BLOCK) or {}
    return msgspec.to_builtins(_block(block) or Block())  # type: ignore[no-any-return]  # a struct's members


def restore(bucket: str, correction: Correction) -> None:
    """Restore the setting that a correction replaced. Raises RefusedError or UnavailableError."""
    s3, replaced = clients.client("s3"), correction.replaced
    if correction.kind == "acl":
        clients.ask("S3", lambda: s3.put_bucket_acl(Bucket=bucket, AccessControlPolicy=replaced))  # type: ignore[arg-type]  # what GetBucketAcl answered
    elif replaced:
        _put_block(bucket, replaced)
    else:
        clients.ask("S3", lambda: s3.delete_public_access_block(Bucket=bucket))


def _put_block(bucket: str, settings: Any) -> None:
    s3 = clients.client("s3")
    clients.ask(
        "S3", lambda: s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=settings)
    )

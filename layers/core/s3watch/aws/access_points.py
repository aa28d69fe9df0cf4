"""Reads the access points of one bucket, also those of directory buckets and those of several Regions."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import chain, islice
from typing import Any

import msgspec

from s3watch.aws.account_settings import MULTI_REGION_HOME, AccountSettings, control, read_block
from s3watch.aws.readings import Reading
from s3watch.errors import RefusedError, UnavailableError
from s3watch.posture import bucket_state
from s3watch.posture.bucket_state import AccessPoint, Block, is_directory

MOST = 200  # access points read for one bucket, at three requests each at most: they fit into half a minute

# Error codes by which S3 reports that a setting does not exist.
NO_POLICY, NO_MULTI_REGION_POLICY = "NoSuchAccessPointPolicy", "NoSuchMultiRegionAccessPointPolicy"

type Points = tuple[AccessPoint, ...]


def read(bucket: str, account: str, reading: Reading) -> Points:
    """Read the access points of a bucket, each a part of its own; says so if there are more than MOST."""
    none: list[tuple[str, dict[str, Any]]] = []
    listed = reading.attempt(
        bucket_state.ACCESS_POINTS, lambda: list(islice(_list(bucket, account), MOST + 1)), none
    )
    if len(listed) > MOST:
        reading.refused[bucket_state.FURTHER_ACCESS_POINTS] = f"there are more than {MOST}"
    return tuple(
        reading.attempt(
            f"{bucket_state.ACCESS_POINT} {name}", partial(_read, name, account, point), AccessPoint(name)
        )
        for name, point in listed[:MOST]
    )


def _list(bucket: str, account: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the access points of a bucket as S3 lists them, by name, page by page."""
    call, name = ("list_access_points", "Bucket")
    if is_directory(bucket):
        call, name = ("list_access_points_for_directory_buckets", "DirectoryBucket")
    request = {"AccountId": account, name: bucket}
    while True:
        page = control(call, **request)
        yield from ((point["Name"], point) for point in page.get("AccessPointList", ()))
        if not page.get("NextToken"):
            return
        request["NextToken"] = page["NextToken"]


def _read(name: str, account: str, listed: dict[str, Any]) -> AccessPoint:
    """Read one access point; without a policy it lets nobody in, whatever its other settings are."""
    vpc = (
        listed.get("VpcConfiguration", {}).get("VpcId", "its VPC")
        if listed.get("NetworkOrigin") == "VPC"
        else ""
    )
    asked = {"AccountId": account, "Name": name}
    policy = control("get_access_point_policy", NO_POLICY, **asked).get("Policy")
    if not policy:
        return AccessPoint(name, vpc=vpc)
    block = read_block(control("get_access_point", **asked)) or Block()
    return AccessPoint(name, policy, vpc, block, _is_public(asked))


def _is_public(asked: dict[str, str]) -> bool | None:
    """Return AWS's verdict; None if there is none: what the policy opens is then told and not corrected."""
    if is_directory(asked["Name"]):
        return None
    try:
        status = control("get_access_point_policy_status", **asked).get("PolicyStatus", {})
    except (RefusedError, UnavailableError):
        return None
    public: bool | None = status.get("IsPublic")
    return public


# Multi-Region Access Points


def read_multi_region(bucket: str, settings: AccountSettings, reading: Reading) -> Points:
    """Read the Multi-Region Access Points that lead to a bucket, each a part of its own."""
    none: Points = ()
    read_by_name = {
        f"{bucket_state.MULTI_REGION_ACCESS_POINT} {point.get('Name')}": partial(
            _read_multi_region, bucket, settings.account, point
        )
        for point in settings.multi_region_access_points
    }
    return tuple(chain(*(reading.attempt(name, each, none) for name, each in read_by_name.items())))


def _read_multi_region(bucket: str, account: str, point: dict[str, Any]) -> Points:
    """Read one that leads to the bucket: twice, while a new policy is on its way to all Regions."""
    if all(region.get("Bucket") != bucket for region in point.get("Regions", ())):
        return ()
    answer = control(
        "get_multi_region_access_point_policy", NO_MULTI_REGION_POLICY,
        AccountId=account, Name=point["Name"], region=MULTI_REGION_HOME,
    ).get("Policy", {})  # fmt: skip
    texts = (answer.get(state, {}).get("Policy", "") for state in ("Established", "Proposed"))
    block = msgspec.convert(point.get("PublicAccessBlock") or {}, Block)
    return tuple(
        AccessPoint(point["Name"], policy, block=block)
        for policy in dict.fromkeys(filter(None, texts)) or ("",)
    )

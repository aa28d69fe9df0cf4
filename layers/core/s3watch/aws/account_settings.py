"""Reads what an account's settings mean for its buckets, by S3 Control: once for all buckets of a review.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_AWS_S3_Control.html
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property, partial
from typing import Any

import msgspec

from s3watch.aws import clients
from s3watch.aws.readings import Reading
from s3watch.posture import bucket_state
from s3watch.posture.bucket_state import AccessGrant, Block

MOST_PAGES = 20  # of access grants, of 1,000 each; an account may have 100,000 in a Region
MULTI_REGION_HOME = "us-west-2"  # the only Region that answers calls on Multi-Region Access Points

# Error codes by which S3 reports that a setting does not exist.
NO_BLOCK = "NoSuchPublicAccessBlockConfiguration"
NO_GRANTS_INSTANCE = "AccessGrantsInstanceNotExistsError"
NO_GRANTS_POLICY = "AccessGrantsInstanceResourcePolicyNotExists"

type Grants = tuple[AccessGrant, ...]


class AccountSettings:
    """The settings of one account, each read when it is first asked for; `reading` says what could not be."""

    def __init__(self, account: str) -> None:
        self.account = account
        self.reading = Reading()

    @cached_property
    def block(self) -> Block | None:
        """The account's Block Public Access."""
        ask = partial(control, "get_public_access_block", NO_BLOCK, AccountId=self.account)
        return self.reading.attempt(bucket_state.ACCOUNT_BLOCK, lambda: read_block(ask()), None)

    @cached_property
    def grants(self) -> Grants:
        """The grants of its S3 Access Grants instance in this Region."""
        return self.reading.attempt(bucket_state.ACCESS_GRANTS, self._read_grants, ())

    def _read_grants(self) -> Grants:
        token: dict[str, str] = {}
        found: list[AccessGrant] = []
        for _ in range(MOST_PAGES):
            page = control(
                "list_access_grants", NO_GRANTS_INSTANCE, AccountId=self.account, MaxResults=1000, **token
            )
            found += map(_read_grant, page.get("AccessGrantsList", ()))
            if "NextToken" not in page:
                break
            token = {"NextToken": page["NextToken"]}
        else:
            self.reading.refused[bucket_state.ACCESS_GRANTS] = f"more than {MOST_PAGES * 1000:,}"
        return tuple(found)

    @cached_property
    def grants_policy(self) -> str:
        """The policy by which other accounts may use these grants, as JSON; empty if there is none."""
        ask = partial(
            control, "get_access_grants_instance_resource_policy", NO_GRANTS_INSTANCE, NO_GRANTS_POLICY,
            AccountId=self.account,
        )  # fmt: skip
        return self.reading.attempt(
            bucket_state.ACCESS_GRANTS_POLICY, lambda: str(ask().get("Policy") or ""), ""
        )

    @cached_property
    def multi_region_access_points(self) -> list[dict[str, Any]]:
        """Its Multi-Region Access Points, which only the partition `aws` has, as S3 lists them.

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_MultiRegionAccessPointReport.html
        """
        if clients.client("s3control").meta.partition != "aws":
            return []
        return self.reading.attempt(
            bucket_state.MULTI_REGION_ACCESS_POINTS,
            lambda: list(  # all of them: an account has at most 100
                control("list_multi_region_access_points", AccountId=self.account, region=MULTI_REGION_HOME)
                .get("AccessPoints", ())
            ),
            [],
        )  # fmt: skip

    def grants_on(self, bucket: str) -> Iterator[AccessGrant]:
        """Yield the grants whose scope is in the bucket, or begins before it, such as `s3://*`."""
        root = f"s3://{bucket}/"
        for grant in self.grants:
            prefix = grant.scope.removesuffix("*")
            if f"{grant.scope}/".startswith(root) or (prefix != grant.scope and root.startswith(prefix)):
                yield grant


def control(call: str, *absent: str, region: str = "", **request: Any) -> dict[str, Any]:
    """Make a call of S3 Control, in our Region or another; {} if it fails with an error code `absent`.

    Raises RefusedError or UnavailableError.
    """
    client = clients.client("s3control", region) if region else clients.client("s3control")
    method = getattr(client, call)
    return clients.ask("S3 control", lambda: method(**request), *absent) or {}


def read_block(answer: dict[str, Any]) -> Block | None:
    """Read the Block Public Access settings in an answer; None if there are none."""
    settings = answer.get("PublicAccessBlockConfiguration")
    return msgspec.convert(settings, Block) if settings else None


def _read_grant(grant: dict[str, Any]) -> AccessGrant:
    grantee = grant.get("Grantee", {})
    return AccessGrant(
        grantee.get("GranteeType", ""),
        grantee.get("GranteeIdentifier", ""),
        grant.get("Permission", ""),
        grant.get("GrantScope", ""),
    )

"""S3 Access Grants and Multi-Region Access Points of the account, as a review of one bucket reads them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from s3watch.aws import buckets, clients
from s3watch.posture.bucket_state import BLOCK_ALL, AccessGrant, AccessPoint, Block

from tests.support.aws_answers import (
    access_grants_policy,
    answer,
    list_access_grants,
    multi_region_policy,
    refuse,
    without_access_grants,
)
from tests.support.bucket_states import OTHER, allow, make_policy

ACCOUNT = "123456789012"  # moto's
BUCKET = "hr-data"
EVE = f"arn:aws:iam::{OTHER}:user/eve"
POLICY = make_policy(allow())


@pytest.fixture(autouse=True)
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    clients.client.cache_clear()
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket=BUCKET)
        yield client
    clients.client.cache_clear()


@pytest.fixture
def control() -> Any:
    """The client that reviews use; there is no S3 Access Grants instance unless a test says otherwise."""
    return without_access_grants(clients.client("s3control"))


def read() -> Any:
    return buckets.read(BUCKET, ACCOUNT)


def test_an_account_without_access_grants_has_none_and_nothing_is_unread(control):
    state = read()

    assert (state.access_grants, state.access_grants_policy, state.unread) == ((), "", ())


@pytest.mark.parametrize(
    ("scope", "concerns"),
    [
        pytest.param("s3://hr-data/payroll/*", True, id="a prefix"),
        pytest.param("s3://hr-data/payroll/2026.csv", True, id="an object"),
        pytest.param("s3://hr-data*", True, id="every bucket that begins so"),
        pytest.param("s3://*", True, id="every bucket"),
        pytest.param("s3://hr-data-archive/*", False, id="a bucket with a longer name"),
        pytest.param("s3://hr/*", False, id="a bucket with a shorter name"),
        pytest.param("s3://hr-dat", False, id="no pattern"),
    ],
)
def test_the_access_grants_on_the_bucket_are_read(control, scope, concerns):
    answer(control, "ListAccessGrants", list_access_grants((EVE, "READWRITE", scope)))

    assert read().access_grants == (AccessGrant("IAM", EVE, "READWRITE", scope),) * concerns


def test_access_grants_are_read_page_by_page(control):
    grants = [(EVE, "READ", f"s3://hr-data/{number}/*") for number in range(2)]
    pages = [list_access_grants(grants[0], token="more"), list_access_grants(grants[1])]
    asked = answer(control, "ListAccessGrants", *pages)

    assert [grant.scope for grant in read().access_grants] == ["s3://hr-data/0/*", "s3://hr-data/1/*"]
    assert "nextToken=more" in asked[1]


def test_access_grants_past_twenty_pages_are_named_as_unread(control):
    asked = answer(control, "ListAccessGrants", list_access_grants(token="more"))

    assert (read().unread, len(asked)) == (("access grants",), 20)


def test_the_policy_of_the_access_grants_instance_is_read(s3):
    control = clients.client("s3control")
    answer(control, "ListAccessGrants", list_access_grants())
    answer(control, "GetAccessGrantsInstanceResourcePolicy", access_grants_policy(POLICY))

    assert (read().access_grants_policy, read().unread) == (POLICY, ())


def test_access_grants_that_may_not_be_read_are_named_and_hide_nothing(s3):
    control = clients.client("s3control")
    refuse(control, "ListAccessGrants", "AccessDenied")
    refuse(control, "GetAccessGrantsInstanceResourcePolicy", "AccessDenied")

    assert read().unread == ("access grants", "policy of the Access Grants instance")


# Multi-Region Access Points


def make_multi_region(name: str, *buckets: str, policy: str = "", **block: bool) -> None:
    control = boto3.client("s3control", region_name="us-west-2")
    details = {
        "Name": name,
        "PublicAccessBlock": {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True,
                              "RestrictPublicBuckets": True} | block,
        "Regions": [{"Bucket": bucket} for bucket in buckets],
    }  # fmt: skip
    control.create_multi_region_access_point(AccountId=ACCOUNT, ClientToken=name, Details=details)
    if policy:
        put = {"Name": name, "Policy": policy}
        control.put_multi_region_access_point_policy(AccountId=ACCOUNT, ClientToken=name, Details=put)


@pytest.mark.usefixtures("control")
def test_the_multi_region_access_points_of_the_bucket_are_read_with_policy_and_block():
    make_multi_region("global", BUCKET, "hr-copy", policy=POLICY, BlockPublicPolicy=False)
    make_multi_region("inside", BUCKET)
    make_multi_region("other", "hr-copy", policy=POLICY)
    state = read()

    assert state.unread == ()
    assert state.multi_region_access_points == (
        AccessPoint(
            "global", POLICY,
            block=Block(block_public_acls=True, ignore_public_acls=True, restrict_public_buckets=True),
        ),
        AccessPoint("inside", block=BLOCK_ALL),
    )  # fmt: skip


@pytest.mark.usefixtures("control")
def test_a_policy_on_its_way_to_all_regions_is_read_beside_the_one_that_applies():
    make_multi_region("global", BUCKET)
    far = clients.client("s3control", "us-west-2")
    answer(far, "GetMultiRegionAccessPointPolicy", multi_region_policy("{}", POLICY))

    assert [point.policy for point in read().multi_region_access_points] == ["{}", POLICY]


@pytest.mark.usefixtures("control")
def test_multi_region_access_points_are_asked_for_where_they_are_managed():
    asked = answer(
        clients.client("s3control", "us-west-2"), "ListMultiRegionAccessPoints",
        "<ListMultiRegionAccessPointsResult/>",
    )  # fmt: skip

    assert read().multi_region_access_points == ()
    assert [url.split("/")[2] for url in asked] == [f"{ACCOUNT}.s3-control.us-west-2.amazonaws.com"]


@pytest.mark.usefixtures("control")
def test_multi_region_access_points_that_may_not_be_read_are_named():
    refuse(clients.client("s3control", "us-west-2"), "ListMultiRegionAccessPoints", "AccessDenied")

    assert read().unread == ("Multi-Region Access Points",)


def test_other_partitions_have_no_multi_region_access_points(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "cn-north-1")
    clients.client.cache_clear()
    asked = answer(
        clients.client("s3control", "us-west-2"), "ListMultiRegionAccessPoints", "<never/>"
    )  # fmt: skip
    state = read()

    assert (asked, "Multi-Region Access Points" in state.unread) == ([], False)

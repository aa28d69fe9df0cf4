"""Access points and Multi-Region Access Points of a bucket, as a review reads them."""

from __future__ import annotations

import boto3
import pytest
from s3watch.aws import access_points, clients
from s3watch.aws.account_settings import AccountSettings
from s3watch.posture.bucket_state import BLOCK_ALL, AccessPoint, Block

from tests.support.aws_answers import answer, multi_region_policy, refuse
from tests.support.bucket_states import allow, make_policy
from tests.support.reviewed_bucket import ACCOUNT, BUCKET, read

POLICY = make_policy(allow())
FAR = ("s3control", "us-west-2")


def make(control, name, policy="", **options):
    control.create_access_point(AccountId=ACCOUNT, Name=name, Bucket=BUCKET, **options)
    if policy:
        control.put_access_point_policy(AccountId=ACCOUNT, Name=name, Policy=policy)


def test_access_points_are_read_with_their_policies(control):
    make(control, "partners", POLICY)
    make(control, "inside", VpcConfiguration={"VpcId": "vpc-0a1b2c3d"})
    state = read()

    assert {(point.name, point.policy, point.vpc) for point in state.access_points} == {
        ("partners", POLICY, ""),
        ("inside", "", "vpc-0a1b2c3d"),
    }
    assert state.unread == ()


def test_an_access_point_has_awss_verdict_on_its_policy(control):
    make(control, "partners", POLICY)

    assert read().access_points[0].policy_public is True


def test_an_access_point_without_a_verdict_is_read_all_the_same(control):
    make(control, "partners", POLICY)
    refuse(control, "GetAccessPointPolicyStatus", "AccessDenied")
    state = read()

    assert (state.access_points[0].policy, state.access_points[0].policy_public, state.unread) == (
        POLICY,
        None,
        (),
    )


def test_access_points_are_listed_page_by_page(control):
    page = (
        "<ListAccessPointsResult>{}<AccessPointList><AccessPoint><Name>{}</Name></AccessPoint></AccessPointList>"
        "</ListAccessPointsResult>"
    )
    asked = answer(
        control, "ListAccessPoints", page.format("<NextToken>2</NextToken>", "one"), page.format("", "two")
    )
    refuse(control, "GetAccessPointPolicy", "NoSuchAccessPointPolicy", 404)

    assert [point.name for point in read().access_points] == ["one", "two"]
    assert "nextToken=2" in asked[1]


def test_more_access_points_than_a_review_reads_are_named(control, monkeypatch):
    monkeypatch.setattr(access_points, "MOST", 2)
    for name in ("one", "two", "three"):
        make(control, name)
    state = read()

    assert (len(state.access_points), state.unread) == (2, ("further access points",))


@pytest.mark.parametrize("operation", ["GetAccessPoint", "GetAccessPointPolicy"])
def test_an_access_point_that_may_not_be_read_is_named_and_the_list_is_complete(control, operation):
    make(control, "partners", POLICY)
    refuse(control, operation, "AccessDenied")

    assert read().unread == ("access point partners",)


def test_a_list_that_may_not_be_read_is_named(control):
    refuse(control, "ListAccessPoints", "AccessDenied")

    assert read().unread == ("access points",)


# Multi-Region Access Points


def make_multi_region(name, *buckets, policy="", **block):
    control = boto3.client("s3control", region_name="us-west-2")
    on = dict.fromkeys(
        ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
    )
    details = {
        "Name": name, "PublicAccessBlock": on | block, "Regions": [{"Bucket": bucket} for bucket in buckets],
    }  # fmt: skip
    control.create_multi_region_access_point(AccountId=ACCOUNT, ClientToken=name, Details=details)
    if policy:
        put = {"Name": name, "Policy": policy}
        control.put_multi_region_access_point_policy(AccountId=ACCOUNT, ClientToken=name, Details=put)


def test_the_multi_region_access_points_of_the_bucket_are_read_with_policy_and_block(s3):
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


def test_a_policy_on_its_way_to_all_regions_is_read_beside_the_one_that_applies(s3):
    make_multi_region("global", BUCKET)
    answer(clients.client(*FAR), "GetMultiRegionAccessPointPolicy", multi_region_policy("{}", POLICY))

    assert [point.policy for point in read().multi_region_access_points] == ["{}", POLICY]


def test_multi_region_access_points_are_asked_for_where_they_are_managed(s3):
    asked = answer(
        clients.client(*FAR), "ListMultiRegionAccessPoints", "<ListMultiRegionAccessPointsResult/>"
    )

    assert read().multi_region_access_points == ()
    assert [url.split("/")[2] for url in asked] == [f"{ACCOUNT}.s3-control.us-west-2.amazonaws.com"]


@pytest.mark.parametrize("region", ["cn-north-1", "us-gov-west-1"], ids=["China", "GovCloud"])
def test_multi_region_access_points_are_not_asked_for_in_partitions_that_have_none(s3, monkeypatch, region):
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    clients.client.cache_clear()
    asked = answer(
        clients.client(*FAR), "ListMultiRegionAccessPoints", "<ListMultiRegionAccessPointsResult/>"
    )

    assert (AccountSettings(ACCOUNT).multi_region_access_points, asked) == ([], [])


@pytest.mark.parametrize(
    ("operation", "unread"),
    [
        ("ListMultiRegionAccessPoints", "Multi-Region Access Points"),
        ("GetMultiRegionAccessPointPolicy", "Multi-Region Access Point global"),
    ],
    ids=["the list", "one of them"],
)
def test_multi_region_access_points_that_may_not_be_read_are_named(s3, operation, unread):
    make_multi_region("global", BUCKET)
    refuse(clients.client(*FAR), operation, "AccessDenied")

    assert read().unread == (unread,)


def test_other_partitions_have_no_multi_region_access_points(s3, monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "cn-north-1")
    clients.client.cache_clear()
    asked = answer(clients.client(*FAR), "ListMultiRegionAccessPoints", "<never/>")
    state = read()

    assert (asked, "Multi-Region Access Points" in state.unread) == ([], False)

from __future__ import annotations

import pytest
from msgspec.structs import replace
from s3watch.posture.bucket_state import BLOCK_ALL, AccessGrant, AccessPoint
from s3watch.posture.exposure import evaluate
from s3watch.posture.grants import Posture, describe

from tests.support.bucket_states import OTHER, OWNER, allow, allow_if, make_policy, make_state, shown, where

POINT = AccessPoint("partners", make_policy(allow()))
DELEGATES = where("StringEquals", "s3:DataAccessPointAccount", OWNER)


@pytest.mark.parametrize(
    ("point", "bucket", "words"),
    [
        pytest.param(POINT, (DELEGATES,), ["everyone may read (access point partners)"], id="by delegation"),
        pytest.param(POINT, (), ["everyone may read (access point partners, void)"], id="without the bucket"),
        pytest.param(AccessPoint("vpc", POINT.policy, vpc="vpc-0a1b2c3d"), (DELEGATES,),
                     ["anyone from vpc-0a1b2c3d may read (access point vpc)"], id="from a VPC only"),
        pytest.param(AccessPoint("shut", POINT.policy, block=BLOCK_ALL), (DELEGATES,),
                     ["everyone may read (access point shut, void)"], id="with its own Block Public Access"),
        pytest.param(AccessPoint("b2b", make_policy(allow({"AWS": OTHER}))), (allow({"AWS": OTHER}),),
                     [f"account {OTHER} may read (access point b2b)",
                      f"account {OTHER} may read (bucket policy)"],
                     id="to an account that the bucket policy allows too"),
        pytest.param(POINT, (where("StringEquals", "s3:DataAccessPointAccount", OTHER),),
                     [f"account {OTHER} may read (bucket policy)",
                      "everyone may read (access point partners, void)"],
                     id="by delegation to access points of another account"),
        pytest.param(POINT, (allow_if(StringEquals={"s3:DataAccessPointAccount": OWNER,
                                                    "aws:PrincipalOrgID": "o-a1b2c3d4e5"}),),
                     ["organization o-a1b2c3d4e5 may read (access point partners)",
                      "everyone may read (access point partners, void)"],
                     id="by delegation for an organization"),
        pytest.param(AccessPoint("own", make_policy(where("ArnLike", "s3:DataAccessPointArn",
                                                          f"arn:aws:s3:*:{OWNER}:accesspoint/own"))),
                     (DELEGATES,), ["everyone may read (access point own)"],
                     id="if it is reached through itself"),
    ],
)  # fmt: skip
def test_an_access_point_grants_access(point, bucket, words):
    assert shown(make_state(*bucket, access_points=(point,))) == words


@pytest.mark.parametrize(
    ("point", "bucket", "words"),
    [
        pytest.param(POINT, (DELEGATES,), ["everyone may read (Multi-Region Access Point partners)"],
                     id="by delegation"),
        pytest.param(POINT, (), ["everyone may read (Multi-Region Access Point partners, void)"],
                     id="without the bucket"),
        pytest.param(AccessPoint("shut", POINT.policy, block=BLOCK_ALL), (DELEGATES,),
                     ["everyone may read (Multi-Region Access Point shut, void)"],
                     id="with its own Block Public Access"),
    ],
)  # fmt: skip
def test_a_multi_region_access_point_grants_access(point, bucket, words):
    assert shown(make_state(*bucket, multi_region_access_points=(point,))) == words


STRICT = allow_if(IpAddress={"aws:SourceIp": ["2.0.0.0/8", "3.0.0.0/8"]})  # AWS may not merge them


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (False, [f"account {OTHER} may read (access point p)", "everyone may read (access point p)"]),
        (None, [f"account {OTHER} may read (access point p)", "everyone may read (access point p, void)"]),
        (
            True,
            [f"account {OTHER} may read (access point p, void)", "everyone may read (access point p, void)"],
        ),
    ],
    ids=["not public", "not known", "public"],
)
def test_what_aws_does_not_call_public_is_not_blocked_because_we_do(status, words):
    policy = make_policy(allow({"AWS": OTHER}), STRICT)
    point = AccessPoint("p", policy, block=BLOCK_ALL, policy_public=status)

    assert sorted(shown(make_state(DELEGATES, access_points=(point,)))) == words


LETS_IN = make_policy(allow({"AWS": OTHER}, "s3:GetDataAccess", Resource="*"))


def make_grant(grantee, kind="IAM", permission="READ"):
    return AccessGrant(kind, grantee, permission, "s3://hr-data/payroll/*")


@pytest.mark.parametrize(
    ("grant", "policy", "words"),
    [
        pytest.param(make_grant(f"arn:aws:iam::{OTHER}:user/eve", permission="READWRITE"), LETS_IN,
                     [f"account {OTHER} may read, list, write and delete (access grant on s3://hr-data/payroll/*)"],
                     id="to another account"),
        pytest.param(make_grant(f"arn:aws:iam::{OTHER}:user/eve"), "",
                     [f"account {OTHER} may read and list (access grant on s3://hr-data/payroll/*, void)"],
                     id="to an account that the instance does not let in"),
        pytest.param(make_grant(f"arn:aws:iam::{OWNER}:role/app"), LETS_IN, [], id="to the own account"),
        pytest.param(make_grant("83d43802-00b1-7054-db02-f1d683aacba5", "DIRECTORY_USER"), LETS_IN, [],
                     id="to somebody of the own directory"),
    ],
)  # fmt: skip
def test_an_access_grant_grants_access(grant, policy, words):
    assert shown(make_state(access_grants=(grant,), access_grants_policy=policy)) == words


def test_a_grant_whose_instance_can_not_be_read_counts_as_effective():
    part = "policy of the Access Grants instance"
    state = make_state(access_grants=(make_grant(f"arn:aws:iam::{OTHER}:user/eve"),), unread=(part,))

    assert shown(state) == [f"account {OTHER} may read and list (access grant on s3://hr-data/payroll/*)"]


@pytest.mark.parametrize(
    ("settings", "part"),
    [
        ({"access_points": (AccessPoint("p", "{"),)}, "access points"),
        ({"multi_region_access_points": (AccessPoint("p", "{"),)}, "Multi-Region Access Points"),
        ({"access_grants_policy": "{"}, "policy of the Access Grants instance"),
    ],
    ids=["access point", "Multi-Region Access Point", "instance of Access Grants"],
)
def test_a_policy_that_is_not_json_makes_its_part_unread(settings, part):
    assert replace(evaluate(make_state(**settings)), denials=()) == Posture(unread=(part,))


# more than one review evaluates

PADDED = make_policy(allow(), {"Sid": "a" * 19_000})
MANY = tuple(AccessPoint(f"p{number}", PADDED) for number in range(100))


def test_long_policies_keep_no_short_one_from_being_reviewed():
    posture = evaluate(make_state(DELEGATES, access_points=(*MANY, POINT)))

    assert "everyone may read (access point partners)" in describe(posture.grants)
    assert "access point partners" not in posture.unread


def test_multi_region_access_points_that_are_too_much_are_named_as_such():
    posture = evaluate(make_state(DELEGATES, access_points=(POINT,), multi_region_access_points=MANY))

    assert posture.unread
    assert all(part.startswith("Multi-Region Access Point p") for part in posture.unread)


@pytest.mark.parametrize(
    ("verdict", "bucket", "changes", "words"),
    [
        pytest.param(True, (DELEGATES,), {}, [
            "everyone may reach objects (access point pad, which AWS calls public)"], id="public"),
        pytest.param(True, (), {}, [
            "everyone may reach objects (access point pad, which AWS calls public, void)"],
            id="without the bucket"),
        pytest.param(True, (DELEGATES,), {"block": BLOCK_ALL}, [
            "everyone may reach objects (access point pad, which AWS calls public, void)"],
            id="with its own Block Public Access"),
        pytest.param(True, (DELEGATES,), {"vpc": "vpc-0a1b2c3d"}, [
            "everyone may reach objects (access point pad, which AWS calls public, void)"],
            id="from a VPC only"),
        pytest.param(False, (DELEGATES,), {}, [], id="not public"),
        pytest.param(None, (DELEGATES,), {}, [], id="not known"),
    ],
)  # fmt: skip
def test_of_an_access_point_that_is_too_much_awss_verdict_counts(verdict, bucket, changes, words):
    longest = AccessPoint("pad", f"{PADDED} ", policy_public=verdict, **changes)
    lines = shown(make_state(*bucket, access_points=(*MANY, longest)))

    assert [line for line in lines if "access point pad" in line] == words

from __future__ import annotations

import pytest
from s3watch.posture.confinement import Way
from s3watch.posture.grants import EVERYBODY

from tests.support.cloudtrail import OTHER, OWNER
from tests.support.policies import ALL, NOBODY, allow, deny, grantees_of, in_words

OWN_ORGANIZATION = {"aws:PrincipalOrgID": "o-a1b2c3"}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3"}}, {"o-a1b2c3"}),
        ({"StringEquals": {"AWS:principalorgid": ["o-a1b2c3", "o-d4e5f6"]}}, {"o-a1b2c3", "o-d4e5f6"}),
        ({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-a1b2c3/r-ab12/ou-ab12-1/*"}}, {"o-a1b2c3"}),
        ({"StringEquals": {"aws:PrincipalAccount": OTHER}}, {OTHER}),
        ({"StringEquals": {"aws:SourceAccount": OWNER}}, {OWNER}),
        ({"StringEquals": {"s3:DataAccessPointAccount": OTHER}}, {OTHER}),
        ({"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{OTHER}:role/app-*"}}, {OTHER}),
        ({"ArnLike": {"s3:DataAccessPointArn": f"arn:aws:s3:eu-west-1:{OTHER}:accesspoint/*"}}, {OTHER}),
        ({"ArnEquals": {"aws:SourceArn": f"arn:aws:sns:eu-west-1:{OTHER}:topic"}}, {OTHER}),
        ({"ArnEquals": {"aws:SourceArn": "arn:aws:s3:::other-data"}}, {"arn:aws:s3:::other-data"}),
        ({"StringEquals": {"aws:SourceVpc": "vpc-91237329"}}, {"vpc-91237329"}),
        ({"StringEqualsIgnoreCase": {"aws:SourceVpce": ["vpce-1", "vpce-2"]}}, {"vpce-1", "vpce-2"}),
        ({"StringLike": {"aws:userid": "AROAEXAMPLEEXAMPLE:*"}}, {"AROAEXAMPLEEXAMPLE"}),
        ({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, {"203.0.113.0/24"}),
        ({"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "2001:db8::/32"]}}, {"10.0.0.0/8", "2001:db8::/32"}),
        ({"Bool": {"aws:SecureTransport": "true"}, "StringEquals": {"aws:SourceVpc": "vpc-1"}}, {"vpc-1"}),
    ],
    ids=in_words,
)
def test_a_condition_on_fixed_values_restricts_a_statement(condition, expected):
    assert grantees_of(allow(condition=condition)) == expected


@pytest.mark.parametrize(
    "condition",
    [
        {},
        {"Bool": {"aws:SecureTransport": "true"}},
        {"StringLike": {"aws:Referer": "https://example.com/*"}},
        {"StringEquals": {"aws:PrincipalTag/team": "hr"}},
        {"StringLike": {"aws:SourceVpc": "vpc-*"}},
        {"StringEquals": {"aws:SourceVpc": ["vpc-1", "*"]}},
        {"StringEquals": {"aws:SourceVpc": []}},
        {"StringEquals": {"aws:SourceVpc": "${aws:SourceVpc}"}},
        {"StringLike": {"aws:PrincipalOrgID": "*"}},
        {"StringLike": {"aws:PrincipalOrgPaths": "*/r-ab12/*"}},
        {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/app"}},
        {"StringLike": {"aws:userid": "*:alice"}},
        {"StringEqualsIfExists": {"aws:SourceVpce": "vpce-1"}},
        {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}},
        {"ForAllValues:StringEquals": {"aws:PrincipalOrgPaths": "o-a1b2c3/r-ab12/"}},
        {"Null": {"aws:SourceVpce": "false"}},
        {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
        {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}},
        {"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "128.0.0.0/7"]}},
        {"IpAddress": {"aws:SourceIp": ["128.0.0.0/8", "129.0.0.0/8"]}},
        {"IpAddress": {"aws:SourceIp": "2001::/16"}},
        {"IpAddress": {"aws:SourceIp": "anywhere"}},
        {"IpAddress": {"aws:SourceIp": []}},
        {"StringEquals": "aws:SourceVpc"},
        "aws:SourceVpc",
    ],
    ids=in_words,
)
def test_any_other_condition_leaves_a_statement_public(condition):
    assert grantees_of(allow(condition=condition)) == ALL


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ({"StringEquals": {**OWN_ORGANIZATION, "aws:PrincipalAccount": OWNER}}, NOBODY),
        ({"StringEquals": {**OWN_ORGANIZATION, "aws:PrincipalAccount": OTHER}}, {OTHER}),
        ({"StringEquals": OWN_ORGANIZATION, "ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{OWNER}:role/*"}},
         NOBODY),
        ({"StringLike": {"aws:PrincipalArn": f"arn:aws:iam:*:{OWNER}:role/*"}}, ALL),
        ({"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam:*:{OWNER}:role/*"}}, NOBODY),
        ({"StringEquals": OWN_ORGANIZATION, "IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}, {"o-a1b2c3"}),
        ({"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}, "StringEquals": {"aws:VpceAccount": OTHER}},
         {f"VPC endpoints of account {OTHER}"}),
    ],
    ids=["the own account", "another account", "own roles", "a star that colons match",
         "a star that they do not", "a network", "somebody's endpoints"],
)  # fmt: skip
def test_conditions_hold_together(condition, told):
    assert grantees_of(allow(condition=condition), owner=OWNER) == told


@pytest.mark.parametrize(
    ("way", "told"),
    [(Way.DIRECTLY, NOBODY), (Way.BY_ACCESS_POINT, ALL), (Way.AT_ACCESS_POINT, ALL)],
    ids=["to the bucket", "by an access point", "in its own policy"],
)
def test_a_condition_on_own_access_points_confines_who_does_not_come_through_one(way, told):
    condition = {"StringLike": {"s3:DataAccessPointArn": f"arn:aws:s3:eu-west-1:{OWNER}:accesspoint/*"}}

    assert grantees_of(allow(condition=condition), owner=OWNER, way=way) == told


OWN_KEY = {"s3:x-amz-server-side-encryption-aws-kms-key-id": f"arn:aws:kms:eu-west-1:{OWNER}:key/1234abcd"}
THEIR_POINT = {"s3:DataAccessPointAccount": "777788889999"}


@pytest.mark.parametrize("condition", [OWN_KEY, THEIR_POINT], ids=["a KMS key", "an access point"])
def test_the_owner_of_what_a_caller_uses_is_not_the_caller(condition):
    share = allow({"AWS": OTHER}, Action="s3:PutObject")
    denial = deny(Condition={"StringNotEquals": condition})

    assert grantees_of(share | {"Condition": {"StringEquals": condition}}, owner=OWNER) == {OTHER}
    assert grantees_of(share, denial, owner=OWNER) == {OTHER}


def test_networks_of_several_statements_are_public_together():
    odd, even = ([f"{number}.0.0.0/8" for number in range(start, 256, 2)] for start in (1, 0))
    statements = [allow(condition={"IpAddress": {"aws:SourceIp": ranges}}) for ranges in (odd, even)]

    assert EVERYBODY not in grantees_of(statements[0])
    assert EVERYBODY in grantees_of(*statements)


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEqualsIgnoreCase": {"aws:PrincipalAccount": "Anonymous"}},
        {"StringEquals": {"aws:userid": "anonymous"}},
    ],
    ids=["account", "user id"],
)
def test_the_word_for_anonymous_requests_confines_nobody(condition):
    assert grantees_of(allow(condition=condition)) == ALL


def test_free_text_in_a_user_id_is_said_to_be_one():
    condition = {"StringEquals": {"aws:userid": "nobody outside the account"}}

    assert grantees_of(allow(condition=condition)) == {'user id "nobody outside the account"'}

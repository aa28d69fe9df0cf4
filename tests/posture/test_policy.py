from __future__ import annotations

import json
import time
import timeit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch.posture.policy import EVERYBODY, find_grantees

from tests.support.cloudtrail import OTHER, OWNER

ALL = frozenset({EVERYBODY})
NOBODY: frozenset[str] = frozenset()


def in_words(value):
    """An id that is the same in every process: sets have no order of their own."""
    return str(sorted(value)) if isinstance(value, set | frozenset) else str(value)


def allow(principal="*", condition=None, **changes):
    statement = {
        "Effect": "Allow",
        "Principal": principal,
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::hr-data/*",
    }
    return statement | ({"Condition": condition} if condition is not None else {}) | changes


def deny(**changes):
    return allow() | {"Effect": "Deny", "Action": "s3:*"} | changes


def grantees_of(*statements):
    return find_grantees({"Version": "2012-10-17", "Statement": list(statements)})


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        ("*", ALL),
        ({"AWS": "*"}, ALL),
        ({"AWS": ["*"]}, ALL),
        ({"AWS": [f"arn:aws:iam::{OTHER}:root", "*"]}, ALL | {OTHER}),
        ({"AWS": OTHER}, {OTHER}),
        ({"AWS": int(OTHER)}, {OTHER}),
        ({"AWS": [OTHER, "777788889999"]}, {OTHER, "777788889999"}),
        ({"AWS": f"arn:aws:iam::{OTHER}:root"}, {OTHER}),
        ({"AWS": f"arn:aws-cn:iam::{OTHER}:role/backup"}, {OTHER}),
        ({"AWS": f"arn:aws:sts::{OTHER}:assumed-role/backup/nightly"}, {OTHER}),
        ({"AWS": "arn:aws:iam::*:root"}, ALL),
        ({"AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"}, {"cloudfront"}),
        ({"CanonicalUser": "79a59df900b949e5"}, {"79a59df900b949e5"}),
        ({"Service": "cloudtrail.amazonaws.com"}, NOBODY),
        ({"Service": "*"}, ALL),
        ({"Federated": "graph.facebook.com"}, ALL),
        ({"Federated": f"arn:aws:iam::{OTHER}:saml-provider/corp"}, {OTHER}),
        ({}, NOBODY),
        (None, NOBODY),
    ],
    ids=in_words,
)
def test_a_principal_is_a_grantee(principal, expected):
    assert grantees_of(allow(principal)) == expected


def test_not_principal_counts_as_everybody():
    statement = allow(NotPrincipal={"AWS": OTHER})
    del statement["Principal"]
    assert grantees_of(statement) == ALL


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
        ({"ArnEquals": {"aws:SourceArn": "arn:aws:s3:::other-data"}}, NOBODY),
        ({"StringEquals": {"aws:SourceVpc": "vpc-91237329"}}, NOBODY),
        ({"StringEqualsIgnoreCase": {"aws:SourceVpce": ["vpce-1", "vpce-2"]}}, NOBODY),
        ({"StringLike": {"aws:userid": "AROAEXAMPLEEXAMPLE:*"}}, NOBODY),
        ({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, NOBODY),
        ({"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "2001:db8::/32"]}}, NOBODY),
        ({"Bool": {"aws:SecureTransport": "true"}, "StringEquals": {"aws:SourceVpc": "vpc-1"}}, NOBODY),
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


def test_a_condition_does_not_widen_a_fixed_principal():
    assert grantees_of(allow({"AWS": OTHER}, {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3"}})) == {OTHER}


def test_every_statement_counts():
    assert grantees_of(
        allow({"AWS": OTHER}), allow(condition={"StringEquals": {"aws:SourceVpc": "vpc-1"}})
    ) == {OTHER}


@pytest.mark.parametrize(
    "denial",
    [
        deny(),
        deny(Action="*", Resource="*"),
        deny(Principal={"AWS": "*"}),
        deny(Action=["s3:PutObject", "s3:Get*"], Resource=["arn:aws:s3:::hr-data/*"]),
        deny(Action="S3:getobject"),
    ],
    ids=["all of S3", "all of AWS", "everybody of AWS", "one of many", "other case"],
)
def test_a_deny_of_all_that_a_statement_allows_cancels_it(denial):
    assert grantees_of(allow(), denial) == NOBODY


@pytest.mark.parametrize(
    "denial",
    [
        deny(Action="s3:PutObject"),
        deny(Action="s3:GetObjec?Acl"),
        deny(Resource="arn:aws:s3:::hr-data/public/*"),
        deny(Resource="arn:aws:s3:::hr-data/?"),
        deny(Principal={"AWS": OTHER}),
        deny(Principal={"Federated": "graph.facebook.com"}),
        deny(Condition={"Bool": {"aws:SecureTransport": "false"}}),
        {**deny(), "NotAction": "s3:PutObject"},
        deny(Action=[]),
    ],
    ids=[
        "another action",
        "narrower action",
        "narrower resource",
        "one character",
        "somebody",
        "somebody of a provider",
        "a condition",
        "all but",
        "none",
    ],
)
def test_any_other_deny_cancels_nothing(denial):
    assert grantees_of(allow(), denial) == ALL


@pytest.mark.parametrize(
    "policy",
    [{}, {"Statement": []}, {"Statement": ["*"]}, {"Statement": None}, {"Statement": deny()}, [], "*", None],
    ids=in_words,
)
def test_a_policy_that_allows_nothing_has_no_grantees(policy):
    assert find_grantees(policy) == NOBODY


def test_a_single_statement_need_not_be_in_a_list():
    assert find_grantees({"Statement": allow()}) == ALL


KEYS = st.sampled_from(
    ["aws:SourceIp", "aws:PrincipalOrgID", "aws:SourceVpce", "aws:Referer", "aws:PrincipalArn"]
)
OPERATORS = st.sampled_from(["StringEquals", "StringLike", "IpAddress", "Bool", "StringNotEquals", "ArnLike"])
VALUES = st.sampled_from(
    ["*", "o-a1b2c3", "vpce-1", "203.0.113.0/24", "0.0.0.0/0", f"arn:aws:iam::{OTHER}:root"]
)
CONDITIONS = st.none() | st.dictionaries(
    OPERATORS, st.dictionaries(KEYS, VALUES | st.lists(VALUES, max_size=3), max_size=2), max_size=2
)
PRINCIPALS = st.sampled_from(["*", {"AWS": "*"}, {"AWS": OTHER}, {"Service": "s3.amazonaws.com"}, None])
ALLOWS = st.builds(allow, PRINCIPALS, CONDITIONS)
STATEMENTS = st.lists(ALLOWS | st.builds(deny), max_size=4)


@given(STATEMENTS, ALLOWS)
def test_adding_an_allow_never_removes_a_grantee(statements, further):
    assert grantees_of(*statements) <= grantees_of(*statements, further)


@given(STATEMENTS)
def test_adding_a_deny_never_adds_a_grantee(statements):
    assert grantees_of(*statements, deny()) <= grantees_of(*statements)


@given(STATEMENTS, st.randoms())
def test_the_order_of_statements_does_not_matter(statements, random):
    shuffled = random.sample(statements, len(statements))
    assert grantees_of(*shuffled) == grantees_of(*statements)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | VALUES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["Effect", "Principal", "AWS", "Condition", "Action", "StringLike"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_document_can_be_evaluated(statement):
    assert isinstance(find_grantees({"Statement": statement}), frozenset)


def seconds(*statements):
    """The fastest CPU time of three, so that other load on the machine does not count."""
    return min(timeit.repeat(lambda: grantees_of(*statements), number=1, repeat=3, timer=time.process_time))


def count_to_100_000():
    for _ in range(100_000):
        pass


def effort(*statements):
    """The time of a policy in times of counting to 100,000: that took 1.5 ms where 50 ms were the bound."""
    counting = min(timeit.repeat(count_to_100_000, number=1, repeat=3, timer=time.process_time))
    return seconds(*statements) / counting


ADVERSARIES = {
    "many stars": [allow(Resource="a" * 1900), deny(Resource="*a" * 900 + "*b")],
    "many question marks": [allow(Resource="a" * 1900), deny(Resource="*?a" * 600 + "*b")],
    "many actions": [allow(Action=["a"] * 400), deny(Action=["*b"] * 400)],
    "many statements": [
        *[{"Effect": "Allow", "Principal": "*", "Action": "a", "Resource": "a"}] * 30,
        *[{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*a*b"}] * 30,
    ],
}


@pytest.mark.parametrize("statements", ADVERSARIES.values(), ids=ADVERSARIES)
def test_no_policy_of_4_kb_takes_long_to_evaluate(statements):
    assert 3500 < len(json.dumps(statements)) < 5200
    assert grantees_of(*statements) == ALL
    assert effort(*statements) < 33


PIECES = st.text("ab*?/\\", max_size=4)


@given(PIECES, st.integers(1, 400), PIECES)
def test_a_deny_with_any_pattern_is_evaluated_quickly(piece, times, end):
    assert effort(allow(Resource="ab/" * 700), deny(Resource=piece * times + end)) < 33


def test_denies_too_many_to_compare_cancel_nothing():
    names = [f"s3:Get{number}" for number in range(101)]

    assert grantees_of(allow(Action=names[:1]), deny(Action=names)) == NOBODY
    assert grantees_of(allow(Action=names), deny(Action=names)) == ALL


def test_a_backslash_in_a_policy_is_an_ordinary_character():
    assert grantees_of(allow(Resource="a*"), deny(Resource="a\\*")) == ALL

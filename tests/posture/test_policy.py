from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.cloudtrail import OTHER
from tests.support.policies import ALL, NOBODY, allow, deny, find_grantees, grantees_of, in_words


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
        (
            {"AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"},
            {"CloudFront Origin Access Identity E1"},
        ),
        ({"AWS": "AROADBQP57FF2AEXAMPLE"}, NOBODY),
        ({"CanonicalUser": "79a59df900b949e5"}, {"79a59df900b949e5"}),
        ({"Service": "cloudtrail.amazonaws.com"}, {"cloudtrail.amazonaws.com"}),
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


def test_a_condition_does_not_widen_a_fixed_principal():
    assert grantees_of(allow({"AWS": OTHER}, {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3"}})) == {OTHER}


def test_every_statement_counts():
    assert grantees_of(
        allow({"AWS": OTHER}), allow(condition={"StringEquals": {"aws:SourceVpc": "vpc-1"}})
    ) == {OTHER, "vpc-1"}


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

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch.posture.statements.coverage import find_uncovered
from s3watch.posture.statements.statement import Condition, Names, Statement, read_statements
from s3watch.posture.statements.wording import describe

DENIAL = {
    "Sid": "DenyInsecure", "Effect": "Deny", "Principal": "*", "Action": ["s3:PutObject", "s3:GetObject"],
    "Resource": "arn:aws:s3:::hr-data/*", "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}  # fmt: skip


def read(*statements: Any) -> tuple[Statement, ...]:
    return read_statements({"Version": "2012-10-17", "Statement": list(statements)})


def test_a_deny_statement_is_read_with_its_lists_sorted():
    assert read(DENIAL, DENIAL | {"Effect": "Allow"}) == (
        Statement(
            Names(("aws:*",)),
            Names(("s3:GetObject", "s3:PutObject")),
            Names(("arn:aws:s3:::hr-data/*",)),
            (Condition("bool", "aws:SecureTransport", ("false",)),),
            "DenyInsecure",
        ),
    )


def test_what_a_statement_means_has_no_name_and_no_case():
    (one,) = read(DENIAL)
    (other,) = read(DENIAL | {"Sid": "Tls", "Action": ["S3:getobject", "s3:putobject"]})

    assert one != other
    assert one.meaning == other.meaning


def test_a_statement_that_is_there_twice_is_read_once():
    assert len(read(DENIAL, DENIAL | {"Sid": "Again"})) == 1


@pytest.mark.parametrize(
    ("operator", "condition"),
    [
        pytest.param("StringEquals", Condition("stringlike", "k", ("v",)), id="equal"),
        pytest.param("ArnEquals", Condition("arnlike", "k", ("v",)), id="ARN"),
        pytest.param(
            "StringNotEquals", Condition("stringnotlike", "k", ("v",), without_key=True), id="negated"
        ),
        pytest.param(
            "NumericLessThanIfExists", Condition("numericlessthan", "k", ("v",), without_key=True),
            id="if exists",
        ),
        pytest.param(
            "ForAnyValue:StringNotLike", Condition("stringnotlike", "k", ("v",), "foranyvalue"),
            id="any value",
        ),
        pytest.param(
            "ForAllValues:StringLike", Condition("stringlike", "k", ("v",), "forallvalues", True),
            id="all values",
        ),
    ],
)  # fmt: skip
def test_a_condition_says_whether_it_holds_without_its_key(operator, condition):
    (statement,) = read(DENIAL | {"Condition": {operator: {"k": "v"}}})

    assert statement.conditions == (condition,)


odd = st.recursive(
    st.none() | st.booleans() | st.text(max_size=8) | st.sampled_from(["Deny", "*", "\ud800", "nan", "::/0"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
ELEMENTS = [
    "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource",
    "Condition",
]  # fmt: skip
CONDITIONS = st.dictionaries(
    st.sampled_from(["Null", "IpAddress", "NumericLessThan", "ArnNotLike", "?"]),
    st.dictionaries(st.sampled_from(["aws:SourceIp", "\ud800"]), odd, max_size=2),
    max_size=2,
)
policies = st.lists(
    st.dictionaries(st.sampled_from(ELEMENTS), odd | CONDITIONS, max_size=9).map(
        lambda each: {"Effect": "Deny"} | each
    ),
    max_size=3,
)


@given(policies | odd, policies | odd)
def test_statements_of_any_shape_are_read_compared_described_and_kept(before, now):
    one, other = read_statements({"Statement": before}), read_statements({"Statement": now})

    assert find_uncovered(one, one) == []
    assert {describe(each) for each in find_uncovered(one, other)} <= {describe(each) for each in one}
    assert msgspec.json.decode(msgspec.json.encode(one), type=tuple[Statement, ...]) == one


def test_a_condition_that_is_nested_without_end_is_read():
    nested = json.loads('{"a":' * 900 + "1" + "}" * 900)

    assert len(read(DENIAL | {"Condition": nested})) == 1

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch.posture.permissions import VERBS
from s3watch.posture.policy import find_grants, find_unresolved
from s3watch.posture.statements.narrowing import widen

from tests.support.cloudtrail import OTHER, OWNER
from tests.support.effort import effort_of
from tests.support.policies import ALL, NOBODY, allow, deny, grantees_of

OWN_ORGANIZATION = {"aws:PrincipalOrgID": "o-a1b2c3"}


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
        deny(Action=[], NotAction="s3:GetObject"),
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


def deny_unless(**condition):
    return deny(Resource="*", Condition=condition)


@pytest.mark.parametrize(
    ("denial", "left"),
    [
        (deny_unless(NotIpAddress={"aws:SourceIp": "192.0.2.0/24"}), {"192.0.2.0/24"}),
        (deny_unless(StringNotEquals=OWN_ORGANIZATION), {"o-a1b2c3"}),
        (deny_unless(StringNotEqualsIfExists=OWN_ORGANIZATION), {"o-a1b2c3"}),
        (deny_unless(StringNotEquals={"aws:PrincipalAccount": OWNER}), NOBODY),
        (deny_unless(ArnNotLike={"aws:PrincipalArn": f"arn:aws:iam::{OTHER}:role/*"}), {OTHER}),
        (
            deny_unless(
                StringNotEquals={"aws:SourceVpce": "vpce-1"}, NotIpAddress={"aws:SourceIp": "192.0.2.0/24"}
            ),
            {"192.0.2.0/24", "vpce-1"},
        ),
        (
            deny_unless(
                StringNotEqualsIfExists=OWN_ORGANIZATION,
                BoolIfExists={"aws:PrincipalIsAWSService": "false"},
            ),
            {"any AWS service", "o-a1b2c3"},
        ),
        (deny(NotPrincipal={"AWS": f"arn:aws:iam::{OTHER}:role/app"}), {OTHER}),
        (deny_unless(StringNotEquals=OWN_ORGANIZATION, Bool={"aws:PrincipalIsAWSService": "false"}), ALL),
        (deny_unless(StringNotEquals=OWN_ORGANIZATION, BoolIfExists={"aws:ViaAWSService": "false"}), ALL),
        (deny_unless(Null={"aws:PrincipalOrgID": "true"}), ALL),
        (deny_unless(**{"ForAnyValue:StringNotEquals": OWN_ORGANIZATION}), ALL),
        (deny_unless(NotIpAddress={"aws:SourceIp": "0.0.0.0/0"}), ALL),
        (deny_unless(StringEquals=OWN_ORGANIZATION), ALL),
        ({**deny(), "Condition": "aws:SourceVpc"}, ALL),
        ({**deny(), "Resource": None, "NotResource": "arn:aws:s3:::hr-data/public/*"}, ALL),
    ],
    ids=[
        "a network", "an organization", "an organization if any", "the own account", "another account",
        "a network or an endpoint", "a perimeter", "all but one", "a perimeter open to anonymous requests",
        "a perimeter open by way of services", "any organization", "any value", "every network",
        "the organization denied", "no condition", "all but some objects",
    ],
)  # fmt: skip
def test_a_deny_with_conditions_leaves_those_for_whom_they_do_not_hold(denial, left):
    statement = {
        name: value
        for name, value in denial.items()
        if not (name == "Principal" and "NotPrincipal" in denial)
    }
    assert grantees_of(allow(), statement, owner=OWNER) == left


def test_a_deny_of_one_action_leaves_the_others_of_a_statement():
    denial = deny_unless(StringNotEquals=OWN_ORGANIZATION) | {"Action": "s3:Put*"}
    grants = find_grants({"Statement": [allow(Action=["s3:GetObject", "s3:PutObject"]), denial]})

    assert [(grant.verb, grant.grantees) for grant in grants] == [("read", ["*"]), ("write", ["o-a1b2c3"])]


def test_a_deny_of_a_whole_account_takes_it_out():
    named = allow({"AWS": [OTHER, "777788889999"]})

    assert grantees_of(named, deny(Principal={"AWS": f"arn:aws:iam::{OTHER}:root"})) == {"777788889999"}
    assert grantees_of(named, deny(Principal={"AWS": f"arn:aws:iam::{OTHER}:role/app"})) == {
        OTHER, "777788889999"
    }  # fmt: skip


def effort(*statements):
    """The time of a policy in times of counting to 100,000: that took 1.5 ms where 50 ms were the bound."""
    return effort_of(lambda: grantees_of(*statements))


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


@pytest.mark.parametrize(
    ("allowed", "denial"),
    [
        (
            allow(Resource="arn:aws:s3:::b/${aws:PrincipalTag/none, 'payroll'}/*"),
            deny(Resource="arn:aws:s3:::b/$*"),
        ),
        (
            allow(Resource="arn:aws:s3:::b/${aws:PrincipalTag/none, 'payroll'}/*"),
            {**deny(), "Resource": None, "NotResource": "arn:aws:s3:::b/payroll/*"},
        ),
        (allow(Action="s3:*"), deny(Action=[action for actions in VERBS.values() for action in actions])),
        (allow(Action=["s3:GetObject", "s3:PutLifecycleConfiguration"]), deny(Action="s3:GetObject")),
        (
            allow(Action="s3:PutLifecycleConfiguratio?"),
            {**deny(), "Action": None, "NotAction": "s3:PutLifecycleConfiguration"},
        ),
    ],
    ids=["a variable", "a variable elsewhere", "all verbs denied", "the only verb denied", "one character"],
)
def test_a_deny_that_does_not_reach_as_far_hides_nothing(allowed, denial):
    assert grantees_of(allowed, denial) == ALL


@pytest.mark.parametrize(
    "principal", ["*", {"Service": "cloudfront.amazonaws.com"}], ids=["everybody", "a service"]
)
def test_a_deny_of_an_account_does_not_take_out_the_services_that_act_for_it(principal):
    acting = allow(principal, {"StringEquals": {"aws:SourceAccount": OTHER}})

    assert grantees_of(acting, deny(Principal={"AWS": OTHER})) == {OTHER}


def test_an_id_that_a_deny_leaves_out_is_one_that_s3_may_resolve():
    denial = deny(NotPrincipal={"AWS": "AROADBQP57FF2AEXAMPLE"})
    del denial["Principal"]

    assert find_unresolved({"Statement": [allow(), denial]}) == {"AROADBQP57FF2AEXAMPLE"}
    assert grantees_of(allow(), denial) == NOBODY


@pytest.mark.parametrize(
    ("text", "widened"),
    [
        ("b/${aws:username}/${aws:userid}", "b/*/*"),
        ("b/${aws:PrincipalTag/team, '$none'}", "b/*"),
        ("b/${$}{x}", "b/*{x}"),
        ("b/$${aws:userid}", "b/$*"),
        ("b/${aws:username", "b/${aws:username"),
    ],
    ids=["two", "a default value", "a literal dollar", "after a dollar", "unfinished"],
)
def test_anything_may_stand_for_a_variable(text, widened):
    assert widen(text) == widened

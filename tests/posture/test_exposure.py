from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from s3watch.posture import exposure
from s3watch.posture.bucket_state import BLOCK_ALL, ENFORCED, AccessPoint, Block, ReplicationDestination
from s3watch.posture.digest import summarize
from s3watch.posture.exposure import evaluate
from s3watch.posture.grants import Grant, Posture, describe
from s3watch.posture.review import compare
from s3watch.posture.review_rules import OPENED

from tests.support.bucket_states import (
    ANY_ACCOUNT,
    EVERYONE,
    OTHER,
    OWNER,
    OWNER_ID,
    allow,
    make_acl,
    make_policy,
    make_state,
    shown,
    where,
)

RESTRICTED = Block(restrict_public_buckets=True)
LOG_DELIVERY = "http://acs.amazonaws.com/groups/s3/LogDelivery"
IGNORED = Block(ignore_public_acls=True)


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        pytest.param(allow(), ["everyone may read (bucket policy)"], id="a star"),
        pytest.param(allow({"AWS": "*"}), ["everyone may read (bucket policy)"], id="a star of AWS"),
        pytest.param(allow({"AWS": [OTHER, "*"]}, "s3:ListBucket"),
                     ["everyone may list (bucket policy)", f"account {OTHER} may list (bucket policy)"],
                     id="a star in a list"),
        pytest.param(allow(NotPrincipal={"AWS": f"arn:aws:iam::{OTHER}:root"}),
                     ["everyone may read (bucket policy)"], id="all but one"),
        pytest.param(allow({"AWS": f"arn:aws:iam::{OTHER}:role/partner"}, ["s3:GetObject", "s3:PutObject"]),
                     [f"account {OTHER} may read and write (bucket policy)"], id="another account's role"),
        pytest.param(allow({"AWS": f"arn:aws:iam::{OWNER}:role/app"}), [], id="the owner's role"),
        pytest.param(allow({"AWS": OWNER}), [], id="the owner's account"),
        pytest.param(allow({"Service": "logging.s3.amazonaws.com"}),
                     ["logging.s3.amazonaws.com on behalf of anyone may read (bucket policy)"],
                     id="a service"),
        pytest.param(allow({"Service": "cloudfront.amazonaws.com"},
                           Condition={"StringEquals": {"aws:SourceAccount": OTHER}}),
                     [f"account {OTHER} may read (bucket policy, through cloudfront.amazonaws.com)"],
                     id="a service that acts for another account"),
        pytest.param(where("StringLike", "aws:userid", "AROADBQP57FF2AEXAMPLE:*"),
                     ["principal AROADBQP57FF2AEXAMPLE of unknown account may read (bucket policy)"],
                     id="somebody by an id"),
        pytest.param(allow({"AWS": "AROADBQP57FF2AEXAMPLE"}), [], id="a principal that S3 does not resolve"),
        pytest.param(allow({"CanonicalUser": "2" * 64}),
                     [f"canonical user {'2' * 64} may read (bucket policy)"], id="a canonical user"),
        pytest.param(where("StringEquals", "aws:PrincipalOrgID", "o-a1b2c3d4e5"),
                     ["organization o-a1b2c3d4e5 may read (bucket policy)"], id="an organization"),
        pytest.param(where("StringLike", "aws:PrincipalOrgID", "o-*"), ["everyone may read (bucket policy)"],
                     id="any organization"),
        pytest.param(where("IpAddress", "aws:SourceIp", "203.0.113.0/24"),
                     ["anyone from 203.0.113.0/24 may read (bucket policy)"], id="a network"),
        pytest.param(where("IpAddress", "aws:SourceIp", "0.0.0.0/0"), ["everyone may read (bucket policy)"],
                     id="every network"),
        pytest.param(where("NotIpAddress", "aws:SourceIp", "203.0.113.0/24"),
                     ["everyone may read (bucket policy)"], id="every network but one"),
        pytest.param(where("StringEquals", "aws:SourceVpce", "vpce-0a1b2c3d"),
                     ["anyone from vpce-0a1b2c3d may read (bucket policy)"], id="a VPC endpoint"),
        pytest.param(where("StringEquals", "aws:SourceVpc", "vpc-0a1b2c3d"),
                     ["anyone from vpc-0a1b2c3d may read (bucket policy)"], id="a VPC"),
        pytest.param(where("Bool", "aws:SecureTransport", "true"), ["everyone may read (bucket policy)"],
                     id="by TLS only"),
        pytest.param(where("StringEquals", "aws:PrincipalAccount", OWNER), [], id="the owner's own account"),
        pytest.param(where("StringEquals", "s3:DataAccessPointAccount", OWNER), [], id="own access points"),
    ],
)  # fmt: skip
def test_a_policy_grants_access(statement, words):
    assert shown(make_state(statement)) == words


def test_a_deny_for_everybody_cancels_the_grants_it_covers():
    assert shown(make_state(allow(), allow(Effect="Deny", Action="s3:*"))) == []


@pytest.mark.parametrize(
    ("acl", "changes", "words"),
    [
        pytest.param((EVERYONE, "READ"), {}, ["everyone may list (ACL)"], id="all users"),
        pytest.param((ANY_ACCOUNT, "WRITE"), {}, ["everyone may write and delete (ACL)"], id="any account"),
        pytest.param((LOG_DELIVERY, "WRITE"), {}, [], id="log delivery"),
        pytest.param((OWNER_ID, "READ"), {}, [], id="the owner"),
        pytest.param(("2" * 64, "READ"), {}, [f"canonical user {'2' * 64} may list (ACL)"],
                     id="another canonical user"),
        pytest.param((EVERYONE, "READ"), {"block": IGNORED}, ["everyone may list (ACL, void)"],
                     id="all users, ignored by the bucket"),
        pytest.param((EVERYONE, "READ"), {"account_block": IGNORED}, ["everyone may list (ACL, void)"],
                     id="all users, ignored by the account"),
        pytest.param((EVERYONE, "READ"), {"block": Block(block_public_acls=True)},
                     ["everyone may list (ACL)"], id="all users, made before they were blocked"),
        pytest.param((EVERYONE, "READ"), {"ownership": ENFORCED}, ["everyone may list (ACL, void)"],
                     id="all users, while ACLs are disabled"),
        pytest.param(("2" * 64, "READ"), {"block": IGNORED}, [f"canonical user {'2' * 64} may list (ACL)"],
                     id="another canonical user, who is not public"),
    ],
)  # fmt: skip
def test_an_acl_grants_access(acl, changes, words):
    assert shown(make_state(acl=make_acl(acl), **changes)) == words


def test_a_restricted_public_bucket_blocks_other_accounts_too():
    state = make_state(allow(["*", OTHER]), allow({"AWS": OTHER}), block=RESTRICTED, policy_public=True)

    assert shown(state) == [
        "everyone may read (bucket policy, void)",
        f"account {OTHER} may read (bucket policy, void)",
    ]


def test_a_bucket_that_is_not_public_is_not_restricted():
    assert shown(make_state(allow({"AWS": OTHER}), block=BLOCK_ALL)) == [
        f"account {OTHER} may read (bucket policy)"
    ]


def test_a_policy_that_aws_calls_public_is_public():
    state = make_state(allow({"AWS": OTHER}), policy_public=True)

    assert shown(state) == [
        "everyone may reach objects (bucket policy, which AWS calls public)",
        f"account {OTHER} may read (bucket policy)",
    ]


def test_a_deny_that_leaves_some_makes_a_bucket_shared_whatever_aws_calls_it():
    denial = allow(Effect="Deny", Action="s3:*", Condition={"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}})

    for public in (True, False, None):
        assert shown(make_state(allow(), denial, policy_public=public)) == [
            "anyone from 192.0.2.0/24 may read (bucket policy)"
        ]


def test_a_policy_that_aws_calls_public_and_a_deny_closes_is_told_as_less():
    state = make_state(allow(), allow(Effect="Deny", Action="s3:*"), policy_public=True)

    assert shown(state) == ["whoever AWS's policy status means may reach objects (bucket policy)"]
    assert not evaluate(state).public


def test_a_grant_on_more_objects_than_before_is_another_grant():
    some, all_ = (make_state(allow(Resource=f"arn:aws:s3:::hr-data/{key}")) for key in ("website/*", "*"))

    assert shown(some) == ["everyone may read (bucket policy, website/*)"]
    assert compare(summarize(evaluate(some)), evaluate(all_)).rule is OPENED


def test_a_restricted_public_bucket_does_not_block_services():
    state = make_state(allow(), allow({"Service": "cloudfront.amazonaws.com"}), block=RESTRICTED)

    assert shown(state) == [
        "cloudfront.amazonaws.com on behalf of anyone may read (bucket policy)",
        "everyone may read (bucket policy, void)",
    ]


def test_the_bucket_as_the_source_of_a_call_and_the_owners_canonical_id_are_nobody_outside():
    source = {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::hr-data"}}
    state = make_state(
        allow({"CanonicalUser": OWNER_ID}), allow({"Service": "s3.amazonaws.com"}, Condition=source)
    )

    assert shown(state) == []


@pytest.mark.parametrize(
    ("copies", "words"),
    [
        pytest.param(ReplicationDestination("backup", own=True), [], id="one of its own"),
        pytest.param(
            ReplicationDestination("theirs", OWNER),
            ["s3://theirs may receive copies (replication)"],
            id="said to be of the same account",
        ),
        pytest.param(
            ReplicationDestination("theirs", OTHER),
            [f"s3://theirs of account {OTHER} may receive copies (replication)"],
            id="of another account",
        ),
        pytest.param(ReplicationDestination("somewhere"), ["s3://somewhere may receive copies (replication)"],
                     id="of an account that the rule does not name"),
    ],
)  # fmt: skip
def test_replication_sends_copies_to_another_account(copies, words):
    assert shown(make_state(replicates_to=(copies,))) == words


def test_settings_that_can_not_be_read_are_listed():
    assert evaluate(make_state(unread=("ACL",))).unread == ("ACL",)


@pytest.mark.parametrize("text", ["{", "[" * 20_000], ids=["cut off", "too deep"])
def test_a_policy_that_is_not_json_counts_as_not_read(text):
    assert evaluate(make_state(policy=text)) == Posture(unread=("bucket policy",))


def test_a_number_without_end_does_not_hide_what_a_policy_grants():
    policy = make_policy(allow({"AWS": OTHER})).replace("{", f'{{"Id": {"1" * 5000}, ', 1)

    assert shown(make_state(policy=policy)) == [f"account {OTHER} may read (bucket policy)"]


def test_principals_that_s3_does_not_resolve_are_listed():
    state = make_state(allow({"AWS": ["AROADBQP57FF2AEXAMPLE", OWNER]}))

    assert evaluate(state).unresolved == ("AROADBQP57FF2AEXAMPLE",)


def test_networks_and_endpoints_are_described_as_such():
    places = [Grant(who, "read", "x") for who in ("2001:db8::/32", "192.0.2.7", "vpce-0a1b", "cloudfront")]

    assert [line.partition(" may")[0] for line in describe(places)] == [
        "anyone from 192.0.2.7", "anyone from 2001:db8::/32", "principal cloudfront",
        "anyone from vpce-0a1b",
    ]  # fmt: skip


def test_grants_that_are_too_many_to_keep_are_counted_so_that_a_further_one_is_seen(monkeypatch):
    monkeypatch.setattr(exposure, "MAX_GRANTS", 3)
    names = [f"44445555{number:04d}" for number in range(7)]

    def lines(accounts):
        return describe(evaluate(make_state(allow({"AWS": accounts}))).grants)

    assert lines(names[:3]) == [f"account {name} may read (bucket policy)" for name in names[:3]]
    assert lines(names)[-1] == "further grantees, by 4 grants may do other things (all settings)"
    assert lines(names[:-1]) != lines(names)


# laws

PRINCIPALS = st.sampled_from(
    ["*", {"AWS": OTHER}, {"AWS": [OWNER, "*"]}, {"Federated": "accounts.google.com"}]
)
CONDITIONS = st.sampled_from(
    [
        {},
        {"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}},
        {"Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}},
        {"Condition": {"StringLike": {"aws:SourceVpce": "vpce-*"}}},
        {"Condition": {"StringEquals": {"s3:DataAccessPointAccount": OWNER}}},
    ]
)
ACTIONS = st.sampled_from(["s3:GetObject", "s3:*", ["s3:PutObject", "s3:ListBucket"]])
STATEMENTS = st.builds(lambda who, what, more: allow(who, what, **more), PRINCIPALS, ACTIONS, CONDITIONS)
BLOCKS = st.none() | st.builds(Block, st.booleans(), st.booleans(), st.booleans(), st.booleans())
GRANTS = st.tuples(st.sampled_from([EVERYONE, ANY_ACCOUNT, "2" * 64]), st.sampled_from(["READ", "WRITE"]))


@st.composite
def access_points(draw):
    policy = make_policy(*draw(st.lists(STATEMENTS, max_size=2)))
    return AccessPoint(
        "p", policy, vpc=draw(st.sampled_from(["", "vpc-0a1b2c3d"])), block=draw(BLOCKS) or Block()
    )


@st.composite
def states(draw):
    return make_state(
        *draw(st.lists(STATEMENTS, max_size=3)),
        policy_public=draw(st.none() | st.booleans()),
        acl=make_acl(*draw(st.lists(GRANTS, max_size=2))),
        ownership=draw(st.sampled_from(["", ENFORCED, "ObjectWriter"])),
        block=draw(BLOCKS),
        account_block=draw(BLOCKS),
        access_points=tuple(draw(st.lists(access_points(), max_size=2))),
    )


def as_aws_judges(state):
    """The same state with the policy status that AWS would return."""
    return replace(state, policy_public=evaluate(make_state(policy=state.policy)).public)


@given(states())
def test_behind_block_public_access_no_bucket_is_public(state):
    assert not evaluate(replace(as_aws_judges(state), block=BLOCK_ALL)).public


@given(states())
def test_a_private_acl_grants_nothing(state):
    private = replace(state, acl={**state.acl, "Grants": []})

    assert not [grant for grant in evaluate(private).grants if grant.granted_by == "ACL"]


@given(states())
def test_blocking_public_access_never_adds_a_grant(state):
    assert set(evaluate(replace(state, block=BLOCK_ALL)).grants) <= set(evaluate(state).grants)


@given(states())
def test_no_grant_is_both_effective_and_ineffective_and_grants_are_sorted(state):
    posture = evaluate(state)

    assert not set(posture.grants) & set(posture.ineffective)
    assert posture.grants == tuple(sorted(posture.grants))


@given(states())
def test_the_owner_is_never_a_grantee(state):
    posture = evaluate(state)

    assert OWNER not in {grant.grantee for grant in posture.grants + posture.ineffective}

from __future__ import annotations

import json

import pytest
from s3watch.facts.requested_grants import Grants, read_grants

from tests.support.cloudtrail import OTHER, OWNER

PUBLIC = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}]}
SHARED = {
    "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": [OWNER, OTHER]}, "Action": "s3:*", "Resource": "*"}
    ]
}


@pytest.mark.parametrize(
    "request_parameters",
    [
        {"bucketPolicy": PUBLIC, "policy": ""},
        {"bucketPolicy": json.dumps(PUBLIC), "policy": [""]},
        {"policy": json.dumps(PUBLIC)},
        {"PutAccessPointPolicyRequest": {"Policy": json.dumps(PUBLIC)}, "name": "reports"},
        {"x-amz-acl": "public-read"},
        {"bucketPolicy": SHARED, "x-amz-acl": "public-read"},
    ],
    ids=["object", "text", "named policy", "access point", "list", "both"],
)
def test_a_grant_to_everybody_is_public(request_parameters):
    assert read_grants(request_parameters, OWNER).public is True


def opening(*actions: str, principal: object = "*") -> dict[str, object]:
    return {
        "Statement": {"Effect": "Allow", "Principal": principal, "Action": list(actions), "Resource": "*"}
    }


@pytest.mark.parametrize(
    ("request_parameters", "may_write"),
    [
        ({"bucketPolicy": opening("s3:Put*")}, True),
        ({"bucketPolicy": opening("s3:DeleteObjectVersion")}, True),
        ({"bucketPolicy": opening("s3:PutBucketPolicy")}, True),
        ({"bucketPolicy": opening("s3:GetObject", "s3:ListBucket", "s3:GetBucketAcl")}, False),
        ({"bucketPolicy": SHARED, "x-amz-acl": "public-read"}, False),
        ({"bucketPolicy": PUBLIC, "x-amz-acl": "public-read-write"}, True),
        ({"bucketPolicy": opening("s3:PutObject", principal={"AWS": OTHER})}, False),
    ],
    ids=["write", "delete", "open", "read", "another may write", "by an ACL", "another"],
)
def test_everybody_may_write_what_they_are_let_change(request_parameters, may_write):
    assert read_grants(request_parameters, OWNER).public_write is may_write


@pytest.mark.parametrize(
    "sid",
    [r"\ud83d", "a\x00\nb", "\ud83d"],
    ids=["half a pair, escaped", "control characters", "half a pair"],
)
def test_odd_text_in_a_policy_does_not_hide_what_it_grants(sid):
    policy = json.dumps(PUBLIC).replace("{", f'{{"Sid": "{sid}", ', 1)

    assert read_grants({"bucketPolicy": policy}, OWNER).public is True


@pytest.mark.parametrize(
    "odd", ["1" * 5000, "1e999", "[" * 20_000 + "]" * 20_000], ids=["a long number", "a large one", "deep"]
)
def test_an_odd_member_of_a_policy_does_not_hide_what_it_grants(odd):
    policy = json.dumps(PUBLIC).replace("{", f'{{"Version": {odd}, ', 1)

    assert read_grants({"bucketPolicy": policy}, OWNER).public is True


def test_the_owners_own_account_is_not_a_grantee():
    assert read_grants({"bucketPolicy": SHARED}, OWNER)._replace(terms=frozenset()) == Grants(
        public=False,
        accounts=(OTHER,),
        principals=1,
        allowed=("read, list, write, delete and change permissions",),
    )


def test_accounts_are_sorted():
    request_parameters = {"bucketPolicy": SHARED, "x-amz-grant-read": 'id="79a59d"'}
    assert read_grants(request_parameters, OWNER).accounts == (OTHER, "79a59d")


@pytest.mark.parametrize(
    "request_parameters",
    [
        None,
        [],
        {"bucketName": "hr-data", "policy": ""},
        {"bucketName": "hr-data", "acl": ""},
        {"bucketPolicy": "no JSON"},
        {"bucketPolicy": {}},
        {"bucketPolicy": "[" * 100_000},
    ],
    ids=["null", "list", "policy read", "list read", "no JSON", "empty", "too deep"],
)
def test_a_request_that_sets_no_permissions_has_no_grants(request_parameters):
    assert read_grants(request_parameters, OWNER) is None


def test_a_private_acl_is_known_not_to_be_public():
    assert read_grants({"x-amz-acl": "private"}, OWNER) == Grants(public=False, accounts=())


def test_what_policies_allow_is_said_with_the_objects():
    policy = {
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": OTHER}, "Action": actions, "Resource": resource}
            for actions, resource in (
                (["s3:GetObject", "s3:DeleteObject"], "arn:aws:s3:::hr-data/*"),
                ("s3:PutObject", "arn:aws:s3:::hr-data/in/*"),
            )
        ]
    }

    assert read_grants({"policy": policy}, OWNER).allowed == ("read and delete", "write (in/*)")


def test_every_verb_is_among_the_first_of_what_is_allowed_however_many_places_are_named():
    names = [f"0{number:02}*" for number in range(60)]
    statements = [_allow("s3:GetObject", f"hr-data/{name}") for name in names]
    policy = {"Statement": [*statements, _allow("s3:DeleteObject", "hr-data/?*")]}

    allowed = read_grants({"policy": policy}, OWNER).allowed

    assert allowed == ("read (000*)", "delete (?*)", *(f"read ({name})" for name in names[1:]))


def _allow(action, place):
    return {"Effect": "Allow", "Principal": "*", "Action": action, "Resource": f"arn:aws:s3:::{place}"}

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch.facts.access import Access
from s3watch.facts.field_paths import presence
from s3watch.facts.requests.parameter_names import FACTS, ParameterNames, find_undetermined, read_names
from s3watch.sources.cloudtrail import decode

from tests.support.cloudtrail import OTHER, as_bytes, make_record

KMS_KEY = "x-amz-server-side-encryption-aws-kms-key-id"
NAMES = (
    "x-amz-acl", "acl", "X-Amz-Grant-Read", "AccessControlPolicy", "accessControlList", "bucketPolicy",
    "Policy", "Grantee", "CreateAccessGrantRequest", KMS_KEY, KMS_KEY.title(), "ObjectEncryption", "tagging",
    "a", "a.b", "",
)  # fmt: skip
POLICY = {
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": ["*", "AIDAEXAMPLEEXAMPLE123"]},
            "Action": "s3:*",
            "Resource": "*",
        }
    ]
}
GRANTEE = {"GranteeIdentifier": f"arn:aws:iam::{OTHER}:root"}
FOREIGN_KEY = f"arn:aws:kms:eu-west-1:{OTHER}:key/1"
VALUES = (
    "public-read", ["public-read"], f'id="{OTHER}"', POLICY, json.dumps(POLICY), f"arn:aws:kms:::key/{OTHER}",
    FOREIGN_KEY, GRANTEE, None, "", 7,
)  # fmt: skip
FIELDS = FACTS | {f"requestParameters.{name}" for name in ("a", "a.b", "a.b.c", "x-amz-acl", ".b", "absent")}
names = st.sampled_from(NAMES)
values = st.sampled_from(VALUES)
nested = st.dictionaries(names, values | st.dictionaries(names, values, max_size=2), max_size=2)
members = st.dictionaries(names, values | nested, max_size=3)


def make_access(request: Any, response: Any = None) -> Access:
    raw = as_bytes(make_record(requestParameters=request, responseElements=response))
    return Access(decode(raw), raw)


@given(request=members, response=st.none() | members)
def test_a_field_that_the_names_determine_has_no_value(request: dict[str, Any], response: Any):
    access = make_access(request, response)
    determined = FIELDS - find_undetermined(read_names(access.raw), FIELDS)

    assert [each for each in determined if access.field(each) not in (None, ())] == []
    assert [each for each in determined if presence(each)(access)] == []


@pytest.mark.parametrize(
    ("fact", "request_", "response"),
    [
        ("s3.grants_public", {"x-amz-acl": "public-read"}, None),
        ("s3.grants_public", {"bucketPolicy": POLICY}, None),
        ("s3.grants_public", {"CreateAccessPointRequest": {"Policy": json.dumps(POLICY)}}, None),
        ("s3.grants_accounts", {"accessControlList": {"x-amz-grant-read": f'id="{OTHER}"'}}, None),
        ("s3.grants_accounts", {"X-Amz-Grant-Read": f'id="{OTHER}"'}, None),
        ("s3.grants_accounts", {"GranteeRequest": {"Grantee": GRANTEE}}, None),
        ("s3.grants_ids", {"policy": json.dumps(POLICY)}, None),
        ("s3.kms_accounts", {KMS_KEY: FOREIGN_KEY}, None),
        ("s3.kms_accounts", {}, {KMS_KEY.title(): FOREIGN_KEY}),
    ],
    ids=[
        "canned ACL",
        "policy",
        "of an access point",
        "header below",
        "header",
        "grant",
        "id",
        "key",
        "answered key",
    ],
)
def test_a_fact_with_a_value_is_not_determined(fact: str, request_: Any, response: Any):
    access = make_access(request_, response)

    assert access.field(fact)
    assert fact in find_undetermined(read_names(access.raw), FIELDS)


def test_a_plain_upload_determines_all_but_the_parameters_that_it_has():
    names = read_names(make_access({"bucketName": "hr-data", "key": "x", "a": None}).raw)

    assert names == ParameterNames(("bucketName", "key", "a"), (), nested=False)
    assert find_undetermined(names, FIELDS) == {f"requestParameters.{name}" for name in ("a", "a.b", "a.b.c")}


def test_a_key_with_a_brace_may_as_well_be_a_parameter_with_names_of_its_own():
    names = read_names(make_access({"bucketName": "hr-data", "key": "{x"}).raw)

    assert names == ParameterNames(("bucketName", "key"), (), nested=True)


@pytest.mark.parametrize("request_", ["text", ["a"], 7], ids=["text", "list", "number"])
def test_of_parameters_that_are_no_object_nothing_is_determined(request_: Any):
    assert find_undetermined(read_names(make_access(request_).raw), FIELDS) == FIELDS

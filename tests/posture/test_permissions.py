from __future__ import annotations

import pytest
from s3watch.posture.permissions import (
    OTHER,
    VERBS,
    allowed_by_acl_permission,
    allowed_by_statement,
    sort_verbs,
)


@pytest.mark.parametrize(
    ("statement", "verbs"),
    [
        pytest.param({"Action": "s3:GetObject"}, ("read",), id="one action"),
        pytest.param({"Action": ["s3:ListBucket", "s3:PutObject"]}, ("list", "write"), id="a list"),
        pytest.param({"Action": "S3:getobject"}, ("read",), id="in another case"),
        pytest.param({"Action": "s3:Get*"}, ("read", OTHER), id="a pattern"),
        pytest.param({"Action": "s3:GetObjec?"}, ("read", OTHER), id="a pattern of one character"),
        pytest.param({"Action": "s3:*"}, (*VERBS, OTHER), id="all of S3"),
        pytest.param({"Action": "*"}, (*VERBS, OTHER), id="everything"),
        pytest.param({"Action": "s3:DeleteObjectVersion"}, ("delete",), id="versions only"),
        pytest.param({"Action": "s3:PutBucketPolicy"}, ("change permissions",), id="permissions"),
        pytest.param({"Action": "s3:GetBucketLocation"}, (OTHER,), id="nothing that has a verb"),
        pytest.param(
            {"NotAction": "s3:Delete*"}, ("read", "list", "write", "change permissions", OTHER), id="all but"
        ),
        pytest.param({}, (OTHER,), id="nothing at all"),
    ],
)
def test_a_statement_is_summarized_in_verbs(statement, verbs):
    assert tuple(allowed_by_statement(statement)) == verbs


def test_a_verb_names_the_actions_that_are_allowed():
    assert allowed_by_statement({"Action": ["s3:GetObject", "s3:*Version"]}) == {
        "read": ["s3:GetObject", "s3:GetObjectVersion"],
        "delete": ["s3:DeleteObjectVersion"],
        OTHER: ["s3:*Version"],
    }


def test_other_actions_are_named_as_written():
    assert allowed_by_statement({"Action": "s3:GetBucketLocation"}) == {OTHER: ["s3:GetBucketLocation"]}


@pytest.mark.parametrize(
    ("permission", "verbs"),
    [
        pytest.param("READ", ("list",), id="READ of a bucket lists it"),
        pytest.param("WRITE", ("write", "delete"), id="WRITE overwrites too"),
        pytest.param("WRITE_ACP", ("change permissions",), id="WRITE_ACP"),
        pytest.param("FULL_CONTROL", ("list", "write", "delete", "change permissions"), id="FULL_CONTROL"),
        pytest.param("NEW", (OTHER,), id="one newer than this table"),
    ],
)
def test_an_acl_permission_is_summarized_in_verbs(permission, verbs):
    assert allowed_by_acl_permission(permission) == verbs


def test_verbs_are_sorted_from_the_most_common_to_the_rarest():
    assert sort_verbs({"write", OTHER, "read"}) == ["read", "write", OTHER]

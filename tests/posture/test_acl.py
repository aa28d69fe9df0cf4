from __future__ import annotations

import pytest
from s3watch.posture.acl import find_grantees, find_public_permissions
from s3watch.posture.grants import EVERYBODY

GROUPS = "http://acs.amazonaws.com/groups"
OWNER_ID = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"
OTHER_ID = "88f1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be79a59df900b949e55d"


def grantees_in(request):
    return [set(grantees) for grantees in find_grantees(request)]


def body(*grantees):
    grants = [{"Grantee": grantee, "Permission": "READ"} for grantee in grantees]
    return {
        "AccessControlPolicy": {
            "Owner": {"ID": OWNER_ID},
            "AccessControlList": {"Grant": grants if len(grants) > 1 else grants[0]},
        }
    }


@pytest.mark.parametrize("name", ["public-read", "public-read-write", "authenticated-read"])
@pytest.mark.parametrize("header", ["x-amz-acl", "X-Amz-Acl", "acl"])
def test_a_public_canned_acl_grants_access_to_everybody(header, name):
    assert grantees_in({header: name}) == [{EVERYBODY}]


@pytest.mark.parametrize(
    "name", ["private", "bucket-owner-full-control", "bucket-owner-read", "log-delivery-write"]
)
def test_a_private_canned_acl_grants_access_to_nobody_new(name):
    assert grantees_in({"x-amz-acl": name}) == [set()]


def test_a_canned_acl_may_be_recorded_in_a_list():
    assert grantees_in({"x-amz-acl": ["public-read"]}) == [{EVERYBODY}]


@pytest.mark.parametrize("value", ["", [""], None, "made-up", {}], ids=str)
def test_an_empty_or_unknown_acl_parameter_is_not_an_acl(value):
    assert grantees_in({"acl": value}) == []


@pytest.mark.parametrize("group", ["AllUsers", "AuthenticatedUsers"])
def test_a_body_may_grant_access_to_a_public_group(group):
    assert grantees_in(body({"URI": f"{GROUPS}/global/{group}", "xsi:type": "Group"})) == [{EVERYBODY}]


def test_a_body_grants_access_to_all_grantees_but_the_owner():
    request = body({"ID": OWNER_ID}, {"ID": OTHER_ID}, {"EmailAddress": "carol@example.com"})
    assert grantees_in(request) == [{OTHER_ID, "carol@example.com"}]


def test_the_group_of_a_service_is_not_a_grantee():
    assert grantees_in(body({"URI": f"{GROUPS}/s3/LogDelivery"})) == [set()]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (f'uri="{GROUPS}/global/AllUsers"', {EVERYBODY}),
        (f"uri={GROUPS}/global/AuthenticatedUsers", {EVERYBODY}),
        (f'id="{OTHER_ID}", id="{OWNER_ID}"', {OTHER_ID, OWNER_ID}),
        ([f"id={OTHER_ID}"], {OTHER_ID}),
        ('emailAddress="carol@example.com"', {"carol@example.com"}),
        (f'uri="{GROUPS}/s3/LogDelivery"', set()),
        ("nonsense", set()),
        (None, set()),
    ],
    ids=["quoted", "bare", "two", "list", "mail", "service", "nonsense", "null"],
)
def test_a_grant_header_grants_access_to_those_it_names(header, expected):
    assert grantees_in({"x-amz-grant-read": header}) == [expected]


def test_grant_headers_may_be_nested():
    headers = {"x-amz-grant-write-acp": f"uri={GROUPS}/global/AllUsers", "x-amz-grant-read": f"id={OTHER_ID}"}
    assert {EVERYBODY} in grantees_in({"accessControlList": headers})


@pytest.mark.parametrize(
    "policy",
    [
        None,
        [],
        "text",
        {"AccessControlList": None},
        {"AccessControlList": {"Grant": [None, {"Grantee": "x"}]}},
    ],
    ids=str,
)
def test_a_malformed_body_grants_nothing(policy):
    assert grantees_in({"AccessControlPolicy": policy}) == [set()]


def test_a_request_without_acls_has_no_grantees():
    assert grantees_in({"bucketName": "hr-data", "key": "q3.csv"}) == []


ALL_USERS = f"uri={GROUPS}/global/AllUsers"
PUBLIC = {"Grantee": {"URI": f"{GROUPS}/global/AllUsers"}, "Permission": "WRITE_ACP"}
NAMED = {"Grantee": {"ID": OTHER_ID}, "Permission": "WRITE"}


@pytest.mark.parametrize(
    ("request_parameters", "permissions"),
    [
        ({"x-amz-acl": "public-read-write"}, ["READ", "WRITE"]),
        ({"x-amz-acl": ["authenticated-read"]}, ["READ"]),
        ({"x-amz-acl": "private"}, []),
        ({"accessControlList": {"x-amz-grant-write-acp": ALL_USERS}}, ["WRITE_ACP"]),
        ({"X-Amz-Grant-Full-Control": f"id={OTHER_ID}, {ALL_USERS}"}, ["FULL_CONTROL"]),
        ({"x-amz-grant-write": f"id={OTHER_ID}"}, []),
        ({"AccessControlPolicy": {"AccessControlList": {"Grant": [NAMED, PUBLIC]}}}, ["WRITE_ACP"]),
        ({"AccessControlList": {"Grant": PUBLIC}}, ["WRITE_ACP"]),
        ({"AccessControlPolicy": {"AccessControlList": {"Grant": NAMED}}}, []),
        ({"AccessControlPolicy": "?", "acl": ""}, []),
    ],
    ids=[
        "canned", "canned, in a list", "private", "a nested header", "a header", "a header for another",
        "a body", "a list of grants", "a body for another", "nothing",
    ],
)  # fmt: skip
def test_what_everybody_may_do_is_what_grants_to_the_public_groups_say(
    request_parameters: dict[str, object], permissions: list[str]
):
    assert list(find_public_permissions(request_parameters)) == permissions

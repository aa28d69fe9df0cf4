from __future__ import annotations

import pytest
from s3watch.facts.access import Access
from s3watch.facts.expectations import expects
from s3watch.ruleset import Expected, Label
from s3watch.sources.access_logs import translate
from s3watch.sources.cloudtrail import decode

from tests.support.access_log import make_line
from tests.support.cloudtrail import OTHER, OWNER, SSO_PATH, as_bytes, make_record, make_role


def make_access(**changes):
    raw = as_bytes(make_record(**changes))
    return Access(decode(raw), raw)


def is_expected(access, *expected):
    return expects(Label("payroll", expected=expected), access)


def test_a_label_without_expectations_expects_nobody():
    assert not is_expected(make_access())


@pytest.mark.parametrize("pattern", ["role/Analyst", "role/*", "*", "role/Analys?"])
def test_a_label_expects_a_principal_by_name_or_pattern(pattern):
    assert is_expected(make_access(), Expected((pattern,)))


@pytest.mark.parametrize(
    "pattern", ["role/analyst", "role/Analys", "user/Analyst", f"{OTHER}:role/Analyst", "Analyst"]
)
def test_a_label_does_not_expect_another_principal(pattern):
    assert not is_expected(make_access(), Expected((pattern,)))


SSO = "AWSReservedSSO_HR_0123456789abcdef"


@pytest.mark.parametrize(
    "pattern", ["role/AWSReservedSSO_HR_*", "role/AWS*", f"role/{SSO}", "role/?WSReservedSSO_*"]
)
def test_a_label_expects_roles_of_identity_center_only_by_their_path(pattern: str):
    genuine, imitation = make_role(SSO, path=SSO_PATH), make_role(SSO, path="/aws-reserved/")
    found = [
        is_expected(make_access(userIdentity=each), Expected((pattern,))) for each in (genuine, imitation)
    ]

    assert found == [True, False]


@pytest.mark.parametrize("pattern", ["role/*", f"role/not-sso/{SSO}"])
def test_a_label_expects_a_role_that_is_only_named_like_identity_centers_if_it_means_it(pattern: str):
    assert is_expected(make_access(userIdentity=make_role(SSO)), Expected((pattern,)))


def test_in_an_access_log_which_records_no_path_the_name_of_a_role_is_believed():
    line = translate(make_line(requester=f"arn:aws:sts::{OWNER}:assumed-role/{SSO}/alice@example.com"), OWNER)

    assert is_expected(Access(decode(line), line, "access-log"), Expected(("role/AWSReservedSSO_HR_*",)))


def test_a_label_does_not_expect_the_same_name_in_another_account():
    assert not is_expected(make_access(userIdentity=make_role(account=OTHER)), Expected(("role/Analyst",)))


def test_a_label_expects_any_of_several_principals():
    assert is_expected(make_access(), Expected(("role/payroll-app", "role/Analyst")))


@pytest.mark.parametrize(
    ("operations", "expected"), [((), True), (("read", "list"), True), (("write",), False)]
)
def test_a_label_expects_only_the_named_operations(operations, expected):
    assert is_expected(make_access(), Expected(("*",), operations)) is expected


@pytest.mark.parametrize(
    ("network", "expected"),
    [
        ("vpce-0a1b2c3d", True),
        ("vpce-4e5f6071", False),
        ("vpce", True),
        ("aws-service", False),
    ],
)
def test_a_label_expects_only_the_named_endpoint(network, expected):
    access = make_access(vpcEndpointId="vpce-0a1b2c3d")
    assert is_expected(access, Expected(("*",), (), (network,))) is expected


@pytest.mark.parametrize(
    ("network", "expected"), [("203.0.113.0/24", True), ("198.51.100.0/24", False), ("2001:db8::/32", False)]
)
def test_a_label_expects_addresses_in_the_named_network(network, expected):
    assert is_expected(make_access(), Expected(("*",), (), (network,))) is expected


def test_an_address_behind_an_endpoint_is_not_expected_as_anyone_can_use_it_in_a_vpc():
    office = Expected(("*",), (), ("203.0.113.0/24",))

    assert is_expected(make_access(), office)  # and is remembered, but not for the next
    assert not is_expected(make_access(vpcEndpointId="vpce-0a1b2c3d"), office)


def test_a_private_address_is_not_expected_even_without_a_recorded_endpoint():
    assert not is_expected(make_access(sourceIPAddress="10.0.0.7"), Expected(("*",), (), ("10.0.0.0/8",)))


def test_a_request_without_an_address_is_not_expected_in_a_network():
    access = make_access(sourceIPAddress="athena.amazonaws.com")
    assert not is_expected(access, Expected(("*",), (), ("0.0.0.0/0",)))


def test_an_expectation_must_match_as_a_whole():
    halves = (Expected(("role/Analyst",), ("write",)), Expected(("role/backup",), ("read",)))
    assert not is_expected(make_access(), *halves)


@pytest.mark.parametrize(
    ("ip", "expected"), [("10.0.0.7", True), ("203.0.113.7", False)], ids=["from inside", "from outside"]
)
def test_any_endpoint_is_expected_in_access_logs_which_do_not_name_it(ip, expected):
    raw = translate(make_line(ip=ip), "111122223333")
    access = Access(decode(raw), raw, "access-log")

    assert is_expected(access, Expected(("role/Analyst",), networks=("vpce-0a1b2c3d",))) is expected

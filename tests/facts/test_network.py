from __future__ import annotations

import pytest
from s3watch.facts.network import Endpoint, find_country, name_network, read_endpoint, read_ip


@pytest.mark.parametrize(
    ("source", "ip"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("AWS Internal", None),
        ("athena.amazonaws.com", None),
        ("203.0.113.7:443", None),
        ("", None),
        (None, None),
    ],
    ids=str,
)
def test_an_address_is_read_in_canonical_form(source, ip):
    assert read_ip(source) == ip


@pytest.mark.parametrize(
    ("source", "vpce", "kind"),
    [
        ("203.0.113.7", None, "ip"),
        ("10.0.0.1", None, "vpce"),
        ("172.31.77.31", None, "vpce"),
        ("fd00::1", None, "vpce"),
        ("2001:db8::1", None, "ip"),
        ("10.0.0.1", "vpce-1", "vpce"),
        ("8.8.8.8", "vpce-1", "ip"),
        ("100.64.0.1", "vpce-1", "vpce"),
        ("AWS Internal", "vpce-1", "aws-internal"),
        ("AWS Internal/3", None, "aws-internal"),
        ("athena.amazonaws.com", "vpce-1", "aws-service"),
        ("athena.amazonaws.com.cn", None, "aws-service"),
        (None, "vpce-1", "vpce"),
        (None, None, "unknown"),
        ("somewhere", None, "unknown"),
    ],
)
def test_the_kind_of_network_is_named(source, vpce, kind):
    assert name_network(source, vpce) == kind


@pytest.mark.parametrize(
    ("source", "kind"),
    [("2600:1f14:1:2::5", "vpce"), ("8.8.8.8", "vpce"), ("athena.amazonaws.com", "aws-service")],
    ids=["IPv6", "IPv4", "a service"],
)
def test_whatever_address_comes_through_an_own_endpoint_is_behind_it(source, kind):
    assert name_network(source, "vpce-1", own=True) == kind


@pytest.mark.parametrize(
    ("ip", "country"),
    [("193.0.6.139", "NL"), ("2001:67c:2e8:22::c100:68b", "NL"), ("203.0.113.7", None), ("10.0.0.1", None)],
    ids=["IPv4 of a registry", "IPv6 of a registry", "documentation", "private"],
)  # fmt: skip
def test_an_address_is_registered_in_a_country(ip, country):
    assert find_country(ip) == country


OURS, THEIRS = "111122223333", "444455556666"


@pytest.mark.parametrize(
    ("endpoint", "caller", "owner", "read"),
    [
        (THEIRS, OURS, OURS, Endpoint(stranger=THEIRS)),
        (THEIRS, OURS, None, Endpoint(stranger=THEIRS)),
        (OURS, OURS, THEIRS, Endpoint(is_own=True)),
        (THEIRS, OURS, THEIRS, Endpoint(is_own=True)),
        (THEIRS, None, None, Endpoint()),
        (None, OURS, OURS, Endpoint()),
        ([THEIRS], OURS, OURS, Endpoint()),
    ],
    ids=["a stranger's", "owner unknown", "the caller's", "the owner's", "nobody known", "absent", "no text"],
)
def test_an_endpoint_is_a_strangers_if_it_is_of_none_of_the_known_accounts(endpoint, caller, owner, read):
    fields = {
        "vpcEndpointAccountId": endpoint,
        "s3.caller_account": caller,
        "s3.bucket_account": owner,
    }

    assert read_endpoint("vpce-0a1b2c3d", fields.get) == read


def test_without_an_endpoint_nobody_is_asked_whose_it_is():
    assert read_endpoint(None, {"vpcEndpointAccountId": OURS, "s3.caller_account": OURS}.get) == Endpoint()

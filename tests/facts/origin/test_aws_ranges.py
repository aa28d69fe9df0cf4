from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch.facts.origin.aws_ranges import holds, is_outside
from s3watch_cli.aws_ranges.ranges_file import RangesFile


def compiled(*networks):
    return RangesFile("2026-11-20-08-00-00", own=networks).compiled()


RANGES = compiled("192.0.2.0/25", "192.0.2.128/25", "198.51.100.7/32", "2001:db8::/48", "192.0.2.8/29")
addresses = st.ip_addresses().map(str) | st.integers(0, 1023).map(lambda n: str(ip_address(0xC0000100 + n)))
networks = addresses.flatmap(
    lambda ip: st.integers(0, ip_address(ip).max_prefixlen).map(lambda bits: f"{ip}/{bits}")
).map(lambda text: str(ip_network(text, strict=False)))


@pytest.mark.parametrize(
    ("ip", "held"),
    [
        ("192.0.1.255", False),
        ("192.0.2.0", True),
        ("192.0.2.255", True),
        ("192.0.3.0", False),
        ("198.51.100.7", True),
        ("198.51.100.8", False),
        ("0.0.0.0", False),
        ("2001:db8::ffff", True),
        ("2001:db8:1::", False),
        ("::c000:201", False),
    ],
)
def test_an_address_is_found_in_its_range(ip, held):
    assert holds(RANGES, ip) is held


@given(st.lists(networks, max_size=8), addresses)
def test_the_search_says_what_looking_at_every_network_says(listed, ip):
    every = [ip_network(each) for each in listed]
    address = ip_address(ip)
    meant = getattr(address, "ipv4_mapped", None) or address
    assert holds(compiled(*listed), ip) is any(meant in each for each in every)


@pytest.mark.parametrize(
    ("kind", "ip", "vpce", "outside"),
    [
        ("ip", "203.0.113.7", None, True),
        ("ip", "192.0.2.7", None, False),
        ("ip", "::ffff:192.0.2.7", None, False),
        ("ip", "203.0.113.7", "vpce-1", None),
        ("vpce", "203.0.113.7", "vpce-1", False),
        ("vpce", "10.0.0.1", None, False),
        ("aws-service", None, None, False),
        ("aws-internal", None, None, False),
        ("unknown", None, None, None),
    ],
    ids=[
        "elsewhere",
        "AWS",
        "AWS by IPv6",
        "perhaps a VPC",
        "own endpoint",
        "private",
        "service",
        "internal",
        "unknown",
    ],
)
def test_outside_is_a_public_address_that_is_not_one_of_aws(kind, ip, vpce, outside):
    assert is_outside(kind, ip, vpce, RANGES) is outside


@pytest.mark.parametrize("kind", ["ip", "vpce", "aws-service"])
def test_without_ranges_nobody_knows(kind):
    assert is_outside(kind, "203.0.113.7", None, None) is None

from __future__ import annotations

import json
from datetime import date

import pytest
from s3watch.errors import SettingError
from s3watch.ruleset import AwsRanges
from s3watch_cli.aws_ranges.ranges_file import RangesFile, age, condense, read, serialize

FILE = RangesFile("2026-11-20-08-00-00", ("192.0.2.0/24",), ("2001:db8::/48",), ("198.51.100.0/24",))


def published(*prefixes, created="2026-11-20-08-00-00", ipv6=()):
    """AWS's ip-ranges.json, in the form that it documents."""
    more = {"region": "eu-west-1", "network_border_group": "eu-west-1", "service": "EC2"}
    document = {
        "syncToken": "1795161600",
        "createDate": created,
        "prefixes": [{"ip_prefix": each} | more for each in prefixes],
        "ipv6_prefixes": [{"ipv6_prefix": each} | more for each in ipv6],
    }
    return json.dumps(document).encode()


def test_ranges_that_touch_or_repeat_become_one():
    found = condense(
        published("192.0.2.128/25", "192.0.2.0/25", "192.0.2.0/25", "198.51.100.7/32", ipv6=["2001:db8::/48"])
    )
    assert found == RangesFile("2026-11-20-08-00-00", ("192.0.2.0/24", "198.51.100.7/32"), ("2001:db8::/48",))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<html>", "not AWS's ip-ranges.json"),
        (b"\xff", "not AWS's ip-ranges.json"),
        (b"[" * 100_000, "not AWS's ip-ranges.json"),
        (b'{"createDate": "2026-11-20-08-00-00"}', "prefixes"),
        (published("192.0.2.1/24"), "host bits"),
        (published("0.0.0.0/0"), "larger than any range of AWS"),
        (published("192.0.2.0/24", created="today"), "today"),
        (published(), "no IPv4 prefixes"),
    ],
    ids=["HTML", "no text", "too deep", "other JSON", "no network", "everything", "no date", "empty"],
)
def test_what_is_not_the_published_file_is_refused(content, reason):
    with pytest.raises(SettingError, match=reason):
        condense(content)


def test_a_written_file_is_read_again_and_has_a_network_a_line():
    content = serialize(FILE)

    assert read(content) == FILE
    assert b'\n  "192.0.2.0/24"\n' in content


@pytest.mark.parametrize(
    "content",
    [
        published("192.0.2.0/24"),
        b'{"createDate": "2026-11-20-08-00-00", "own": ["::/0"]}',
        b'{"createDate": "2026-11-20-08-00-00", "own": ["office"]}',
        b'{"createDate": "soon"}',
        b'{"createDate": "2026-11-20-08-00-00", "mine": []}',
        b"[" * 100_000,
        b"\xff",
    ],
    ids=["as published", "everything", "no network", "no date", "another key", "too deep", "no text"],
)
def test_a_file_that_would_mean_something_else_is_refused(content):
    with pytest.raises(ValueError):  # noqa: PT011  # each says something else
        read(content)


def test_what_is_compiled_are_the_ranges_of_aws_and_your_own():
    ranges = FILE.compiled()

    assert ranges == AwsRanges(
        "2026-11-20-08-00-00",
        ((0xC0000200, 0xC00002FF), (0xC6336400, 0xC63364FF)),
        ((0x20010DB8 << 96, (0x20010DB80001 << 80) - 1),),
    )
    assert age(ranges, date(2026, 11, 27)) == 7

from __future__ import annotations

import pytest
from s3watch.facts.authentication import read_count, read_tls
from s3watch.sources.cloudtrail import Additional, decode

from tests.support.cloudtrail import as_bytes


@pytest.mark.parametrize(
    ("member", "expected"),
    [
        ({"SignatureVersion": "SigV4", "bytesTransferredIn": 791.0}, Additional("SigV4", bytes_in=791)),
        ({"SignatureVersion": 4, "bytesTransferredOut": "12"}, Additional("4", bytes_out="12")),
        (None, None),
        ("text", None),
    ],
    ids=["well formed", "malformed", "null", "text"],
)
def test_the_members_that_s3_adds_are_read(member, expected):
    assert decode(as_bytes({"additionalEventData": member})).additional == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (791, 791),
        (791.0, 791),
        ("791", 791),
        ("791.0", 791),
        (None, None),
        ("many", None),
        (float("inf"), None),
        ([], None),
        (2.0**53, 2**53),
        (1e308, None),
        (10**400, None),
        (-1, None),
    ],
    ids=str,
)
def test_a_count_is_read_in_every_notation(value, expected):
    assert read_count(value) == expected


@pytest.mark.parametrize(
    ("version", "expected"),
    [("TLSv1.3", "1.3"), ("TLSV1.2", "1.2"), ("TLSv1", "1.0"), ("SSLv3", "sslv3"), ("", None), (None, None)],
    ids=str,
)
def test_the_tls_version_is_a_number(version, expected):
    assert read_tls(as_bytes({"tlsVersion": version})) == expected


def test_without_tls_details_there_is_no_tls_version():
    assert read_tls(b"null") is None

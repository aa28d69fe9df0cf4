from __future__ import annotations

import pytest
from s3watch.facts.resources import (
    Location,
    find_bucket,
    find_bucket_account,
    find_key,
    find_prefix,
    is_access_point,
    locate,
    read_resources,
)

from tests.support.cloudtrail import OTHER, OWNER, as_bytes, make_resources


def read(*entries):
    return read_resources(as_bytes(entries))


@pytest.mark.parametrize(
    ("arn", "expected"),
    [
        ("arn:aws:s3:::hr-data/payroll/q3.csv", Location("hr-data", "payroll/q3.csv")),
        ("arn:aws-cn:s3:::hr-data/q3.csv", Location("hr-data", "q3.csv")),
        ("arn:aws-us-gov:s3:::hr-data", Location("hr-data")),
        ("arn:aws:s3:::hr-data/", Location("hr-data")),
        ("arn:aws:s3:::hr-data/a:s3:::b", Location("hr-data", "a:s3:::b")),
        (
            "arn:aws:s3express:eu-west-1:1:bucket/b--euw1-az1--x-s3/q3.csv",
            Location("b--euw1-az1--x-s3", "q3.csv"),
        ),
        ("arn:aws:s3express:eu-west-1:1:b--euw1-az1--x-s3", Location("b--euw1-az1--x-s3")),
        ("arn:aws:s3express:eu-west-1:1:accesspoint/ap--euw1-az1--xa-s3", Location()),
        ("arn:aws:s3:eu-west-1:1:accesspoint/reports", Location()),
        ("arn:aws:s3:eu-west-1:1:accesspoint/reports/object/a/b:s3:::c", Location(None, "a/b:s3:::c")),
        ("arn:aws:s3::1:accesspoint/alias.mrap/object/a", Location(None, "a")),
        ("arn:aws:s3-object-lambda:eu-west-1:1:accesspoint/redact", Location()),
        (
            "arn:aws:s3-outposts:eu-west-1:1:outpost/op-1/bucket/hr-data/object/a/b",
            Location("hr-data", "a/b"),
        ),
        ("arn:aws:s3-outposts:eu-west-1:1:outpost/op-1/accesspoint/reports/object/a", Location(None, "a")),
        ("arn:aws:kms:eu-west-1:1:key/1234", Location()),
        ("hr-data/q3.csv", Location()),
        ("", Location()),
    ],
)
def test_an_arn_names_a_bucket_and_a_key(arn, expected):
    assert locate(arn) == expected


@pytest.mark.parametrize(
    ("name", "stands"),
    [
        ("hr-data", False),
        ("hr-data--euw1-az1--x-s3", False),
        ("reports-0a1b2c-s3alias", True),
        ("volume-0a1b2c-ext-s3alias", True),
        ("redact-0a1b2c--ol-s3", True),
        ("outpost-0a1b2c--op-s3", True),
        ("ap--euw1-az1--xa-s3", True),
        ("mfzwi23gnjvgw.mrap", True),
        (f"arn:aws:s3:eu-west-1:{OWNER}:accesspoint/reports", True),
    ],
)
def test_an_access_point_is_told_apart_from_a_bucket(name, stands):
    assert is_access_point(name) is stands


def test_the_buckets_own_entry_comes_before_the_objects():
    entries = [
        {"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::other/q3.csv"},
        *make_resources("hr-data", None),
    ]
    assert find_bucket(read(*entries)) == "hr-data"


@pytest.mark.parametrize(
    ("entry", "bucket"),
    [
        ({"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::hr-data/q3.csv"}, "hr-data"),
        ({"type": "AWS::S3::Object", "ARNPrefix": "arn:aws:s3:::hr-data/"}, "hr-data"),
        ({"type": "AWS::S3::AccessPoint", "ARN": f"arn:aws:s3:eu-west-1:{OWNER}:accesspoint/reports"}, None),
        ({}, None),
    ],
    ids=["object", "prefix", "access point", "nothing"],
)
def test_a_bucket_is_found_in_any_entry_that_names_one(entry, bucket):
    assert find_bucket(read(entry)) == bucket


def test_a_key_is_found_in_an_arn_but_not_in_a_prefix():
    prefix = {"type": "AWS::S3::Object", "ARNPrefix": "arn:aws:s3:::hr-data/payroll/"}
    assert [find_key(read(prefix)), find_key(read(*make_resources("hr-data", "q3.csv")))] == [None, "q3.csv"]


@pytest.mark.parametrize(
    ("arn", "prefix"), [("arn:aws:s3:::hr-data/", ""), ("arn:aws:s3:::hr-data/payroll/", "payroll/")]
)
def test_a_prefix_is_found_in_the_resources(arn, prefix):
    assert find_prefix(read({"type": "AWS::S3::Object", "ARNPrefix": arn})) == prefix


def test_without_a_prefix_in_the_resources_there_is_none():
    assert find_prefix(read(*make_resources("hr-data", None))) is None


@pytest.mark.parametrize(
    ("bucket", "owner"), [("hr-data", OWNER), ("backup", OTHER), ("neither", None), (None, None)]
)
def test_each_bucket_has_its_own_account(bucket, owner):
    entries = [*make_resources("hr-data", "q3.csv", OWNER), *make_resources("backup", "q3.csv", OTHER)]
    assert find_bucket_account(read(*entries), bucket) == owner


@pytest.mark.parametrize("raw", [b"null", b"[]", b'"text"', b"[null, 7]"], ids=bytes.decode)
def test_malformed_resources_are_dropped(raw):
    assert read_resources(raw) == []

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch.facts.extraction import CopySource, extract, read_source
from s3watch.facts.fields import FACTS
from s3watch.sources.cloudtrail import decode

from tests.support.cloudtrail import OTHER, OWNER, as_bytes, make_record, make_resources
from tests.support.odd_json import RECORDS

ACCESS_POINT = f"arn:aws:s3:eu-west-1:{OWNER}:accesspoint/reports"


def accesses_of(**changes):
    raw = as_bytes(make_record(**changes))
    return extract(decode(raw), raw)


def copy(source, **changes):
    return accesses_of(
        eventName="CopyObject",
        bucket="backup",
        key="q3.csv",
        request={"x-amz-copy-source": source},
        **changes,
    )


def test_most_records_are_one_access():
    (access,) = accesses_of()
    assert (access.operation, access.uri) == ("read", "s3://hr-data/payroll/2026/q3.csv")


def test_a_copy_reads_its_source_and_writes_its_destination():
    assert [
        (access.operation, access.scope, access.uri, access.peer_uri) for access in copy("hr-data/q3.csv")
    ] == [
        ("read", "object", "s3://hr-data/q3.csv", "s3://backup/q3.csv"),
        ("write", "object", "s3://backup/q3.csv", "s3://hr-data/q3.csv"),
    ]


def test_the_two_sides_of_a_copy_are_two_accesses():
    source, destination = copy("hr-data/q3.csv")
    assert source.dedupe_key != destination.dedupe_key


def test_a_copied_part_is_a_copy():
    accesses = accesses_of(eventName="UploadPartCopy", request={"x-amz-copy-source": "hr-data/q3.csv"})
    assert [access.operation for access in accesses] == ["read", "write"]


def test_a_rename_deletes_its_source():
    accesses = accesses_of(
        eventName="RenameObject",
        eventSource="s3express.amazonaws.com",
        bucket="hr-data--euw1-az1--x-s3",
        key="new.csv",
        request={"x-amz-rename-source": "old.csv"},
    )
    assert [(access.operation, access.uri) for access in accesses] == [
        ("delete", "s3://hr-data--euw1-az1--x-s3/old.csv"),
        ("write", "s3://hr-data--euw1-az1--x-s3/new.csv"),
    ]


@pytest.mark.parametrize("source", [None, "", "/", 7, {}], ids=str)
def test_a_copy_with_an_unreadable_source_is_still_a_write(source):
    assert [access.operation for access in copy(source)] == ["write"]


def test_both_sides_of_a_copy_have_their_bucket_accounts():
    resources = [*make_resources("hr-data", "q3.csv", OWNER), *make_resources("backup", "q3.csv", OTHER)]
    assert [access.bucket_account for access in copy("hr-data/q3.csv", resources=resources)] == [OWNER, OTHER]


def test_a_copy_through_an_access_point_reads_the_bucket_behind_it():
    resources = [*make_resources("backup", "q3.csv"), *make_resources("hr-data", "payroll/q3.csv")]
    source, _ = copy(f"{ACCESS_POINT}/object/payroll/q3.csv", resources=resources)
    assert source.uri == "s3://hr-data/payroll/q3.csv"


def test_a_copy_within_the_bucket_behind_an_access_point_reads_that_bucket():
    source, _ = copy(f"{ACCESS_POINT}/object/payroll/q3.csv")
    assert source.uri == "s3://backup/payroll/q3.csv"


def test_an_access_point_of_an_unknown_bucket_stands_for_it():
    source, _ = copy(f"{ACCESS_POINT}/object/payroll/q3.csv", resources=None)
    assert (source.bucket, source.key) == (ACCESS_POINT, "payroll/q3.csv")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("hr-data/q3.csv", CopySource("hr-data", "q3.csv", None)),
        ("/hr-data/q3.csv", CopySource("hr-data", "q3.csv", None)),
        (["hr-data/q3.csv"], CopySource("hr-data", "q3.csv", None)),
        ("hr-data/a%20b/%C3%BC.csv", CopySource("hr-data", "a b/ü.csv", None)),
        ("hr-data%2Fq3.csv", CopySource("hr-data", "q3.csv", None)),
        ("//hr-data/q3.csv", CopySource("hr-data", "q3.csv", None)),
        ("hr-data/a+b%2Bc.csv", CopySource("hr-data", "a b+c.csv", None)),
        ("hr-data/q3.csv?versionId=L4kq", CopySource("hr-data", "q3.csv", "L4kq")),
        ("hr-data/what%3FversionId=1?versionId=L4kq", CopySource("hr-data", "what?versionId=1", "L4kq")),
        ("hr-data", CopySource("hr-data", None, None)),
        (f"{ACCESS_POINT}/object/a%2Fb.csv", CopySource(ACCESS_POINT, "a/b.csv", None)),
        ("arn%3Aaws%3As3%3A%3A%3Ahr-data/q3.csv", CopySource("hr-data", "q3.csv", None)),
    ],
    ids=str,
)
def test_the_header_of_a_copy_is_parsed(header, expected):
    assert read_source(header) == expected


@pytest.mark.parametrize("key", ["a b.csv", "a+b.csv"], ids=["as S3 reads it", "as the resources have it"])
def test_the_resources_decide_what_a_plus_in_a_header_means(key):
    resources = [*make_resources("backup", "q3.csv"), *make_resources("hr-data", key)]
    source, _ = copy("hr-data/a+b.csv", resources=resources)
    assert source.uri == f"s3://hr-data/{key}"


def test_the_header_of_a_copy_is_found_in_any_case():
    source, _ = accesses_of(
        eventName="CopyObject", bucket="backup", request={"X-Amz-Copy-Source": "hr-data/q3.csv"}
    )
    assert source.uri == "s3://hr-data/q3.csv"


def test_a_header_given_twice_names_two_sources():
    assert [access.uri for access in copy(["hr-data/a", "hr-data/b"])] == [
        "s3://hr-data/a",
        "s3://hr-data/b",
        "s3://backup/q3.csv",
    ]


@pytest.mark.parametrize("source", [None, 7, "", "elsewhere/q3.csv"], ids=str)
def test_a_source_that_only_the_resources_name_is_an_access_too(source):
    resources = [*make_resources("backup", "q3.csv"), *make_resources("hr-data", "payroll/q3.csv")]
    assert "s3://hr-data/payroll/q3.csv" in [access.uri for access in copy(source, resources=resources)]


def test_a_source_with_only_a_bucket_is_an_access_to_the_bucket():
    resources = [*make_resources("backup", "q3.csv"), *make_resources("hr-data", None)]
    source, _ = copy(None, resources=resources)
    assert (source.operation, source.scope, source.uri) == ("read", "bucket", "s3://hr-data/")


def test_a_copy_in_another_service_is_not_a_copy_in_s3():
    assert len(copy("hr-data/q3.csv", eventSource="example.amazonaws.com")) == 1


def test_a_batch_delete_without_keys_has_the_scope_prefix():
    resources = [
        {"type": "AWS::S3::Object", "ARNPrefix": "arn:aws:s3:::hr-data/"},
        *make_resources("hr-data", None),
    ]
    (access,) = accesses_of(eventName="DeleteObjects", key=None, request={"delete": ""}, resources=resources)
    assert (access.operation, access.scope, access.bucket, access.key, access.prefix) == (
        "delete",
        "prefix",
        "hr-data",
        None,
        "",
    )


def test_an_object_of_a_batch_delete_is_named_by_the_resources():
    (access,) = accesses_of(
        eventName="DeleteObject",
        eventType="AwsServiceEvent",
        userIdentity={"accountId": OWNER, "invokedBy": "AWS Internal"},
        sourceIPAddress="AWS Internal",
        requestParameters=None,
        without=("additionalEventData", "tlsDetails"),
    )
    assert (access.operation, access.scope, access.uri, access.principal, access.auth) == (
        "delete",
        "object",
        "s3://hr-data/payroll/2026/q3.csv",
        "service/AWS Internal",
        None,
    )


def test_tampering_with_the_trail_is_an_access_of_the_account():
    (access,) = accesses_of(
        eventName="StopLogging", eventSource="cloudtrail.amazonaws.com", requestParameters={"name": "t"}
    )
    assert (access.operation, access.scope, access.outcome) == ("other", "account", "success")


DEEP = (
    "requestParameters",
    "responseElements",
    "additionalEventData",
    "userIdentity",
    "resources",
    "tlsDetails",
)
PARAMETERS = (
    "x",
    "key",
    "bucketPolicy",
    "accessControlList",
    "AccessControlPolicy",
    "x-amz-acl",
    "versionId",
)


@pytest.mark.parametrize("levels", [200, 2000, 9000, 20_000])
@pytest.mark.parametrize(
    ("begin", "end"), [(b"[", b"]"), (b'{"accessControlList":', b"}")], ids=["lists", "objects"]
)
@pytest.mark.parametrize("place", [*DEEP, *(f"requestParameters.{name}" for name in PARAMETERS)])
def test_every_fact_can_be_read_from_a_record_that_is_deep_in_one_place(place, begin, end, levels):
    member, _, parameter = place.partition(".")
    changes = {member: {parameter: "DEEP"} if parameter else "DEEP"}
    raw = as_bytes(make_record(eventName="PutBucketPolicy", **changes))
    raw = raw.replace(b'"DEEP"', begin * levels + b"1" + end * levels)

    (access,) = extract(decode(raw), raw)
    assert {fact: access.field(fact) for fact in FACTS}.keys() == FACTS.keys()


@given(RECORDS, st.sampled_from(["CopyObject", "GetObject", "PutBucketPolicy"]))
def test_every_fact_can_be_read_from_any_record(document, name):
    raw = json.dumps({"eventSource": "s3.amazonaws.com", "eventName": name} | document).encode()
    for access in extract(decode(raw), raw):
        assert {fact: access.field(fact) for fact in FACTS}.keys() == FACTS.keys()
        assert access.dedupe_key[1] == access.operation

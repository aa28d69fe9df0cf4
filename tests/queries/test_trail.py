"""The saved searches of the trail, run on records of our own in DuckDB; the whole answer is compared."""

from __future__ import annotations

from typing import Any

import pytest
from s3watch_cli.generate.query_files import read_queries
from s3watch_cli.generate.query_template import FOLDER

from tests.support.cloudtrail import ANONYMOUS, OWNER, make_record, make_resources, make_user
from tests.support.project import ROOT
from tests.support.query_tables import Tables

QUERIES = {query.name: query for query in read_queries(ROOT / FOLDER)}
DAYS = ("2026/11/20", "2026/11/21")
ALICE = f"arn:aws:sts::{OWNER}:assumed-role/Analyst/alice"
BOB = f"arn:aws:iam::{OWNER}:user/bob"
KEY = "payroll/2026/q3.csv"
SIGV2 = {"SignatureVersion": "SigV2"}
AGENT = "[aws-cli/2.31.0 md/awscrt#0.27.6 ua/2.1 os/linux#6.8.0 lang/python#3.13.7]"


def ask(name: str, records: list[dict[str, Any]], *values: str) -> list[dict[str, Any]]:
    """The answer of a query on records, all of 20 November 2026 unless they say otherwise."""
    return Tables(records=records).ask(QUERIES[name], *values)


def at(time: str) -> str:
    return f"2026-11-20T{time}Z"


def presigned(expires: str = "3600", **changes: Any) -> dict[str, Any]:
    """A download by a presigned URL, valid for so many seconds."""
    return make_record(
        request={"X-Amz-Expires": expires}, additional={"AuthenticationMethod": "QueryString"}, **changes
    )


def test_requests_signed_the_old_way_are_listed():
    records = [make_record(), make_record(additional=SIGV2, userIdentity=make_user())]

    assert ask("sigv2-requests", records, *DAYS) == [
        {
            "eventtime": at("08:14:03"),
            "account": OWNER,
            "region": "eu-west-1",
            "eventname": "GetObject",
            "bucket": "hr-data",
            "object_key": KEY,
            "principal": BOB,
            "sourceipaddress": "203.0.113.7",
            "useragent": AGENT,
            "requestid": "K8R4TZ0QX6M2V9WB",
        }
    ]


def test_those_who_sign_the_old_way_are_counted():
    records = [
        make_record(additional=SIGV2, userIdentity=make_user(), eventTime=at("09:00:00")),
        make_record(additional=SIGV2, userIdentity=make_user()),
        make_record(),
    ]

    assert ask("sigv2-requesters", records, *DAYS) == [
        {
            "principal": BOB,
            "useragent": AGENT,
            "bucket": "hr-data",
            "requests": 2,
            "first_request": at("08:14:03"),
            "last_request": at("09:00:00"),
        }
    ]


def test_reads_of_an_object_are_downloads_and_copies_of_it():
    copy = make_record(
        eventName="CopyObject",
        bucket="analyst-scratch",
        request={"x-amz-copy-source": "/hr-data/payroll%2F2026/q3.csv"},
        eventTime=at("09:00:00"),
        requestID="COPY",
    )
    into = make_record(eventName="CopyObject", request={"x-amz-copy-source": "website-assets/logo.png"})
    other = [
        make_record(eventName="PutObject"),
        make_record(key="reviews/x"),
        make_record(eventTime=at("23:00:00")),
    ]
    records = [make_record(errorCode="AccessDenied"), copy, into, *other]

    moments = (at("08:00:00"), at("18:00:00"))

    assert ask("reads-of-an-object", records, *DAYS, *moments, "hr-data/payroll/") == [
        {
            "eventtime": at("08:14:03"),
            "eventname": "GetObject",
            "object": f"hr-data/{KEY}",
            "outcome": "AccessDenied",
            "principal": ALICE,
            "sourceipaddress": "203.0.113.7",
            "useragent": AGENT,
            "bytes_out": 28441,
            "requestid": "K8R4TZ0QX6M2V9WB",
        },
        {
            "eventtime": at("09:00:00"),
            "eventname": "CopyObject",
            "object": f"hr-data/{KEY}",
            "outcome": "success",
            "principal": ALICE,
            "sourceipaddress": "203.0.113.7",
            "useragent": AGENT,
            "bytes_out": 28441,
            "requestid": "COPY",
        },
    ]


def test_writes_of_an_object_are_uploads_and_copies_onto_it():
    records = [
        make_record(eventName="PutObject", additional={"bytesTransferredIn": 791.0}),
        make_record(),
        make_record(eventName="PutObject", bucket="website-assets"),
    ]

    moments = (at("08:00:00"), at("18:00:00"))

    assert ask("writes-of-an-object", records, *DAYS, *moments, f"hr-data/{KEY}") == [
        {
            "eventtime": at("08:14:03"),
            "eventname": "PutObject",
            "object": f"hr-data/{KEY}",
            "outcome": "success",
            "principal": ALICE,
            "sourceipaddress": "203.0.113.7",
            "useragent": AGENT,
            "bytes_in": 791,
            "requestid": "K8R4TZ0QX6M2V9WB",
        }
    ]


@pytest.mark.parametrize(
    "identity",
    [
        ANONYMOUS,
        {"type": "AWSAccount", "principalId": "ANONYMOUS_PRINCIPAL", "accountId": "anonymous"},
        {"type": "Unknown", "principalId": "", "accountId": ""},
    ],
    ids=["today's", "the older", "without an account"],
)
def test_anonymous_requests_are_found_however_they_are_spelled(identity):
    records = [make_record(), make_record(userIdentity=identity, errorCode="AccessDenied")]

    assert ask("anonymous-requests", records, *DAYS) == [
        {
            "eventtime": at("08:14:03"),
            "account": OWNER,
            "eventname": "GetObject",
            "bucket": "hr-data",
            "object_key": KEY,
            "outcome": "AccessDenied",
            "sourceipaddress": "203.0.113.7",
            "useragent": AGENT,
            "requestid": "K8R4TZ0QX6M2V9WB",
        }
    ]


def test_presigned_requests_are_counted_by_who_signed():
    from_console = {"sessionCredentialFromConsole": "true"}
    records = [
        presigned(),
        presigned(
            "604800", key="payroll/2026/q4.csv", sourceIPAddress="198.51.100.4", eventTime=at("09:00:00")
        ),
        presigned("300", **from_console),  # the console's own download
        presigned(errorCode="AccessDenied"),
        presigned(errorCode="NoSuchKey"),
        make_record(),
    ]

    assert ask("presigned-by-user", records, *DAYS) == [
        {
            "signed_by": ALICE,
            "bucket": "hr-data",
            "eventname": "GetObject",
            "requests": 2,
            "objects": 2,
            "addresses": 2,
            "longest_validity_in_seconds": 604800,
            "first_request": at("08:14:03"),
            "last_request": at("09:00:00"),
        }
    ]


def test_a_link_that_the_console_made_to_be_shared_is_a_presigned_request():
    records = [presigned("43200", sessionCredentialFromConsole="true")]

    assert [row["requests"] for row in ask("presigned-by-user", records, *DAYS)] == [1]


def test_deletions_of_an_object_are_found_in_batches_and_by_rules_too():
    single = make_record(eventName="DeleteObject", request={"versionId": "v1"}, requestID="A")
    batch = make_record(eventName="DeleteObjects", key=None, requestID="B")
    part = make_record(
        eventName="DeleteObject",
        eventType="AwsServiceEvent",
        requestParameters=None,
        requestID="B",
        resources=make_resources("hr-data", KEY)[::-1],
        userIdentity={"invokedBy": "AWS Internal"},
    )
    others = [
        make_record(eventName="DeleteObject", key="other"),
        make_record(eventName="DeleteObjects", key=None, bucket="b"),
    ]
    told = {"eventtime": at("08:14:03"), "outcome": "success", "sourceipaddress": "203.0.113.7"}
    this = {"useragent": AGENT, "eventname": "DeleteObject", "object": f"hr-data/{KEY}", "version": None}
    service = {"principal": "AWS Internal", "requestid": "B"}
    keyless = {"eventname": "DeleteObjects", "object": None, "principal": ALICE, "requestid": "B"}

    answer = ask("who-deleted-this", [single, batch, part, *others], *DAYS, f"hr-data/{KEY}", "hr-data")

    assert answer == [
        told | this | {"version": "v1", "principal": ALICE, "requestid": "A"},
        told | this | service,
        told | this | keyless,
    ]


EXPRESS = "arn:aws:s3express:eu-west-1:111122223333"


@pytest.mark.parametrize(
    "arn",
    [f"{EXPRESS}:bucket/hr-data--euw1-az1--x-s3/{KEY}", f"{EXPRESS}:hr-data--euw1-az1--x-s3/{KEY}"],
    ids=["whole", "as some records write it"],
)
def test_deletions_in_directory_buckets_are_found_by_the_arns_of_their_objects(arn):
    part = make_record(
        eventSource="s3express.amazonaws.com",
        eventName="DeleteObject",
        requestParameters=None,
        resources=[{"type": "AWS::S3Express::Object", "ARN": arn}],
    )
    bucket = "hr-data--euw1-az1--x-s3"

    [deleted] = ask("who-deleted-this", [part], *DAYS, f"{bucket}/{KEY}", bucket)
    [prefix] = ask("first-and-last-access-by-prefix", [part], *DAYS, bucket)

    assert (deleted["object"], prefix["prefix"]) == (f"{bucket}/{KEY}", "payroll/2026/")


def test_bytes_are_summed_by_principal():
    records = [
        make_record(),
        make_record(userIdentity=make_user(), additional={"bytesTransferredOut": 5_000_000_000.0}),
        make_record(bucket="website-assets"),
        make_record(additional={"bytesTransferredOut": None}),
    ]
    one = {"first_request": at("08:14:03"), "last_request": at("08:14:03"), "objects": 1, "bytes_in": 0}

    assert ask("bytes-by-principal", records, *DAYS, "hr-data") == [
        one | {"principal": BOB, "requests": 1, "bytes_out": 5_000_000_000},
        one | {"principal": ALICE, "requests": 2, "bytes_out": 28441},
    ]


@pytest.mark.parametrize(
    "point",
    ["payroll-x-s3alias", f"arn:aws:s3:eu-west-1:{OWNER}:accesspoint/payroll"],
    ids=["by its alias", "by its ARN"],
)
def test_what_goes_through_an_access_point_goes_out_of_its_bucket(point: str):
    records = [make_record(request={"bucketName": point}), make_record(bucket="website-assets")]

    [row] = ask("bytes-by-principal", records, *DAYS, "hr-data")

    assert (row["principal"], row["bytes_out"]) == (ALICE, 28441)


def test_prefixes_are_listed_with_the_longest_unused_first():
    records = [
        make_record(),
        make_record(
            eventName="PutObject", readOnly=False, key="payroll/2025/q1.csv", eventTime=at("07:00:00")
        ),
        make_record(key="README", eventTime=at("06:00:00"), userIdentity=make_user()),
        make_record(key="payroll/2025/q2.csv", errorCode="AccessDenied"),
    ]

    assert ask("first-and-last-access-by-prefix", records, *DAYS, "hr-data") == [
        {
            "prefix": "",
            "first_access": at("06:00:00"),
            "last_access": at("06:00:00"),
            "last_read": at("06:00:00"),
            "last_write": None,
            "requests": 1,
            "principals": 1,
        },
        {
            "prefix": "payroll/2025/",
            "first_access": at("07:00:00"),
            "last_access": at("07:00:00"),
            "last_read": None,
            "last_write": at("07:00:00"),
            "requests": 1,
            "principals": 1,
        },
        {
            "prefix": "payroll/2026/",
            "first_access": at("08:14:03"),
            "last_access": at("08:14:03"),
            "last_read": at("08:14:03"),
            "last_write": None,
            "requests": 1,
            "principals": 1,
        },
    ]


def test_a_copy_reads_in_one_prefix_and_writes_in_another_and_tags_are_neither():
    records = [
        make_record(eventName="CopyObject", key="b/c/d", request={"x-amz-copy-source": "/hr-data/a/b/c%20d"}),
        make_record(eventName="PutObjectTagging", readOnly=False, key="b/c/d", eventTime=at("09:00:00")),
    ]

    answer = ask("first-and-last-access-by-prefix", records, *DAYS, "hr-data")

    assert [(row["prefix"], row["last_read"], row["last_write"], row["last_access"]) for row in answer] == [
        ("a/b/", at("08:14:03"), None, at("08:14:03")),
        ("b/c/", None, at("08:14:03"), at("09:00:00")),
    ]


def test_denied_requests_are_counted_by_principal():
    records = [
        make_record(),
        make_record(errorCode="NoSuchKey"),
        make_record(errorCode="AccessDenied"),
        make_record(errorCode="AccessDenied", key="reviews/x", sourceIPAddress="198.51.100.4"),
    ]

    assert ask("denied-by-principal", records, *DAYS) == [
        {
            "principal": ALICE,
            "bucket": "hr-data",
            "eventname": "GetObject",
            "errorcode": "AccessDenied",
            "requests": 2,
            "objects": 2,
            "addresses": 2,
            "first_request": at("08:14:03"),
            "last_request": at("08:14:03"),
        }
    ]

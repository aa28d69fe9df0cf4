"""The saved searches of access logs, run on lines of our own; the whole answer is compared."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from s3watch_cli.generate.query_files import read_queries
from s3watch_cli.generate.query_template import FOLDER

from tests.support.access_log_line import make_line
from tests.support.project import ROOT
from tests.support.query_tables import Tables

QUERIES = {query.name: query for query in read_queries(ROOT / FOLDER)}
DAYS = ("2026/11/20", "2026/11/20")
MOMENTS = ("2026-11-20T08:00:00Z", "2026-11-20T18:00:00Z")
ALICE = "arn:aws:sts::111122223333:assumed-role/Analyst/alice"
BOB = "arn:aws:iam::111122223333:user/bob"
KEY = "payroll/2026/q3.csv"


def ask(name: str, lines: list[str], *values: str) -> list[dict[str, Any]]:
    return Tables(lines=lines).ask(QUERIES[f"access-log-{name}"], *values)


def at(hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2026, 11, 20, hour, minute, second)  # noqa: DTZ001  # Athena's date_parse knows no zone


SEEN = at(8, 14, 3)
ONCE = {"first_request": SEEN, "last_request": SEEN}


def test_requests_signed_the_old_way_are_listed():
    assert ask("sigv2-requests", [make_line(), make_line(signature="SigV2", requester=BOB)], *DAYS) == [
        {
            "request_time": SEEN,
            "bucket_name": "hr-data",
            "operation": "REST.GET.OBJECT",
            "key": KEY,
            "requester": BOB,
            "remoteip": "203.0.113.7",
            "useragent": '"aws-cli/2.31"',
            "requestid": "K8R4TZ0QX6M2V9WB",
        }
    ]


def test_those_who_sign_the_old_way_are_counted():
    lines = [make_line(), make_line(signature="SigV2"), make_line(signature="SigV2", at="09:00:00")]

    assert ask("sigv2-requesters", lines, *DAYS) == [
        {
            "requester": ALICE,
            "useragent": '"aws-cli/2.31"',
            "bucket_name": "hr-data",
            "requests": 2,
            "first_request": SEEN,
            "last_request": at(9),
        }
    ]


def row(operation: str, name: str, status: str = "200") -> dict[str, Any]:
    """A row of the searches by object."""
    return {
        "request_time": SEEN,
        "operation": operation,
        "object": name,
        "httpstatus": status,
        "requester": ALICE,
        "remoteip": "203.0.113.7",
        "useragent": '"aws-cli/2.31"',
        "bytessent": 28441,
        "objectsize": 28441,
        "requestid": "K8R4TZ0QX6M2V9WB",
    }


def test_reads_are_downloads_and_the_reading_half_of_copies():
    lines = [
        make_line(status="403"),
        make_line(operation="REST.COPY.OBJECT_GET", key="payroll/2026/q3%2520final.csv"),
        make_line(operation="REST.COPY.OBJECT"),
        make_line(operation="REST.GET.ACL"),
        make_line(at="23:00:00"),
        make_line(key="reviews/x"),
    ]

    answer = ask("reads-of-an-object", lines, *DAYS, *MOMENTS, "hr-data/payroll/")

    assert sorted(answer, key=lambda one: one["object"]) == [
        row("REST.COPY.OBJECT_GET", "hr-data/payroll/2026/q3 final.csv"),
        row("REST.GET.OBJECT", f"hr-data/{KEY}", "403"),
    ]


def test_writes_are_uploads_and_the_writing_half_of_copies():
    operations = [
        "REST.PUT.OBJECT",
        "REST.POST.UPLOAD",
        "REST.PUT.PART",
        "REST.COPY.OBJECT",
        "REST.GET.OBJECT",
    ]

    answer = ask(
        "writes-of-an-object",
        [make_line(operation=one) for one in operations],
        *DAYS,
        *MOMENTS,
        f"hr-data/{KEY}",
    )

    assert sorted(answer, key=lambda one: operations.index(one["operation"])) == [
        row(operation, f"hr-data/{KEY}") for operation in operations[:4]
    ]


def test_anonymous_requests_have_a_hyphen_for_a_requester():
    unsigned = {"requester": "-", "status": "403", "signature": "-", "auth": "-"}
    rejected = {"requester": "-", "status": "403", "error": "SignatureDoesNotMatch"}
    lines = [make_line(), make_line(**unsigned), make_line(**rejected), "not a line of an access log"]

    assert ask("anonymous-requests", lines, *DAYS) == [
        {
            "request_time": SEEN,
            "bucket_name": "hr-data",
            "operation": "REST.GET.OBJECT",
            "key": KEY,
            "httpstatus": "403",
            "remoteip": "203.0.113.7",
            "useragent": '"aws-cli/2.31"',
            "requestid": "K8R4TZ0QX6M2V9WB",
        }
    ]


def test_presigned_requests_are_counted_by_who_signed():
    lines = [make_line(), make_line(auth="QueryString"), make_line(auth="QueryString", ip="198.51.100.4")]

    assert ask("presigned-by-requester", lines, *DAYS) == [
        ONCE
        | {
            "signed_by": ALICE,
            "bucket_name": "hr-data",
            "operation": "REST.GET.OBJECT",
            "httpstatus": "200",
            "requests": 2,
            "objects": 1,
            "addresses": 2,
        }
    ]


@pytest.mark.parametrize(
    ("operation", "key"),
    [
        ("REST.DELETE.OBJECT", "payroll/2026/q3%2520a%252Bb.csv"),
        ("BATCH.DELETE.OBJECT", "payroll/2026/q3+a%2Bb.csv"),
        ("S3.EXPIRE.OBJECT", "payroll/2026/q3%20a%2Bb.csv"),
        ("S3.CREATE.DELETEMARKER", "payroll/2026/q3%20a%2Bb.csv"),
    ],
    ids=["a request", "a batch", "a lifecycle rule", "a lifecycle rule with versions"],
)
def test_every_kind_of_deletion_is_found(operation, key):
    told = make_line(operation=operation, key=key, version="v1")

    lines = [told, make_line(), make_line(operation=operation)]

    assert ask("who-deleted-this", lines, *DAYS, "hr-data", "payroll/2026/q3 a+b.csv") == [
        {
            "request_time": SEEN,
            "operation": operation,
            "key": key,
            "versionid": "v1",
            "httpstatus": "200",
            "requester": ALICE,
            "remoteip": "203.0.113.7",
            "useragent": '"aws-cli/2.31"',
            "requestid": "K8R4TZ0QX6M2V9WB",
        }
    ]


def test_a_deletion_of_tags_is_none_of_the_object():
    lines = [make_line(operation="REST.DELETE.OBJECT_TAGGING"), make_line(operation="REST.DELETE.UPLOAD")]

    assert ask("who-deleted-this", lines, *DAYS, "hr-data", KEY) == []


def test_what_a_requester_touched_is_summed_by_object():
    lines = [make_line(), make_line(sent="-", at="09:00:00"), make_line(requester=BOB)]

    assert ask("what-this-requester-touched", lines, *DAYS, "role/Analyst") == [
        {
            "requester": ALICE,
            "bucket_name": "hr-data",
            "key": KEY,
            "operation": "REST.GET.OBJECT",
            "httpstatus": "200",
            "requests": 2,
            "bytes_out": 28441,
            "first_request": SEEN,
            "last_request": at(9),
        }
    ]


def test_bytes_are_summed_by_requester():
    lines = [
        make_line(),
        make_line(requester=BOB, sent="5000000000"),
        make_line(sent="-"),
        make_line(bucket="b"),
    ]

    assert ask("bytes-by-requester", lines, *DAYS, "hr-data") == [
        ONCE | {"requester": BOB, "requests": 1, "objects": 1, "bytes_out": 5_000_000_000},
        ONCE | {"requester": ALICE, "requests": 2, "objects": 1, "bytes_out": 28441},
    ]


def test_prefixes_are_listed_with_the_longest_unused_first():
    lines = [
        make_line(),
        make_line(operation="REST.PUT.OBJECT", key="payroll/2025/q1.csv", at="07:00:00"),
        make_line(status="403", key="payroll/2024/q1.csv"),
        make_line(operation="REST.GET.BUCKET", key="-"),
    ]

    assert ask("first-and-last-access-by-prefix", lines, *DAYS, "hr-data") == [
        {
            "prefix": "payroll/2025/",
            "first_access": at(7),
            "last_access": at(7),
            "last_read": None,
            "last_write": at(7),
            "requests": 1,
            "requesters": 1,
        },
        {
            "prefix": "payroll/2026/",
            "first_access": SEEN,
            "last_access": SEEN,
            "last_read": SEEN,
            "last_write": None,
            "requests": 1,
            "requesters": 1,
        },
    ]


def prefix(**changes: Any) -> dict[str, Any]:
    """The row of payroll/2026/, to which one requester did two things at 09:00 or else as told."""
    told = {"first_access": at(9), "last_access": at(9), "last_read": None, "last_write": None}
    return {"prefix": "payroll/2026/"} | told | {"requests": 2, "requesters": 1} | changes


@pytest.mark.parametrize(
    ("lines", "row"),
    [
        (
            [
                make_line(operation="REST.COPY.OBJECT", at="09:00:00"),
                make_line(operation="REST.COPY.OBJECT_GET", at="10:00:00"),
            ],
            prefix(last_access=at(10), last_write=at(9), last_read=at(10)),
        ),
        (
            [
                make_line(operation="REST.POST.OBJECT", status="201"),
                make_line(operation="REST.POST.OBJECT", status="303", at="08:20:00"),
            ],
            prefix(first_access=SEEN, last_access=at(8, 20), last_write=at(8, 20)),
        ),
        (
            [make_line(), make_line(operation="REST.PUT.OBJECT_TAGGING", at="09:00:00")],
            prefix(first_access=SEEN, last_read=SEEN),
        ),
        (
            [
                make_line(operation="BATCH.DELETE.OBJECT", status="204", at="09:00:00"),
                make_line(operation="REST.DELETE.OBJECT", status="204", at="09:00:00"),
                make_line(operation="S3.EXPIRE.OBJECT", status="-", at="11:00:00", requester="AmazonS3"),
            ],
            prefix(),
        ),
    ],
    ids=["copied in and out", "uploads by a form", "tags", "deleted, and what a lifecycle rule deleted"],
)
def test_what_counts_as_read_and_written_is_what_the_rules_call_so(lines: list[str], row: dict[str, Any]):
    assert ask("first-and-last-access-by-prefix", lines, *DAYS, "hr-data") == [row]


def test_denied_requests_are_counted_wrong_signatures_too():
    lines = [
        make_line(),
        make_line(status="403", error="SignatureDoesNotMatch", requester="-"),
        make_line(status="404", error="NoSuchKey"),
    ]

    assert ask("denied-by-requester", lines, *DAYS) == [
        ONCE
        | {
            "requester": "-",
            "bucket_name": "hr-data",
            "operation": "REST.GET.OBJECT",
            "errorcode": "SignatureDoesNotMatch",
            "requests": 1,
            "objects": 1,
            "addresses": 1,
        }
    ]

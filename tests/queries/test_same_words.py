"""Rules and saved searches call the same things read, written, deleted, denied and successful.

The records are generated: every operation that a log names, with every end that a request can have.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import cycle, product
from typing import Any

import pytest
from s3watch.facts.access import Access
from s3watch.facts.extraction import extract
from s3watch.facts.operations import S3_EVENTS
from s3watch.sources.access_logs import translate
from s3watch.sources.cloudtrail import decode
from s3watch_cli.generate.query_files import read_queries
from s3watch_cli.generate.query_template import FOLDER

from tests.support.access_log_line import make_line
from tests.support.access_log_names import NAMES, OF_BUCKETS
from tests.support.cloudtrail import OWNER, as_bytes, make_record
from tests.support.project import ROOT
from tests.support.query_tables import Tables

QUERIES = {query.name: query for query in read_queries(ROOT / FOLDER)}
EVER = ("1900/01/01", "2100/12/31", "1900-01-01T00:00:00Z", "2100-12-31T00:00:00Z")
LIFECYCLE = ("S3.EXPIRE.OBJECT", "S3.CREATE.DELETEMARKER")
BY_S3 = {"requester": "AmazonS3", "status": "-", "signature": "-", "auth": "-"}
# No access if it succeeded: each of its objects has a line
CALL_OF_A_BATCH = "REST.POST.MULTI_OBJECT_DELETE"
CODES = (
    "AccessDenied", "AccountProblem", "AllAccessDisabled", "ExpiredToken", "Forbidden", "InternalError",
    "InvalidAccessKeyId", "InvalidObjectState", "InvalidToken", "KMS.DisabledException", "NoSuchKey",
    "NotSignedUp", "RequestExpired", "RequestTimeTooSkewed", "SignatureDoesNotMatch", "SlowDown",
    "TokenRefreshRequired", "UnauthorizedAccess", "VpceAccessDenied", "403", "404",
)  # fmt: skip
ENDS = (
    *product(("200", "201", "204", "206", "303", "304", "400", "403", "404", "503", "-"), ("-",)),
    *product(("400", "403", "404"), CODES[:-2]),
)
CALLERS = (
    {},
    {"requester": "-"},
    {"requester": "-", "signature": "-", "auth": "-"},
    {"signature": "SigV2"},
    {"auth": "QueryString"},
    {"auth": "QueryString", "uri": '"GET /payroll/a?X-Amz-Expires=300 HTTP/1.1"'},
    {"auth": "QueryString", "uri": '"GET /payroll/a?x=1&X-Amz-Expires=301 HTTP/1.1"'},
)


def make_lines(path: str = "p/{}/") -> list[str]:
    """Every operation with a few ends, some with every end; each object is below a path."""
    operations = [*((name, "a.csv") for name in NAMES), *((name, "-") for name in OF_BUCKETS)]
    combined = (
        (*operation, *end)
        for operation, end in [*product(operations, ENDS[::6]), *product(operations[:4], ENDS)]
        if not operation[0].startswith(LIFECYCLE) and (operation[0] != CALL_OF_A_BATCH or end[1] != "-")
    )
    asked = [
        make_line(
            request=f"R{number}", operation=operation, key=key if key == "-" else path.format(number) + key,
            status=status, error=error, **caller,
        )
        for number, ((operation, key, status, error), caller) in enumerate(zip(combined, cycle(CALLERS)))
    ]  # fmt: skip
    return [
        *asked,
        *(make_line(operation=name, key=path.format(name) + "a.csv", **BY_S3) for name in LIFECYCLE),
    ]


def make_records(path: str = "p/{}/") -> list[dict[str, Any]]:
    """Every data event with a few ends, two with every end, in both kinds of buckets and by access points."""
    names = [name for name, category in S3_EVENTS.items() if category == "data"]
    ended = [*product(names, (None, *CODES[::6])), *product(names[:2], CODES)]
    return [
        make_record(
            requestID=f"R{number}", eventName=name, errorCode=code, key=f"{path.format(number)}a.csv",
            eventSource=f"{'s3express' if number % 3 else 's3'}.amazonaws.com",
            eventVersion="1.11" if number % 5 else "1.05",
            request=sources(path.format(f"q{number}"), POINTS[number % len(POINTS)]) | named_by(number),
        )
        for number, (name, code) in enumerate(ended)
    ]  # fmt: skip


def named_by(number: int) -> dict[str, str]:
    """What some requests name in the place of a bucket."""
    named = ("", "payroll-x-s3alias", "arn:aws:s3:eu-west-1:111122223333:accesspoint/payroll", "")[number % 4]
    return {"bucketName": named} if named else {}


POINTS = ("hr-data", "payroll-x-s3alias", "arn:aws:s3:eu-west-1:111122223333:accesspoint/payroll/object")


def sources(path: str, bucket: str) -> dict[str, str]:
    return {
        "x-amz-copy-source": f"/{bucket}/{path}b%20c.csv?versionId=v1",
        "x-amz-rename-source": f"/hr-data/{path}a.csv",
    }


class World:
    """Records of one table, with the accesses that the rules see in them."""

    def __init__(self, tables: Tables, prefix: str, raws: list[bytes]) -> None:
        self._tables, self._prefix = tables, prefix
        self.accesses = [access for raw in raws for access in extract(decode(raw), raw)]

    def ask(self, name: str, *values: str) -> list[dict[str, Any]]:
        return self._tables.ask(QUERIES[self._prefix + name], *values)

    def of(self, operation: str) -> set[tuple[str | None, str]]:
        """The requests with an operation, and the objects that it was on."""
        return {
            (each.record.request_id, f"{each.bucket}/{each.key}")
            for each in self.accesses
            if each.operation == operation and each.key
        }


@cache
def world_of_lines(path: str = "p/{}/") -> World:
    made = make_lines(path)
    return World(Tables(lines=made), "access-log-", [translate(line.encode(), OWNER) for line in made])


@cache
def world_of_records(path: str = "p/{}/") -> World:
    made = make_records(path)
    return World(Tables(records=made), "", [as_bytes(record) for record in made])


@pytest.fixture(scope="module", params=[world_of_lines, world_of_records], ids=["lines", "records"])
def world(request: pytest.FixtureRequest) -> World:
    found: World = request.param()
    return found


@pytest.mark.parametrize("operation", ["read", "write"])
def test_a_search_for_an_operation_finds_what_the_rules_call_so(world: World, operation: str):
    rows = world.ask(f"{operation}s-of-an-object", *EVER, "hr-data/")

    found = {(row["requestid"], row["object"]) for row in rows}

    assert found
    assert found == world.of(operation)


def test_a_search_by_prefix_knows_what_succeeded_and_whether_it_was_read_or_written(world: World):
    rows = world.ask("first-and-last-access-by-prefix", *EVER[:2], "hr-data")
    done: dict[str, set[str]] = {}
    for access in world.accesses:
        if access.outcome == "success" and access.key:
            done.setdefault(access.key.rpartition("/")[0] + "/", set()).add(access.operation)

    assert {row["prefix"]: (bool(row["last_read"]), bool(row["last_write"])) for row in rows} == {
        prefix: ("read" in operations, "write" in operations) for prefix, operations in done.items()
    }


@pytest.mark.parametrize(
    ("name", "holds"),
    [
        ("denied-by-", lambda access: access.outcome == "denied"),
        ("anonymous-requests", lambda access: access.principal_type == "anonymous"),
        ("sigv2-requests", lambda access: access.additional.signature == "SigV2"),
        ("presigned-by-requester", lambda access: bool(access.presigned)),
    ],
    ids=["denied", "anonymous", "signature version 2", "presigned"],
)
def test_a_search_for_an_end_or_a_caller_finds_as_many_as_the_rules(
    name: str, holds: Callable[[Access], bool]
):
    world = world_of_lines()
    [query] = [each for each in QUERIES if each.startswith(f"access-log-{name}")]

    found = sum(row.get("requests", 1) for row in world.ask(query.removeprefix("access-log-"), *EVER[:2]))

    assert 0 < found == sum(map(holds, world.accesses))


def test_a_search_for_denials_of_the_trail_finds_those_of_the_rules():
    world = world_of_records()
    denied = {access.record.request_id for access in world.accesses if access.outcome == "denied"}

    assert sum(row["requests"] for row in world.ask("denied-by-principal", *EVER[:2])) == len(denied)


def test_a_search_for_deletions_finds_those_of_the_rules_and_of_lifecycle_rules():
    lines, records = world_of_lines("p/"), world_of_records("p/")
    by_lines = lines.ask("who-deleted-this", *EVER[:2], "hr-data", "p/a.csv")
    by_records = records.ask("who-deleted-this", *EVER[:2], "hr-data/p/a.csv", "hr-data")

    assert {row["requestid"] for row in by_lines if not row["operation"].startswith(LIFECYCLE)} == {
        request for request, _ in lines.of("delete")
    }
    assert {row["operation"] for row in by_lines} >= {*LIFECYCLE}
    assert {row["requestid"] for row in by_records if row["object"]} == {
        request for request, _ in records.of("delete")
    }


REQUESTERS = (
    "arn:aws:sts::111122223333:assumed-role/Analyst/alice",
    f"arn:aws:sts::{OWNER}:assumed-role/AWSReservedSSO_Analyst_0123456789abcdef/alice@example.com",
    "arn:aws:sts::444455556666:assumed-role/Analyst/alice",
    "arn:aws:sts::444455556666:assumed-role/AWSReservedSSO_Analyst_0123456789abcdef/alice@example.com",
    f"arn:aws:iam::{OWNER}:user/staff/bob",
    "arn:aws:iam::444455556666:user/bob",
    f"arn:aws:iam::{OWNER}:root",
    f"arn:aws:sts::{OWNER}:federated-user/carol",
    "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2EXAMPLE1ID",
    "svc:logging.s3.amazonaws.com",
    "AmazonS3",
    "0123abcd",
    "-",
)


@cache
def requests_of_requesters() -> tuple[list[str], list[Access]]:
    """A line for each requester, and the access that the rules see in it."""
    lines = [
        make_line(requester=each, request=f"R{number}", key=f"k{number}", signature="-", auth="-")
        for number, each in enumerate(REQUESTERS)
    ]
    raws = [translate(line.encode(), OWNER) for line in lines]
    return lines, [extract(decode(raw), raw)[0] for raw in raws]


@pytest.mark.parametrize("number", range(len(REQUESTERS)), ids=REQUESTERS)
def test_a_requester_is_found_by_every_name_that_alerts_show(number: int):
    lines, accesses = requests_of_requesters()
    tables, query = Tables(lines=lines), QUERIES["access-log-what-this-requester-touched"]
    access = accesses[number]

    for name in (access.actor, access.principal, access.field("userIdentity.arn") or access.principal):
        named = {each.key for each in accesses if name in (each.actor, each.principal)}
        found = {row["key"] for row in tables.ask(query, *EVER[:2], name)}
        assert {access.key} | named <= found
        assert len(found) < len(lines)

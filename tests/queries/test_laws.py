"""What holds of every saved search, on our own records and on recorded ones."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from s3watch.errors import LogFileError, RecordError
from s3watch.facts.extraction import extract
from s3watch.sources.cloudtrail import decode
from s3watch.sources.streams import read_records
from s3watch_cli.generate.query_files import Query, literal, read_queries
from s3watch_cli.generate.query_template import FOLDER
from sqlglot import exp

from tests.support.access_log_line import make_line
from tests.support.cloudtrail import ANONYMOUS, OTHER, as_bytes, make_record, make_role
from tests.support.project import ROOT
from tests.support.query_tables import Tables, columns

QUERIES = {query.name: query for query in read_queries(ROOT / FOLDER)}
TABLES = {"cloudtrail_logs": "CloudTrailLogs", "s3_access_logs": "AccessLogLines"}
EVER = ("1900/01/01", "2100/12/31")
CORPUS = os.environ.get("S3WATCH_CORPUS", "")
recorded = pytest.mark.skipif(not CORPUS, reason="S3WATCH_CORPUS names no folder of recorded events")
every_query = pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)


def examples(query: Query) -> list[str]:
    return [one.example[1:-1].replace("''", "'") for one in query.parameters]


@every_query
def test_a_query_names_its_own_table_only_and_columns_that_are_there(query: Query):
    [statement] = sqlglot.parse(query.sql, read="athena")
    named = {cte.alias for cte in statement.find_all(exp.CTE)}
    made = {alias.alias for alias in statement.find_all(exp.Alias)}
    made |= {column.name for alias in statement.find_all(exp.TableAlias) for column in alias.columns}
    used = {column.parts[0].name for column in statement.find_all(exp.Column)}
    bound = {name.name for each in statement.find_all(exp.Lambda) for name in each.expressions}

    assert {table.name for table in statement.find_all(exp.Table)} - named == {query.table}
    assert used - made - bound <= columns(TABLES[query.table]).keys()


@every_query
def test_a_query_reads_the_days_it_is_told_and_no_others(query: Query):
    [statement] = sqlglot.parse(query.sql, read="athena")
    days = [one for one in statement.find_all(exp.Between) if one.this.sql() == '"timestamp"']

    assert [one.sql() for one in days] == ['"timestamp" BETWEEN ? AND ?']
    assert isinstance(days[0].find_ancestor(exp.Select).args["from_"].this, exp.Table)


@every_query
def test_parameters_stand_where_athena_allows_them(query: Query):
    [statement] = sqlglot.parse(query.sql, read="athena")

    marks = list(statement.find_all(exp.Placeholder))

    assert len(marks) == len(query.parameters) <= 25  # the most that Athena's console asks for
    assert all(mark.find_ancestor(exp.Where) for mark in marks)


@every_query
def test_a_query_runs_with_its_own_examples(query: Query):
    tables = Tables([make_record()], [make_line()])

    assert isinstance(tables.ask(query, *examples(query)), list)


@every_query
def test_a_value_is_compared_and_never_run(query: Query):
    hostile = "' OR 1=1; DROP TABLE cloudtrail_logs --"
    values = [*EVER, *(hostile for _ in query.parameters[2:])]
    tables = Tables([make_record()], [make_line()])
    spelled = iter([literal(value) for value in values])

    as_literals = sqlglot.parse_one(query.sql, read="athena").transform(
        lambda node: (
            sqlglot.parse_one(next(spelled), read="athena") if isinstance(node, exp.Placeholder) else node
        )
    )

    answer = tables.ask(query, *values)
    assert (answer == []) or len(query.parameters) == 2
    assert tables.run(as_literals.sql("athena")) == answer


def recorded_events() -> list[dict[str, Any]]:
    """Every readable record of S3's below the corpus."""
    found = []
    for path in sorted(Path(CORPUS).rglob("*")):
        if path.name.endswith((".json", ".json.gz", ".ndjson")):
            with suppress(LogFileError):
                for raw in read_records([path.read_bytes()], path.name):
                    with suppress(RecordError, ValueError):
                        decode(raw)
                        found.append(json.loads(bytes(raw)))
    return [record for record in found if record.get("eventSource") == "s3.amazonaws.com"]


def recorded_lines() -> list[str]:
    return [
        line
        for path in sorted(Path(CORPUS).rglob("*.log"))
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines()
    ]


@pytest.fixture(scope="module")
def recorded_tables() -> Tables:
    return Tables(recorded_events(), recorded_lines())


@recorded
@every_query
def test_a_query_runs_on_recorded_logs(query: Query, recorded_tables: Tables):
    answer = recorded_tables.ask(query, *EVER, *examples(query)[2:])

    assert len(answer) < 10_000


def count(tables: Tables, name: str) -> int:
    rows = tables.ask(QUERIES[name], *EVER)
    return sum(row.get("requests", 1) for row in rows)


def combined() -> list[dict[str, Any]]:
    """Records with every combination of who, how signed, with what and with which end."""
    identities = [
        make_role(),
        ANONYMOUS,
        {"type": "AWSAccount", "principalId": "ANONYMOUS_PRINCIPAL"},
        {"type": "AWSAccount", "principalId": "AIDAEXAMPLE", "accountId": OTHER},
    ]
    signed = [
        ({}, {"AuthenticationMethod": "AuthHeader", "SignatureVersion": "SigV2"}),
        ({}, {"AuthenticationMethod": "QueryString"}),
        ({"X-Amz-Expires": "300"}, {"AuthenticationMethod": "QueryString"}),
        ({"X-Amz-Expires": "301"}, {"AuthenticationMethod": "QueryString"}),
    ]
    clients = [
        {},
        {"userAgent": "[S3Console/0.4]"},
        {"sessionCredentialFromConsole": "true"},
        {"eventVersion": "1.07"},
        {"userAgent": None},
    ]
    ends = [
        None,
        "AccessDenied",
        "SignatureDoesNotMatch",
        "AllAccessDisabled",
        "NoSuchKey",
        "VpceAccessDenied",
    ]
    return [
        make_record(userIdentity=identity, request=request, additional=additional, errorCode=end, **client)
        for identity, (request, additional), client, end in product(identities, signed, clients, ends)
    ]


SAME = pytest.mark.parametrize(
    ("name", "holds"),
    [
        ("anonymous-requests", lambda access: access.principal_type == "anonymous"),
        ("presigned-by-user", lambda access: bool(access.presigned) and access.outcome == "success"),
        ("denied-by-principal", lambda access: access.outcome == "denied"),
        ("sigv2-requests", lambda access: access.additional.signature == "SigV2"),
    ],
    ids=["anonymous", "presigned", "denied", "signature version 2"],
)


@pytest.fixture(scope="module")
def combined_tables() -> Tables:
    return Tables(combined())


@SAME
def test_a_query_finds_what_the_rules_find(name, holds, combined_tables: Tables):
    accesses = [extract(decode(raw), raw)[0] for raw in map(as_bytes, combined())]

    found = count(combined_tables, name)

    assert 0 < found < len(accesses)
    assert found == sum(map(holds, accesses))


@recorded
@SAME
def test_a_query_finds_in_recorded_logs_what_the_rules_find(name, holds, recorded_tables: Tables):
    accesses = [first for raw in map(as_bytes, recorded_events()) for first in extract(decode(raw), raw)[:1]]

    assert count(recorded_tables, name) == sum(map(holds, accesses))

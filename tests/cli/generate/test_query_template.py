"""What is written from queries/*.sql, and that it is what queries/*.sql say now."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from s3watch_cli.generate.query_files import Parameter, Query, read_queries
from s3watch_cli.generate.query_template import (
    FOLDER,
    HEAD,
    OF_STATEMENTS,
    PAGE,
    STATEMENTS,
    TEMPLATES,
    execute,
    page,
    statements,
    template,
)

from tests.support.project import ROOT
from tests.support.query_tables import STACK

QUERIES = {query.name: query for query in read_queries(ROOT / FOLDER)}
RESOURCES = STACK.of("AWS::Athena::NamedQuery")
QUERY = Query(
    "who-was-it", "Who", "Who was it?", "s3_access_logs", (Parameter("key", "text", "'a'"),), "SELECT\n  ?"
)
PREPARED = Query(
    "who",
    "Who",
    "Who?",
    "cloudtrail_logs",
    QUERY.parameters,
    "SELECT 1\nFROM cloudtrail_logs\nWHERE ?",
    "who",
)


def test_a_query_becomes_a_named_query_of_the_work_group():
    assert (
        template("s3_access_logs", [QUERY])
        == HEAD.format(of="over the table s3_access_logs")
        + """\
  WhoWasItQuery:
    Type: AWS::Athena::NamedQuery
    Properties:
      Name: who-was-it
      Description: >-
        Who was it?
        Parameters:
        1. key, such as 'a'
      Database: !Ref Database
      WorkGroup: !Ref WorkGroup
      QueryString: |
        SELECT
          ?
"""
    )


def test_a_template_holds_the_queries_of_its_table_alone():
    assert template("cloudtrail_logs", [QUERY]) == HEAD.format(of="over the table cloudtrail_logs")


def test_a_query_that_mails_run_is_a_prepared_statement_and_a_saved_query_that_runs_it():
    assert (
        statements([QUERY, PREPARED])
        == HEAD.format(of=OF_STATEMENTS)
        + """\
  WhoStatement:
    Type: AWS::Athena::PreparedStatement
    Properties:
      StatementName: who
      Description: Who
      WorkGroup: !Ref WorkGroup
      QueryStatement: !Sub |
        SELECT 1
        FROM "${Database}".cloudtrail_logs
        WHERE ?

  WhoQuery:
    Type: AWS::Athena::NamedQuery
    Properties:
      Name: who
      Description: >-
        Who?
        Parameters:
        1. key, such as 'a'
      Database: !Ref Database
      WorkGroup: !Ref WorkGroup
      QueryString: |
        EXECUTE who USING
          'a'
"""
    )
    assert template("cloudtrail_logs", [PREPARED]) == HEAD.format(of="over the table cloudtrail_logs")


@pytest.mark.parametrize(("table", "path"), TEMPLATES.items(), ids=TEMPLATES)
def test_a_template_is_not_stale(table: str, path: Path):
    text = (ROOT / path).read_text()

    assert template(table, list(QUERIES.values())) == text, "run make generate"


def test_the_template_of_statements_is_not_stale():
    assert statements(list(QUERIES.values())) == (ROOT / STATEMENTS).read_text(), "run make generate"


def test_the_page_is_not_stale():
    text = (ROOT / PAGE).read_text()

    assert page(list(QUERIES.values())) == text, "run make generate"


def test_every_query_is_deployed_as_it_stands_in_its_file():
    deployed = {one["Name"]: one["QueryString"] for one in RESOURCES.values()}

    assert deployed == {
        name: f"{execute(query) if query.statement else query.sql}\n" for name, query in QUERIES.items()
    }


def test_a_statement_is_deployed_as_it_stands_in_its_file_and_names_its_database():
    deployed = STACK.of("AWS::Athena::PreparedStatement").values()

    assert {one["StatementName"]: one["QueryStatement"].replace('"Database".', "") for one in deployed} == {
        query.statement: f"{query.sql}\n" for query in QUERIES.values() if query.statement
    }
    assert all(one["QueryStatement"].count('FROM "Database".cloudtrail_logs\n') == 1 for one in deployed)


@pytest.mark.parametrize(
    "query", [one for one in QUERIES.values() if one.statement], ids=lambda one: one.name
)
def test_a_statement_keeps_athenas_limits(query: Query):
    assert re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]{0,255}", query.statement)
    assert "${" not in query.sql  # CloudFormation would put something in its place


@pytest.mark.parametrize("resource", RESOURCES.values(), ids=RESOURCES)
def test_a_named_query_keeps_athenas_limits(resource: dict[str, Any]):
    assert len(resource["Name"]) <= 128
    assert len(resource["Description"]) <= 1024
    assert len(resource["QueryString"].encode()) <= 262_144

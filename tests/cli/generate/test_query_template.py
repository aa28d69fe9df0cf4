"""What is written from queries/*.sql, and that it is what queries/*.sql say now."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from s3watch_cli.generate.query_files import Parameter, Query, read_queries
from s3watch_cli.generate.query_template import FOLDER, HEAD, PAGE, TEMPLATES, page, template

from tests.support.project import ROOT
from tests.support.query_tables import STACK

QUERIES = {query.name: query for query in read_queries(ROOT / FOLDER)}
RESOURCES = STACK.of("AWS::Athena::NamedQuery")
QUERY = Query(
    "who-was-it", "Who", "Who was it?", "s3_access_logs", (Parameter("key", "text", "'a'"),), "SELECT\n  ?"
)


def test_a_query_becomes_a_named_query_of_the_work_group():
    assert (
        template("s3_access_logs", [QUERY])
        == HEAD.format(table="s3_access_logs")
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
    assert template("cloudtrail_logs", [QUERY]) == HEAD.format(table="cloudtrail_logs")


@pytest.mark.parametrize(("table", "path"), TEMPLATES.items(), ids=TEMPLATES)
def test_a_template_is_not_stale(table: str, path: Path):
    text = (ROOT / path).read_text()

    assert template(table, list(QUERIES.values())) == text, "run make generate"


def test_the_page_is_not_stale():
    text = (ROOT / PAGE).read_text()

    assert page(list(QUERIES.values())) == text, "run make generate"


def test_every_query_is_deployed_as_it_stands_in_its_file():
    deployed = {one["Name"]: one["QueryString"] for one in RESOURCES.values()}

    assert deployed == {name: f"{query.sql}\n" for name, query in QUERIES.items()}


@pytest.mark.parametrize("resource", RESOURCES.values(), ids=RESOURCES)
def test_a_named_query_keeps_athenas_limits(resource: dict[str, Any]):
    assert len(resource["Name"]) <= 128
    assert len(resource["Description"]) <= 1024
    assert len(resource["QueryString"].encode()) <= 262_144

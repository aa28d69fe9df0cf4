from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

import duckdb
import pytest
from hypothesis import given
from s3watch.alerts.alert import Alert
from s3watch.alerts.searches import Search, athena, insights, literal, pattern, period, searches
from s3watch.text import columns

from tests.support.sample_alerts import OTHER, OWNER, STORIES, TEXTS, make_alert, make_evidence, wild_alerts

COLUMNS = """eventtime VARCHAR, eventsource VARCHAR, eventname VARCHAR, errorcode VARCHAR,
  sourceipaddress VARCHAR,
  useridentity STRUCT(type VARCHAR, arn VARCHAR, accountid VARCHAR, invokedby VARCHAR, username VARCHAR,
    sessioncontext STRUCT(sessionissuer STRUCT(username VARCHAR))),
  requestparameters VARCHAR, "timestamp" VARCHAR"""


@dataclass
class Table:
    """The table of Athena's documentation in DuckDB, with the columns that the searches read."""

    connection: duckdb.DuckDBPyConnection

    def fill(self, *keys: str) -> None:
        self.connection.execute("DELETE FROM cloudtrail_logs")
        who = {"arn": make_evidence().arn}
        for key in keys:
            request = json.dumps({"bucketName": "hr-data", "key": key})
            row = [
                "2026-11-20T08:14:03Z",
                "s3.amazonaws.com",
                "GetObject",
                None,
                "203.0.113.7",
                who,
                request,
                "2026/11/20",
            ]
            self.connection.execute("INSERT INTO cloudtrail_logs VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)

    def keys(self, lines: list[str]) -> list[str]:
        found = self.connection.execute("\n".join(lines)).fetchall()
        return [json.loads(row[-1])["key"] for row in found]


@pytest.fixture(scope="module")
def table() -> Table:
    connection = duckdb.connect()
    connection.execute(f"CREATE TABLE cloudtrail_logs ({COLUMNS})")
    connection.execute(
        "CREATE MACRO json_extract_scalar(document, path) AS json_extract_string(document, path)"
    )
    return Table(connection)


def search_of_object(key: str) -> tuple[Search, Alert]:
    alert = make_alert(make_evidence(key=key))
    return searches(alert)[1], alert


def test_the_search_for_an_object_finds_it_and_no_other(table):
    search, alert = search_of_object("payroll/2026/q3.csv")
    table.fill("payroll/2026/q3.csv", "payroll/2026/q4.csv")

    assert table.keys(athena(search, alert)) == ["payroll/2026/q3.csv"]


def test_the_search_for_an_actor_finds_its_session(table):
    alert = make_alert()
    table.fill("a", "b")

    assert table.keys(athena(searches(alert)[0], alert)) == ["a", "b"]


# Neither S3 nor DuckDB's JSON has NUL in a text
@given(key=TEXTS.filter(lambda key: key and "\0" not in key))
def test_a_key_cannot_break_out_of_its_quotes(table, key):
    search, alert = search_of_object(key)
    table.fill(key, "another key")

    assert table.keys(athena(search, alert)) == [key]


@given(TEXTS)
def test_a_quoted_text_equals_the_text(text):
    shown = " || ".join(literal(text))

    assert duckdb.sql(f"SELECT {shown}").fetchall() == [(text,)]
    assert shown.isprintable()
    assert "://" not in shown


@given(TEXTS.filter(lambda text: "\n" not in text))
def test_a_pattern_matches_its_text_and_has_only_safe_characters(text):
    written = pattern(text)

    assert re.fullmatch(written, text)
    assert re.fullmatch(r"(\[\^\\/\]\+|\.\*|\\[./+]|[A-Za-z0-9 _@:=,-])*", written)
    assert len(written) <= 62


@given(wild_alerts())
def test_every_possible_search_has_short_visible_lines(alert):
    for search in searches(alert):
        lines = [*athena(search, alert), *insights(search)]

        assert max(map(columns, lines)) <= 78
        assert all(line.isprintable() for line in lines)


def test_a_search_in_logs_insights_uses_cloudtrails_field_names():
    search, _ = search_of_object("payroll/2026/q3.csv")

    assert insights(search) == [
        "fields @timestamp, eventName, errorCode, sourceIPAddress,",
        "  userIdentity.arn, requestParameters.key",
        '| filter requestParameters.bucketName = "hr-data"',
        '| filter requestParameters.key = "payroll/2026/q3.csv"',
        "| sort @timestamp asc",
    ]


def test_logs_insights_searches_for_an_unsafe_key_by_pattern():
    search, _ = search_of_object('payroll/" | limit 1')

    assert insights(search)[3] == r"| filter requestParameters.key like /^payroll\/[^\/]+ [^\/]+ limit 1$/"


@pytest.mark.parametrize(
    ("identity", "terms"),
    [
        (
            {"principal": "role/etl", "caller_account": OWNER},
            [
                ("userIdentity.sessionContext.sessionIssuer.userName", "etl"),
                ("userIdentity.accountId", OWNER),
            ],
        ),
        (
            {"principal": f"{OTHER}:user/bob", "caller_account": OTHER},
            [("userIdentity.userName", "bob"), ("userIdentity.accountId", OTHER)],
        ),
        ({"principal": OTHER, "caller_account": OTHER}, [("userIdentity.accountId", OTHER)]),
        ({"principal": "root"}, [("userIdentity.type", "Root"), ("userIdentity.accountId", OWNER)]),
        ({"principal": "service/macie.amazonaws.com"}, [("userIdentity.invokedBy", "macie.amazonaws.com")]),
        (
            {"principal": "anonymous"},
            [("userIdentity.accountId", "anonymous"), ("sourceIPAddress", "203.0.113.7")],
        ),
        ({"principal": "unknown"}, [("sourceIPAddress", "203.0.113.7")]),
    ],
    ids=["role", "foreign user", "foreign account", "root", "service", "anonymous", "unknown"],
)
def test_an_actor_is_searched_by_what_cloudtrail_records(identity: dict[str, Any], terms):
    evidence = make_evidence(**identity, actor=identity["principal"])

    assert searches(make_alert(evidence))[0].terms == tuple(terms)


def test_a_roll_up_is_searched_by_actor_only():
    assert [search.question for search in searches(STORIES["rollup"])] == ["what else this actor did"]


def test_a_key_that_is_too_long_for_s3_is_not_searched_for():
    search, _ = search_of_object("x" * 1025)

    assert search.terms == (("requestParameters.bucketName", "hr-data"),)


def test_the_search_covers_an_hour_before_and_after_the_accesses():
    assert period(STORIES["rollup"]) == "2026-11-20 07:14:03 to 10:13:34 UTC"


def test_an_arn_of_other_characters_than_sts_takes_is_no_link_in_a_search():
    evidence = make_evidence(
        arn="x (https://evil.example)", actor="x", principal="role/y", actor_verified=True
    )
    alert = make_alert(evidence=evidence)

    assert "https://" not in "\n".join(line for each in searches(alert) for line in athena(each, alert))

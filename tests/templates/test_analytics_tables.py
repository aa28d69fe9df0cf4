"""The tables of stacks/analytics-tables.yaml: where they read, and how they take a line apart."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp

from tests.support.access_log_line import FIELDS, make_line
from tests.support.cloudformation import deploy
from tests.support.cloudtrail import make_record
from tests.support.query_tables import STACK, columns, read_line

CORPUS = os.environ.get("S3WATCH_CORPUS", "")
PATH = "stacks/analytics-tables.yaml"
WHERE = {"projection.account.values", "projection.region.values", "storage.location.template"}


def trail_table(**given: str) -> dict[str, str]:
    """Where the trail's table reads."""
    table = deploy(PATH, **({"Name": "s3watch", "TrailBucket": "logs"} | given))["CloudTrailLogs"][
        "TableInput"
    ]
    place = {"location": table["StorageDescriptor"]["Location"]}
    return place | {name: value for name, value in table["Parameters"].items() if name in WHERE}


def test_an_accounts_trail_has_one_account_and_one_region():
    assert trail_table() == {
        "location": "s3://logs/AWSLogs/",
        "projection.account.values": "111122223333",
        "projection.region.values": "eu-west-1",
        "storage.location.template": "s3://logs/AWSLogs/${account}/CloudTrail/${region}/${timestamp}",
    }


def test_an_organizations_trail_has_many():
    accounts, regions = "111122223333,444455556666", "eu-west-1,us-east-1"
    given = {
        "TrailBucket": "logs/audit",
        "OrganizationId": "o-a1b2c3d4e5",
        "Accounts": accounts,
        "Regions": regions,
    }

    assert trail_table(**given) == {
        "location": "s3://logs/audit/AWSLogs/o-a1b2c3d4e5/",
        "projection.account.values": accounts,
        "projection.region.values": regions,
        "storage.location.template": (
            "s3://logs/audit/AWSLogs/o-a1b2c3d4e5/${account}/CloudTrail/${region}/${timestamp}"
        ),
    }


def test_access_logs_are_read_where_s3_puts_them_with_dated_folders():
    parameters = STACK["AccessLogLines"]["TableInput"]["Parameters"]

    assert parameters["projection.source_bucket.values"] == "hr-data,finance-exports"
    assert parameters["storage.location.template"] == (
        "s3://access-logs/111122223333/eu-west-1/${source_bucket}/${timestamp}"
    )


def test_access_logs_may_be_below_a_prefix():
    stack = deploy(PATH, Name="s3watch", AccessLogBucket="audit-logs/s3", LoggedBuckets="hr-data")
    table = stack["AccessLogLines"]["TableInput"]

    assert table["StorageDescriptor"]["Location"] == "s3://audit-logs/s3/111122223333/eu-west-1/"
    assert table["Parameters"]["storage.location.template"].startswith("s3://audit-logs/s3/111122223333/")


@pytest.mark.parametrize("table", ["CloudTrailLogs", "AccessLogLines"], ids=str)
def test_every_partition_is_projected_and_all_parameters_are_texts(table):
    made = STACK[table]["TableInput"]
    projected = {name.split(".")[1] for name in made["Parameters"] if name.startswith("projection.")}

    assert projected - {"enabled"} == {key["Name"] for key in made["PartitionKeys"]}
    assert {type(value) for value in made["Parameters"].values()} == {str}


@pytest.mark.parametrize(
    ("given", "tables"),
    [
        ({}, set()),
        ({"TrailBucket": "logs"}, {"cloudtrail_logs"}),
        ({"AccessLogBucket": "logs", "LoggedBuckets": "hr-data"}, {"s3_access_logs"}),
    ],
    ids=["no logs", "a trail's", "access logs"],
)
def test_there_are_searches_for_tables_that_exist_only(given, tables):
    stack = deploy(PATH, Name="s3watch", **given)
    texts = [
        *(query["QueryString"] for query in stack.of("AWS::Athena::NamedQuery").values()),
        *(each["QueryStatement"] for each in stack.of("AWS::Athena::PreparedStatement").values()),
    ]

    assert {table["TableInput"]["Name"] for table in stack.of("AWS::Glue::Table").values()} == tables
    assert {
        name for name in ("cloudtrail_logs", "s3_access_logs") for text in texts if name in text
    } == tables


def test_a_search_can_not_read_without_a_limit():
    settings = STACK["WorkGroup"]["WorkGroupConfiguration"]

    assert settings["EnforceWorkGroupConfiguration"] is True
    assert settings["BytesScannedCutoffPerQuery"] == 107_374_182_400
    assert settings["ManagedQueryResultsConfiguration"] == {"Enabled": True}


def test_results_go_where_they_are_told_to():
    settings = deploy(PATH, Name="s3watch", ResultsLocation="s3://results/")["WorkGroup"][
        "WorkGroupConfiguration"
    ]

    assert "ManagedQueryResultsConfiguration" not in settings
    assert settings["ResultConfiguration"] == {
        "OutputLocation": "s3://results/",
        "EncryptionConfiguration": {"EncryptionOption": "SSE_S3"},
        "ExpectedBucketOwner": "111122223333",
    }


def members(value: Any, path: str = "") -> set[str]:
    """The paths of a record that lead to a member, in lower case, as deep as the table goes."""
    if not isinstance(value, dict):
        return {path}
    return {deep for name, member in value.items() for deep in members(member, f"{path}.{name.lower()}")}


def shape(kind: exp.DataType, path: str) -> set[str]:
    if not kind.is_type("struct"):
        return {path}
    return {deep for part in kind.expressions for deep in shape(part.args["kind"], f"{path}.{part.name}")}


def test_the_table_has_a_place_for_every_member_of_a_record():
    described = columns("CloudTrailLogs")
    places = {place for name, kind in described.items() for place in shape(kind, f".{name}")}

    missing = {
        path
        for path in members(make_record())
        if not any(path == one or path.startswith(f"{one}.") for one in places)
    }

    assert missing == set()


def whole(**changes: str) -> dict[str, str | None]:
    return read_line(make_line(**changes))


def test_a_line_has_a_column_for_each_field():
    values = list(FIELDS.values())
    values[2] = values[2].strip("[]")

    assert list(whole().values()) == values


@pytest.mark.parametrize("fields", range(17, 28), ids=str)
def test_older_lines_have_the_fields_they_have(fields):
    values = list(read_line(make_line(fields)).values())

    assert values[3:] == (list(FIELDS.values())[:fields] + [None] * (27 - fields))[3:]


def test_newer_lines_may_have_more_fields():
    assert read_line(make_line() + " something new") == whole()


def test_an_origin_access_identity_is_a_requester_with_spaces():
    identity = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2EXAMPLE1ID"

    assert whole(requester=identity) == whole() | {"requester": identity}


HOSTILE = {
    "spaces in a referer": {"referer": '"https://example.com/a b c"'},
    "a quote in a referer": {"referer": '"a"b"'},
    "quotes and spaces in a user agent": {"agent": '"x" 200 - - "y"'},
    "a user agent that looks like the end": {"agent": '"x" - HOST SigV2 - QueryString "'},
    "a quote in a request": {"uri": '"GET /a"b?c="d HTTP/1.1"'},
    "spaces in a request": {"uri": '"GET /a b HTTP/1.1"'},
    "line separators": {"agent": '"a\u2028b\x85c"'},
    "no request": {"uri": '"-"', "status": "-", "referer": "-", "agent": "-"},
}


@pytest.mark.parametrize("changes", HOSTILE.values(), ids=HOSTILE)
def test_what_a_client_writes_moves_no_other_column(changes):
    plain, got = whole(), whole(**changes)

    own = {"request_uri", "referrer", "useragent", "httpstatus"}
    assert {name: got[name] for name in got if name not in own} == {
        name: plain[name] for name in plain if name not in own
    }
    assert got["referrer"] + got["useragent"] == (changes | {}).get("referer", '"-"') + changes.get(
        "agent", '"aws-cli/2.31"'
    )


TYPED = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=40)


@given(referer=TYPED, agent=TYPED, uri=st.text(st.characters(codec="ascii", exclude_categories=("Cc", "Zs"))))
def test_no_referer_user_agent_or_address_hides_a_line_or_forges_its_fields(referer, agent, uri):
    got = whole(referer=f'"{referer}"', agent=f'"{agent}"', uri=f'"GET /{uri} HTTP/1.1"')

    assert (got["requester"], got["operation"], got["sigv"], got["authtype"], got["aclrequired"]) == (
        FIELDS["requester"],
        "REST.GET.OBJECT",
        "SigV4",
        "AuthHeader",
        "-",
    )


@pytest.mark.skipif(not CORPUS, reason="S3WATCH_CORPUS names no folder of recorded events")
def test_every_recorded_line_can_be_read():
    lines = [
        line
        for path in sorted(Path(CORPUS).rglob("*.log"))
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines()
        if line
    ]

    assert lines
    assert [line for line in lines if read_line(line)["requestid"] is None] == []

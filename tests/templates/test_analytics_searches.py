"""stacks/analytics.yaml: the saved searches of Logs Insights and the dashboard, and what costs what."""

from __future__ import annotations

import json
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from s3watch.errors import LogFileError
from s3watch.sources.streams import read_records
from samcli.yamlhelper import yaml_parse

from tests.support.analytics_stacks import OBJECTS, analysis, sensitive
from tests.support.cloudformation import Stack
from tests.support.cloudtrail import ANONYMOUS, make_record, make_user
from tests.support.insights_queries import COMMANDS, commands, fields
from tests.support.project import ROOT

CORPUS = os.environ.get("S3WATCH_CORPUS", "")
STACK = analysis(SensitiveObjects=OBJECTS)
SEARCHES = STACK.of("AWS::Logs::QueryDefinition")

FULL = make_record(userIdentity=make_user(), errorCode="AccessDenied", sessionCredentialFromConsole="true")


def known_fields() -> set[str]:
    """The paths of records in our own shapes, and of recorded ones where there are some."""
    events = [make_record(), FULL, make_record(userIdentity=ANONYMOUS | {"invokedBy": "s3.amazonaws.com"})]
    return {path for event in events for path in paths(event)}


def paths(value: Any, path: str = "") -> set[str]:
    if not isinstance(value, dict):
        return {path}
    return {deep for name, member in value.items() for deep in paths(member, f"{path}.{name}".lstrip("."))}


@pytest.mark.parametrize("name", SEARCHES, ids=str)
def test_a_saved_search_has_commands_and_fields_that_exist(name):
    query = SEARCHES[name]["QueryString"]

    assert {command for command, _ in commands(query)} <= COMMANDS
    assert fields(query) <= known_fields()
    assert commands(query)[-1][0] == "limit"
    assert len(query) <= 10_000


def recorded_events() -> list[dict[str, Any]]:
    found = []
    for path in sorted(Path(CORPUS).rglob("*")):
        if path.name.endswith((".json", ".json.gz", ".ndjson")):
            with suppress(LogFileError):
                for raw in read_records([path.read_bytes()], path.name):
                    with suppress(ValueError):
                        found.append(json.loads(bytes(raw)))
    return [one for one in found if isinstance(one, dict) and one.get("eventSource") == "s3.amazonaws.com"]


# Documented since version 1.08, and in none of the recorded events of S3
RARE = {"sessionCredentialFromConsole"}


@pytest.mark.skipif(not CORPUS, reason="S3WATCH_CORPUS names no folder of recorded events")
def test_searches_and_patterns_read_fields_that_were_recorded():
    recorded = {path for event in recorded_events() for path in paths(event)}
    searched = {field for search in SEARCHES.values() for field in fields(search["QueryString"])}
    filters = [stack.of("AWS::Logs::MetricFilter").values() for stack in (STACK, sensitive())]
    patterns = " ".join(one["FilterPattern"] for stack in filters for one in stack)
    selected = {path.partition("[")[0] for path in re.findall(r"\$\.([\w.]+)", patterns)}

    assert searched | selected <= recorded | RARE


def test_the_saved_searches_are_those_that_people_ask_for():
    assert [one["Name"] for one in SEARCHES.values()] == [
        "s3watch/account of a user",
        "s3watch/presigned by user",
        "s3watch/denied by principal",
        "s3watch/top readers",
        "s3watch/anonymous requests",
    ]


def test_presigned_requests_that_were_refused_are_not_counted():
    [query] = [one["QueryString"] for one in SEARCHES.values() if one["Name"] == "s3watch/presigned by user"]
    conditions = " and ".join(rest for command, rest in commands(query) if command == "filter")

    assert "not ispresent(errorCode)" in conditions


def widgets(stack: Stack) -> dict[str, dict[str, Any]]:
    made = json.loads(stack["Dashboard"]["DashboardBody"])["widgets"]
    return {widget["properties"]["title"]: widget["properties"] for widget in made}


@pytest.mark.parametrize(
    ("given", "titles"),
    [
        (
            {"MakeLogGroup": "false", "RequestMetrics": "false"},
            ["Hits by detection", "Hits by label", "Records evaluated"],
        ),
        (
            {},
            [
                "Hits by detection",
                "Hits by label",
                "Records evaluated",
                "Presigned downloads, and what is usual",
                "Sensitive objects, by their place in SensitiveObjects: accesses and denials",
                "Presigned downloads by user",
                "Answers of 4xx and bytes downloaded",
            ],
        ),
    ],
    ids=["least", "all"],
)
def test_the_dashboard_shows_what_there_is(given, titles):
    assert list(widgets(analysis(**given))) == titles


@pytest.mark.parametrize("way", ["insights", "metric"], ids=str)
def test_users_are_shown_as_they_are_counted(way):
    shown = widgets(analysis(PresignedByUser=way))["Presigned downloads by user"]

    assert ("insightRule" in shown, "metrics" in shown) == (way == "insights", way == "metric")


def test_the_dashboard_asks_for_metrics_that_detect_writes():
    [[asked]] = widgets(STACK)["Hits by label"]["metrics"]

    assert asked["expression"] == (
        "SELECT SUM(Hits) FROM SCHEMA(\"S3Watch\", label, service) WHERE service = 's3watch' "
        "GROUP BY label ORDER BY SUM() DESC LIMIT 10"
    )


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        (
            "template.yaml",
            [
                "Analytics",
                "SensitiveObjects",
                "PresignedByUser",
                "RequestMetrics",
                "QueryScanLimit",
            ],
        ),
        (
            "stacks/analytics.yaml",
            [
                "MakeLogGroup",
                "RetentionDays",
                "SensitiveObjects",
                "PresignedByUser",
                "AnomalyWidth",
                "RequestMetrics",
            ],
        ),
        ("stacks/analytics-tables.yaml", ["ScanLimit"]),
    ],
    ids=["the application", "the trail in CloudWatch", "the searches"],
)
def test_what_costs_says_how_much(path, parameters):
    described = yaml_parse((ROOT / path).read_text())["Parameters"]

    assert [name for name in parameters if "USD" not in described[name]["Description"]] == []

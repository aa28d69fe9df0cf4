"""Each row of docs/channels.md, proved by its examples: what delivers, tells and sees them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any

import pytest
from msgspec.structs import replace
from s3watch.detection.matcher import Hit, Matcher
from s3watch.facts.access import Access
from s3watch.facts.extraction import extract
from s3watch.sources.cloudtrail import decode, unwrap_event
from s3watch.sources.streams import read_records
from s3watch_cli.compiler import compile_folder
from s3watch_cli.generate.channel_docs import Channel, read_channels
from s3watch_cli.rule_tests.example_records import make_record
from s3watch_cli.rules.catalogue_file import read_catalogue
from s3watch_cli.rules.diagnostics import Diagnostics
from s3watch_cli.rules.located_yaml import read_yaml

from tests.support.access_log import make_line
from tests.support.cloudformation import deploy
from tests.support.cloudtrail import OWNER, as_bytes, make_log_file
from tests.support.event_scopes import make_event_of, passes
from tests.support.project import RULES

CHANNELS = read_channels()
EVERY = pytest.mark.parametrize("row", CHANNELS, ids=[each.channel for each in CHANNELS])
WATCHED = "hr-data,hr-fast--euw1-az1--x-s3"
ALL_OPTIONS = {
    "ObjectDeletedEvents": "true",
    "RelayFindings": "all",
    "ReviewBuckets": "true",
    "EndpointDenials": "true",
}
TO_DETECT = {"S3Rule", "TrailRule", "OwnCalls/Rule", "EndpointDenialsRule/Rule"}
CATALOGUE = b"""
- name: payroll
  match: ["s3://hr-data/payroll/*", "s3://hr-fast--euw1-az1--x-s3/payroll/*"]
  severity: high
  owner: hr-security@example.com
  expected: [{principal: role/payroll-app, do: [read, write]}]
"""
DETAIL_TYPES = {"AwsVpceEvent": "AWS Network Activity Event via CloudTrail"}
FAMILY = "unexpected-"  # further ones of these see much; a row names those that are what it is about


@cache
def patterns() -> dict[str, Any]:
    """The EventBridge patterns of a stack with all options on, by the name of their rule."""
    rules = deploy("template.yaml", WatchedBuckets=WATCHED, **ALL_OPTIONS).of("AWS::Events::Rule")
    return {name: rule["EventPattern"] for name, rule in rules.items() if "EventPattern" in rule}


@cache
def matcher() -> Matcher:
    diagnostics = Diagnostics()
    document = read_yaml("catalogue", CATALOGUE, diagnostics)
    assert document
    pack = compile_folder(RULES, date(2026, 11, 20), diagnostics).ruleset
    catalogued = read_catalogue(document, diagnostics).ruleset()
    assert diagnostics.mistakes == []
    return Matcher(replace(catalogued, detections=pack.detections))


def events_of(row: Channel) -> list[dict[str, Any]]:
    """The examples of a row as EventBridge delivers them."""
    events = [make_event_of(make_record(each)) for each in row.records]
    for event in events:
        event["detail-type"] = DETAIL_TYPES.get(event["detail"]["eventType"], event["detail-type"])
    return events


def arriving(row: Channel) -> Iterator[bytes]:
    """The records of a row's examples: as events that pass, in a trail's file, in an access log."""
    for event in events_of(row) if row.passed_by else ():
        yield bytes(unwrap_event(as_bytes(event)))
    if row.records:
        yield from read_records([make_log_file(*map(make_record, row.records))], "trail.json")
    if row.lines:
        content = b"\n".join(make_line(**line) for line in row.lines)
        yield from read_records([content], "access-log", account=OWNER)


def hits_of(raw: bytes) -> list[Hit]:
    results = matcher().match(decode(raw), raw)
    return [result for result in results if isinstance(result, Hit)]


def accesses_of(raw: bytes) -> list[Access]:
    """The accesses of a record: labelled, where detections see them."""
    return [hit.access for hit in hits_of(raw)] or list(extract(decode(raw), raw))


def seen_by(raws: Iterator[bytes]) -> set[str]:
    return {rule.rule for raw in raws for hit in hits_of(raw) for rule in hit.detections}


@EVERY
def test_its_events_pass_the_rules_that_it_names_and_no_other(row: Channel):
    asked = TO_DETECT if row.passed_by else set(patterns())  # a review is triggered by some, too

    found = [
        {name.partition("/")[0] for name in asked if passes(event, [patterns()[name]])}
        for event in events_of(row)
    ]

    assert found == [set(row.passed_by)] * len(row.records)


@EVERY
def test_the_facts_that_it_names_say_what_it_says(row: Channel):
    accesses = [access for raw in arriving(row) for access in accesses_of(raw)]

    for name, value in row.facts.items():
        assert value in [json.loads(json.dumps(access.field(name))) for access in accesses]


@EVERY
def test_the_detections_that_it_names_see_it_and_no_other(row: Channel):
    seen = seen_by(arriving(row))

    assert {name for name in seen if not name.startswith(FAMILY) or name in row.detections} == set(
        row.detections
    )


@EVERY
def test_whatever_arrives_is_told_by_a_fact(row: Channel):
    assert bool(row.facts) == row.arrives

"""What a mail runs finds what the rules hold to be by its actor, or on its object: in all three languages.

For each of the generated records there is an alert about it, whose searches are run on all records.
"""

from __future__ import annotations

import json
import re
from typing import Any

import duckdb
import pytest
from s3watch.alerts.alert import Alert
from s3watch.alerts.searches.athena import athena
from s3watch.alerts.searches.insights import insights
from s3watch.alerts.searches.questions import Search, searches
from s3watch.facts.access import Access
from s3watch.ledger.evidence import evidence_of
from s3watch_cli.search import Question, Searcher

from tests.queries.test_actors_and_objects import (
    QUERIES,
    World,
    by_actors,
    on_objects,
    world_of_actors,
    world_of_objects,
)
from tests.support.cloudtrail import as_bytes, make_log_file
from tests.support.sample_alerts import make_alert


def alert_about(access: Access) -> Alert:
    return make_alert(evidence_of(access))


def run_statement(world: World, lines: list[str]) -> set[str]:
    """What Athena finds with a statement: its values are evaluated, and given to the prepared one."""
    name, values = re.fullmatch(r"EXECUTE (\w+) USING(.*)", "\n".join(lines), re.DOTALL).groups()
    [row] = duckdb.sql(f"SELECT {values}").fetchall()
    return {row["requestid"] for row in world.tables.ask(QUERIES[name], *row)}


def run_command(records: list[dict[str, Any]], search: Search) -> set[str]:
    """What the command line finds."""
    asked = {"actor": "actor", "object": "place", "call": "event"}[search.by]
    searcher = Searcher(Question(**{asked: search.value}))
    searcher.feed("log.json", [make_log_file(*records)])
    return {row["request"] for row in searcher.rows()}


def member(record: dict[str, Any], path: str) -> str:
    """A field as Logs Insights discovers it in a record."""
    if path == "@message":
        return as_bytes(record).decode()
    value: Any = record
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, str) else json.dumps(value)


def holds(record: dict[str, Any], condition: str) -> bool:
    """Evaluate a condition of Logs Insights: comparisons with a text or a regular expression, and `or`."""
    found = re.findall(r'([@\w.]+)\s+(?:= "([^"]*)"|like /((?:[^/\\]|\\.)*)/)', condition)
    return any(
        re.search(pattern, member(record, path)) is not None if pattern else member(record, path) == text
        for path, text, pattern in found
    )


def run_insights(records: list[dict[str, Any]], search: Search) -> set[str]:
    query = re.sub(r"\n +", " ", "\n".join(insights(search)))
    conditions = [line.removeprefix("| filter ") for line in query.split("\n") if line.startswith("| filter")]
    return {
        record["requestID"] for record in records if all(holds(record, condition) for condition in conditions)
    }


ACTORS = [access for some in world_of_actors().accesses for access in some[:1]]
OBJECTS = [access for some in world_of_objects().accesses for access in some]


def distinct(accesses: list[Access], place: int) -> dict[str, tuple[Access, Search]]:
    """Each search once, with an access that asks for it."""
    asked = {}
    for access in accesses:
        offered = searches(alert_about(access))
        if place < len(offered):
            asked.setdefault(offered[place].value, (access, offered[place]))
    return asked


OF_ACTORS, OF_OBJECTS = distinct(ACTORS, 0), distinct(OBJECTS, 1)


@pytest.mark.parametrize(("access", "search"), OF_ACTORS.values(), ids=OF_ACTORS)
def test_the_search_for_an_actor_finds_all_that_the_actor_did(access: Access, search: Search):
    world, records = world_of_actors(), by_actors()
    alert = alert_about(access)
    by_actor = world.requests(
        lambda each: (
            (each.actor, each.caller_account, each.ip) == (access.actor, access.caller_account, access.ip)
        )
    )

    found = run_statement(world, athena(search, alert))

    assert by_actor <= found
    assert run_command(records, search) == found
    # whose name no record has, Logs Insights can not find by it
    assert by_actor <= run_insights(records, search) or search.value.endswith("/unknown")


@pytest.mark.parametrize(("access", "search"), OF_OBJECTS.values(), ids=OF_OBJECTS)
def test_the_search_for_an_object_finds_all_that_was_done_to_it(access: Access, search: Search):
    world, records = world_of_objects(), on_objects()
    touched = world.requests(
        lambda each: each.uri == access.uri if access.key else each.bucket == access.bucket
    )

    found = run_statement(world, athena(search, alert_about(access)))

    assert touched <= found
    assert run_command(records, search) == found
    assert touched <= run_insights(records, search)

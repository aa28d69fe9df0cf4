"""What reaches the queue in each scope, judged by two implementations of EventBridge's semantics."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from ministack.services import eventbridge
from s3watch.detection.matcher import Hit, Matcher
from s3watch.ruleset import Ruleset
from s3watch.sources.cloudtrail import decode
from s3watch_cli.compiler import compile_folder
from s3watch_cli.event_scope.parameters import Home
from s3watch_cli.event_scope.patterns import Pattern
from s3watch_cli.rules.diagnostics import Diagnostics

from tests.support import event_patterns
from tests.support.cloudformation import deploy
from tests.support.cloudtrail import OWNER, as_bytes, make_event
from tests.support.project import RULES

WATCHED = ("hr-data", "logs")
HOME = Home(OWNER, "eu-west-1")


def of_bucket(buckets: Sequence[str]) -> Pattern:
    """The pattern of the scope `bucket`, as deployed."""
    pattern: Pattern = deploy("template.yaml", WatchedBuckets=",".join(buckets))["S3Rule"]["EventPattern"]
    return pattern


BUCKET = of_bucket(WATCHED)
# With the catalogue of its tests
PACK = compile_folder(
    RULES, date(2026, 11, 20), Diagnostics(), catalogue=RULES / "tests/catalogue.yaml"
).ruleset
# What of it the other scopes keep: access points, the account, directory buckets
KEPT: Pattern = {**BUCKET, "detail": {"$or": BUCKET["detail"]["$or"][2:]}}


def make_event_of(record: dict[str, Any]) -> dict[str, Any]:
    source = str(record.get("eventSource") or "s3.amazonaws.com").removesuffix(".amazonaws.com")
    return json.loads(make_event(record)) | {"source": f"aws.{source}"}


def passes_locally(event: dict[str, Any], pattern: Pattern) -> bool:
    """EventBridge's TestEventPattern, of the local AWS."""
    asked = {"Event": json.dumps(event | {"account": OWNER}), "EventPattern": json.dumps(pattern)}
    status, _, body = eventbridge._test_event_pattern(asked)
    answer = json.loads(body)
    assert status == 200, answer
    return bool(answer["Result"])


def passes(event: dict[str, Any], patterns: list[Pattern]) -> bool:
    """Whether some pattern passes an event; both implementations have to agree that it does."""
    return any(event_patterns.passes(event, each) for each in patterns) and any(
        passes_locally(event, each) for each in patterns
    )


def hits(matcher: Matcher, record: dict[str, Any]) -> bool:
    raw = as_bytes(record)
    return any(isinstance(result, Hit) for result in matcher.match(decode(raw), raw))


def hitting(
    ruleset: Ruleset, records: Iterable[dict[str, Any]], scope: Pattern = BUCKET
) -> list[dict[str, Any]]:
    """The events of records that hit and that the scope `bucket` passes."""
    matcher, passing = Matcher(ruleset), event_patterns.expand(scope)
    events = [make_event_of(record) for record in records if hits(matcher, record)]
    return [event for event in events if event_patterns.passes_any(event, passing)]


def lost(events: Iterable[dict[str, Any]], patterns: list[Pattern]) -> list[dict[str, Any]]:
    """The records of events that pass by none of these patterns."""
    every = [(event_patterns.expand(pattern), pattern) for pattern in (*patterns, KEPT)]
    return [event["detail"] for event in events if not _passes(event, every)]


def _passes(event: dict[str, Any], every: list[tuple[list[dict[str, Any]], Pattern]]) -> bool:
    """Whether both implementations pass an event; the other is asked about the patterns of the one first."""
    passing = [pattern for expanded, pattern in every if event_patterns.passes_any(event, expanded)]
    others = [pattern for _, pattern in every if pattern not in passing]
    return bool(passing) and any(passes_locally(event, pattern) for pattern in (*passing, *others))

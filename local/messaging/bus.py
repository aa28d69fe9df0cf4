"""EventBridge: AWS services' events on the default bus, which PutEvents refuses, and schedules in good time.

Tests and the demo put such events by `POST /_local/events`, which Cloud.service_event calls.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import eventbridge, scheduler

from local.settings import ACCOUNT, REGION, Settings

EVENTS_PATH = "/_local/events"
SOURCES = (
    "aws.access-analyzer",
    "aws.cloudformation",
    "aws.cloudtrail",
    "aws.cloudwatch",
    "aws.config",
    "aws.dynamodb",
    "aws.events",
    "aws.guardduty",
    "aws.health",
    "aws.iam",
    "aws.lambda",
    "aws.logs",
    "aws.macie",
    "aws.monitoring",
    "aws.s3",
    "aws.securityhub",
    "aws.sns",
    "aws.sqs",
    "aws.trustedadvisor",
)


class EventError(ValueError):
    """No AWS service sends such an event."""


def put(
    source: str, detail_type: str, detail: Any, resources: Sequence[str], account: str, region: str
) -> str:
    """Put one event on the account's default bus in a Region; returns its id."""
    entry = {
        "Source": source,
        "DetailType": detail_type,
        "Detail": json.dumps(detail),
        "Resources": list(resources),
    }
    with request_scope(account, region):
        _, _, answer = eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)
    return str(json.loads(answer)["Entries"][0]["EventId"])


def put_json(body: bytes) -> str:
    """Put an event, a JSON object; returns its id.

    Raises EventError for one that no AWS service sends.
    """
    event = json.loads(body)
    if event["source"] not in SOURCES:
        raise EventError(f"{event['source']} is none of {', '.join(SOURCES)}")
    if not isinstance(event["detail"], dict):
        raise EventError("detail must be an object")
    return put(
        event["source"],
        event["detail-type"],
        event["detail"],
        event.get("resources", ()),
        event.get("account", ACCOUNT),
        event.get("region", REGION),
    )


def install(settings: Settings) -> None:
    """Check schedules each second, not every ten, and let rate(...) pass `settings.speed` times as fast."""
    parse = eventbridge._parse_rate_seconds

    def sped_up(expression: str) -> float | None:
        seconds = parse(expression)
        return None if seconds is None else seconds / settings.speed

    eventbridge._parse_rate_seconds = sped_up
    eventbridge._SCHEDULER_TICK_INTERVAL = scheduler._SCHEDULE_TICK_INTERVAL = min(1.0, 10 / settings.speed)

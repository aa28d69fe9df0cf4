"""Unwraps what a Lambda function is invoked with: SQS messages with an event in each, or one bare event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from s3watch.errors import RecordError
from s3watch.sources import s3_events
from s3watch.sources.cloudtrail import unwrap_event

BARE = "bare"  # the id of an event not wrapped in SQS, from `sam local invoke` or a direct EventBridge target


@dataclass(frozen=True, slots=True)
class Message:
    """One SQS message, with what is needed to return it to its queue; or a bare event."""

    id: str
    body: str
    receipt_handle: str = ""
    receive_count: int = 1  # how often SQS has delivered it


def parse(event: Mapping[str, Any]) -> list[Message]:
    """Split a Lambda event of either form into messages."""
    entries = event.get("Records") or [{}]
    if "messageId" not in entries[0]:
        return [Message(BARE, msgspec.json.encode(event).decode())]
    return [
        Message(
            record["messageId"],
            record["body"],
            record.get("receiptHandle", ""),
            int(record.get("attributes", {}).get("ApproximateReceiveCount", 1)),
        )
        for record in entries
    ]


def records(messages: Sequence[Message]) -> tuple[list[tuple[str, bytes]], dict[str, str]]:
    """Return each message's record with the message id; and, by id, why the other messages have none.

    An S3 "Object Deleted" event is converted into a CloudTrail record.
    """
    found: list[tuple[str, bytes]] = []
    unreadable: dict[str, str] = {}
    for message in messages:
        try:
            found.append((message.id, _unwrap(message.body.encode())))
        except (RecordError, UnicodeEncodeError) as error:
            unreadable[message.id] = str(error)
    return found, unreadable


def _unwrap(event: bytes) -> bytes:
    return s3_events.translate(event) if s3_events.is_deletion(event) else bytes(unwrap_event(event))

"""Unwraps what a Lambda function is invoked with: SQS messages with an event in each, or one bare event."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from s3watch.errors import RecordError
from s3watch.sources import s3_events
from s3watch.sources.cloudtrail import unwrap_event
from s3watch.sources.tolerant_json import encode

BARE = "bare"  # the id of an event not wrapped in SQS, from `sam local invoke` or a direct EventBridge target


@dataclass(frozen=True, slots=True)
class Message:
    """One SQS message, with what is needed to return it to its queue; or a bare event."""

    id: str
    body: str
    receipt_handle: str = ""
    receive_count: int = 1  # how often SQS has delivered it

    @property
    def content(self) -> bytes:
        """The body as bytes; half a surrogate pair, which no bytes can express, becomes U+FFFD."""
        return encode(self.body)


def parse(event: Mapping[str, Any]) -> list[Message]:
    """Split a Lambda event of either form into messages."""
    entries = event.get("Records")
    if not isinstance(entries, list) or not all(map(_is_message, entries or [None])):
        return [Message(BARE, json.dumps(event, separators=(",", ":")))]
    return [
        Message(
            record["messageId"],
            str(record.get("body", "")),
            str(record.get("receiptHandle", "")),
            _read_receive_count(record.get("attributes")),
        )
        for record in entries
    ]


def _read_receive_count(attributes: Any) -> int:
    count = attributes.get("ApproximateReceiveCount") if isinstance(attributes, dict) else None
    return int(count) if isinstance(count, str) and re.fullmatch("[0-9]{1,9}", count) else 1


def _is_message(entry: Any) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("messageId"), str)


def records(messages: Sequence[Message]) -> tuple[list[tuple[str, bytes]], dict[str, str]]:
    """Return each message's record with the message id; and, by id, why the other messages have none.

    An S3 "Object Deleted" event is converted into a CloudTrail record.
    """
    found: list[tuple[str, bytes]] = []
    unreadable: dict[str, str] = {}
    for message in messages:
        try:
            found.append((message.id, _unwrap(message.content)))
        except RecordError as error:
            unreadable[message.id] = str(error)
    return found, unreadable


def _unwrap(event: bytes) -> bytes:
    return s3_events.translate(event) if s3_events.is_deletion(event) else bytes(unwrap_event(event))

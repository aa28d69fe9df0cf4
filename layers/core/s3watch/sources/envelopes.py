"""What a function is called with: SQS messages, each with an event in it, or one bare event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from s3watch.errors import RecordError
from s3watch.sources import s3_events
from s3watch.sources.cloudtrail import unwrap_event

BARE = "bare"  # the id of an event that came by itself, from `sam local invoke` or a directly wired rule


@dataclass(frozen=True, slots=True)
class Message:
    """One event, and how to hand it back."""

    id: str
    body: str
    receipt: str = ""
    received: int = 1  # times SQS handed it out


def parse(event: Mapping[str, Any]) -> list[Message]:
    """Read a Lambda event of either form."""
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
    """Unwrap the records; the second part says of each message without one what is wrong with it.

    An event of S3's own is its record itself, written as CloudTrail's.
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

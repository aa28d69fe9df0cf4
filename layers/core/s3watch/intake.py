"""What detect is called with: SQS messages that carry EventBridge events, or one bare event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from s3watch.errors import RecordError
from s3watch.records import unwrap_event

BARE = "bare"  # the id of an event that came by itself, from `sam local invoke` or a directly wired rule


@dataclass(frozen=True, slots=True)
class Message:
    """One EventBridge event, and how to hand it back."""

    id: str
    body: str
    receipt: str = ""
    received: int = 1  # times SQS handed it out


def parse(event: Mapping[str, Any]) -> list[Message]:
    """Read a Lambda event of either form."""
    if "Records" not in event:
        return [Message(BARE, msgspec.json.encode(event).decode())]
    return [
        Message(
            record["messageId"],
            record["body"],
            record.get("receiptHandle", ""),
            int(record.get("attributes", {}).get("ApproximateReceiveCount", 1)),
        )
        for record in event["Records"]
    ]


def records(messages: Sequence[Message]) -> tuple[list[tuple[str, bytes]], dict[str, str]]:
    """Unwrap the records; the second part says of each message without one what is wrong with it."""
    found: list[tuple[str, bytes]] = []
    unreadable: dict[str, str] = {}
    for message in messages:
        try:
            found.append((message.id, bytes(unwrap_event(message.body.encode()))))
        except (RecordError, UnicodeEncodeError) as error:
            unreadable[message.id] = str(error)
    return found, unreadable

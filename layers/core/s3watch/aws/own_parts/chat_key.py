"""Keeps the key of the chat's tokens, in an item of the ledger's table: `chat-key`. It never expires.

Whoever thinks that somebody has read it deletes the item: the next sender makes another one.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from s3watch.aws.clients import translating_errors
from s3watch.errors import RefusedError, UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

logger = logging.getLogger(__name__)
KEY = {"pk": {"S": "chat-key"}}
LENGTH = 32  # bytes, as long as a hash of SHA-256
KEPT = 600.0  # seconds that a function which is warm goes on with the key that it has read


def make_key(client: DynamoDBClient, table: str) -> bytes:
    """Return the key, of all who make it at the same time the same; empty, and logged, if there is none.

    Mail has no buttons: what fails here must keep no topic from its messages.
    """
    try:
        return _key_of(_make(client, table))
    except (RefusedError, UnavailableError) as error:
        logger.warning("no buttons in the chat: %s", error)
        return b""


def _make(client: DynamoDBClient, table: str) -> Mapping[str, Any]:
    import secrets  # noqa: PLC0415  # its `random` takes a millisecond of a cold start, without buttons for nothing

    with translating_errors("DynamoDB"):
        answer = client.update_item(
            TableName=table,
            Key=KEY,
            UpdateExpression="SET #key = if_not_exists(#key, :new)",
            ExpressionAttributeNames={"#key": "key"},
            ExpressionAttributeValues={":new": {"B": secrets.token_bytes(LENGTH)}},
            ReturnValues="ALL_NEW",
        )
    return answer["Attributes"]


def read_key(client: DynamoDBClient, table: str) -> bytes:
    """Return the key. Raises RefusedError if the chat got no message yet, or it is none; UnavailableError."""
    with translating_errors("DynamoDB"):
        answer = client.get_item(TableName=table, Key=KEY)
    if "Item" not in answer:
        raise RefusedError("the chat has shown no alert yet")
    return _key_of(answer["Item"])


def _key_of(item: Mapping[str, Any]) -> bytes:
    """Return the key that an item has; with another, such as an empty one, others could sign tokens."""
    key = item.get("key", {}).get("B", b"")
    if len(key) != LENGTH:
        raise RefusedError(f"the item {KEY['pk']['S']} has no key of {LENGTH} bytes")
    return bytes(key)

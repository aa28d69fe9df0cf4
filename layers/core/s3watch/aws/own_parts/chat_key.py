"""Keeps the key of the chat's tokens, in an item of the ledger's table: `chat-key`. It never expires."""

from __future__ import annotations

from typing import TYPE_CHECKING

from s3watch.aws.clients import translating_errors
from s3watch.errors import RefusedError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEY = {"pk": {"S": "chat-key"}}
LENGTH = 32  # bytes, as long as a hash of SHA-256


def make_key(client: DynamoDBClient, table: str) -> bytes:
    """Return the key, of all who make it at the same time the same. Raises UnavailableError."""
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
    return answer["Attributes"]["key"]["B"]


def read_key(client: DynamoDBClient, table: str) -> bytes:
    """Return the key. Raises RefusedError if the chat got no message yet; UnavailableError."""
    with translating_errors("DynamoDB"):
        answer = client.get_item(TableName=table, Key=KEY)
    if "Item" not in answer:
        raise RefusedError("the chat has shown no alert yet")
    return answer["Item"]["key"]["B"]

"""Reads and deletes many items of the ledger's table by few calls."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from itertools import batched
from typing import TYPE_CHECKING, Any

from s3watch.aws.clients import translating_errors
from s3watch.aws.dynamodb_update import Item
from s3watch.errors import Attempts, UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

READ = 100  # items of one BatchGetItem: its limit
DELETED = 25  # items of one BatchWriteItem: its limit
CALLS = 3  # for the same items: boto3 repeats a call that fails, but not one that does a part


def read_all(client: DynamoDBClient, table: str, keys: Iterable[str]) -> dict[str, Item]:
    """Read items, by their keys, consistently; those that are not there are left out.

    Raises UnavailableError.
    """
    found: dict[str, Item] = {}
    for some in batched(dict.fromkeys(keys), READ, strict=False):
        found |= {item["pk"]["S"]: item for item in _read(client, table, some)}
    return found


def _read(client: DynamoDBClient, table: str, keys: Sequence[str]) -> list[Item]:
    found: list[Item] = []
    left: Any = {table: {"Keys": [{"pk": {"S": key}} for key in keys], "ConsistentRead": True}}
    for _ in range(CALLS):
        with translating_errors("DynamoDB"):
            answer = client.batch_get_item(RequestItems=left)
        found += answer["Responses"].get(table, [])
        left = answer["UnprocessedKeys"]
        if not left:
            return found
    raise UnavailableError("DynamoDB: some items could not be read")


def delete_all(client: DynamoDBClient, table: str, keys: Iterable[str]) -> None:
    """Delete items by their keys, as many as possible. Raises UnavailableError if some are left."""
    attempts = Attempts()
    for some in batched(dict.fromkeys(keys), DELETED, strict=False):
        attempts.run(partial(_delete, client, table, some))
    attempts.raise_first()


def _delete(client: DynamoDBClient, table: str, keys: Sequence[str]) -> None:
    left: Any = {table: [{"DeleteRequest": {"Key": {"pk": {"S": key}}}} for key in keys]}
    for _ in range(CALLS):
        with translating_errors("DynamoDB"):
            left = client.batch_write_item(RequestItems=left)["UnprocessedItems"]
        if not left:
            return
    raise UnavailableError("DynamoDB: some items could not be deleted")

"""Reads and writes many items of the ledger's table by few calls.

boto3 repeats a call that fails, but not one that does only a part of what it was asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import batched
from typing import TYPE_CHECKING, Any

from s3watch.aws.clients import translating_errors
from s3watch.aws.dynamodb_update import Item
from s3watch.errors import Attempts, UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

READ = 100  # items of one BatchGetItem: its limit
WRITTEN = 25  # items of one BatchWriteItem: its limit
ATTEMPTS = 3  # calls to write the same items


def read_all(
    client: DynamoDBClient, table: str, keys: Iterable[str], *, consistent: bool = False
) -> Iterator[Item]:
    """Yield the items of some keys that are there, in any order; those read consistently cost twice as much.

    Raises UnavailableError, also where DynamoDB leaves all that is asked unread.
    """
    for some in batched(dict.fromkeys(keys), READ, strict=False):
        asked = {"Keys": [{"pk": {"S": key}} for key in some], "ConsistentRead": consistent}
        left: Any = {table: asked}
        while left:
            with translating_errors("DynamoDB"):
                answer = client.batch_get_item(RequestItems=left)
            before, left = len(left[table]["Keys"]), answer["UnprocessedKeys"]
            if left and len(left[table]["Keys"]) == before:
                raise UnavailableError("DynamoDB throttles reads of the table; try again in a minute")
            yield from answer["Responses"].get(table, [])


def put_all(client: DynamoDBClient, table: str, items: Iterable[Item]) -> None:
    """Put items in the place of any with their keys, as many as possible.

    Raises UnavailableError if some are left.
    """
    attempts = Attempts()
    by_key = {item["pk"]["S"]: item for item in items}  # a call with a key twice is refused
    for some in batched(by_key.values(), WRITTEN, strict=False):
        attempts.run(partial(_put, client, table, some))
    attempts.raise_first()


def _put(client: DynamoDBClient, table: str, items: Sequence[Item]) -> None:
    left: Any = {table: [{"PutRequest": {"Item": item}} for item in items]}
    for _ in range(ATTEMPTS):
        with translating_errors("DynamoDB"):
            left = client.batch_write_item(RequestItems=left)["UnprocessedItems"]
        if not left:
            return
    raise UnavailableError("DynamoDB: some items could not be written")

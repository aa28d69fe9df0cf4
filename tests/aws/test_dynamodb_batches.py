from __future__ import annotations

from typing import Any

import pytest
from s3watch.aws.dynamodb_batches import READ, put_all, read_all
from s3watch.errors import UnavailableError

from tests.support.ledger_table import TABLE

KEYS = [f"seen#{number}" for number in range(READ + 30)]


@pytest.fixture
def items(table: Any) -> Any:
    for key in KEYS:
        table.put_item(TableName=TABLE, Item={"pk": {"S": key}})
    return table


class Reluctant:
    """A client that leaves items of a batch undone, as DynamoDB does where a table is throttled."""

    def __init__(self, client: Any, times: int) -> None:
        self._client, self._times = client, times

    def batch_get_item(self, **request: Any) -> Any:
        ((table, asked),) = request["RequestItems"].items()
        if self._done() and len(asked["Keys"]) > 1:
            first, left = asked["Keys"][:1], asked["Keys"][1:]
            answer = self._client.batch_get_item(RequestItems={table: asked | {"Keys": first}})
            return answer | {"UnprocessedKeys": {table: asked | {"Keys": left}}}
        return self._client.batch_get_item(**request)

    def _done(self) -> bool:
        self._times -= 1
        return self._times >= 0

    def batch_write_item(self, **request: Any) -> Any:
        if self._done():
            return {"UnprocessedItems": request["RequestItems"]}
        return self._client.batch_write_item(**request)


def keys_of(client: Any, keys: list[str]) -> list[str]:
    return sorted(item["pk"]["S"] for item in read_all(client, TABLE, keys, consistent=True))


def test_more_items_than_one_call_takes_are_read_each_once(items: Any):
    assert keys_of(items, [*KEYS, "seen#none", KEYS[0]]) == sorted(KEYS)


def test_what_a_call_leaves_unread_is_read_by_the_next(items: Any):
    assert keys_of(Reluctant(items, 2), KEYS[:4]) == KEYS[:4]


class Throttled:
    """A client that leaves all that it is asked."""

    def batch_get_item(self, **request: Any) -> Any:
        return {"Responses": {}, "UnprocessedKeys": request["RequestItems"]}


def test_what_stays_unread_is_an_error_and_not_taken_for_missing():
    with pytest.raises(UnavailableError, match="DynamoDB throttles reads of the table"):
        keys_of(Throttled(), KEYS[:9])


def other(key: str) -> dict[str, Any]:
    """An item to put in the place of the one with its key."""
    return {"pk": {"S": key}, "sent": {"N": "1"}}


def test_items_are_put_in_the_place_of_others_and_those_that_are_left_once_more(items: Any):
    put_all(Reluctant(items, 2), TABLE, [other(key) for key in (*KEYS, KEYS[0])])

    found = list(read_all(items, TABLE, KEYS, consistent=True))
    assert sorted(found, key=str) == sorted(map(other, KEYS), key=str)


def test_what_stays_unwritten_is_an_error(items: Any):
    with pytest.raises(UnavailableError, match="some items could not be written"):
        put_all(Reluctant(items, 99), TABLE, map(other, KEYS))

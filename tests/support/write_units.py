"""A DynamoDB client that counts the write units that its calls would cost on demand.

A write costs a unit for each KB of the item before or after it, whichever is larger, twice that in a
transaction, and a unit for each entry of the index `due` that it deletes or puts:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
"""

from __future__ import annotations

from math import ceil
from typing import Any

from tests.support.ledger_table import TABLE

KB = 1024


class MeteredClient:
    """Passes every call on, and adds up what the writes cost."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.units = 0
        self.writes = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def update_item(self, **request: Any) -> Any:
        return self._metered("update_item", request, [request["Key"]], times=1)

    def transact_write_items(self, **request: Any) -> Any:
        parts = [part for item in request["TransactItems"] for part in item.values()]
        keys = [part.get("Key") or {"pk": part["Item"]["pk"]} for part in parts]
        return self._metered("transact_write_items", request, keys, times=2)

    def batch_write_item(self, **request: Any) -> Any:
        keys = [{"pk": each["PutRequest"]["Item"]["pk"]} for each in request["RequestItems"][TABLE]]
        return self._metered("batch_write_item", request, keys, times=1)

    def _metered(self, call: str, request: dict[str, Any], keys: list[Any], *, times: int) -> Any:
        before = [self._read(key) for key in keys]
        answer = getattr(self._client, call)(**request)
        self.writes += 1
        for key, old in zip(keys, before, strict=True):
            self.units += units_of(old, self._read(key), times)
        return answer

    def _read(self, key: Any) -> dict[str, Any]:
        item: dict[str, Any] = self._client.get_item(TableName=TABLE, Key=key).get("Item", {})
        return item


def units_of(old: dict[str, Any], new: dict[str, Any], times: int) -> int:
    """The write units of one item's change, so many times as in a write by itself."""
    entries = [(item["due_shard"], item["due_at"]) for item in (old, new) if "due_at" in item]
    moved = len(entries) if len(entries) < 2 or entries[0] != entries[1] else 0
    return times * max(ceil(_size(old) / KB), ceil(_size(new) / KB), 1) + moved


def _size(item: dict[str, Any]) -> int:
    return sum(len(name) + _length(next(iter(value.items()))) for name, value in item.items())


def _length(attribute: tuple[str, Any]) -> int:
    kind, value = attribute
    if kind == "BS":
        return sum(map(len, value))
    return len(value) // 2 + 2 if kind == "N" else len(value) if kind in ("S", "B") else 1

"""A table as DynamoDB keeps it: conditional writes, transactions, sparse indexes, and a stream of changes."""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from tests.simulation import expressions
from tests.simulation.expressions import Item, value_of

MOST_WRITES = 100  # in one transaction

type Changed = Callable[[str, Item], None]


class RefusedWriteError(Exception):
    """A condition did not hold; `codes` has one for each write, `items` what it asked to be told of."""

    def __init__(self, codes: Sequence[str], items: Sequence[Item | None] = ()) -> None:
        super().__init__(", ".join(codes))
        self.codes = codes
        self.items = items or [None] * len(codes)


class Index:
    """A sparse index of keys only, by a partition and a sort attribute."""

    def __init__(self, partition: str, sort: str) -> None:
        self.partition = partition
        self.sort = sort
        self._places: dict[str, tuple[Any, Any]] = {}
        self._sorted: dict[Any, list[tuple[Any, str]]] = {}

    def put(self, key: str, item: Item | None) -> None:
        """Take over the item's present place."""
        place = self._place_of(item)
        old = self._places.get(key)
        if old == place:
            return
        if old:
            entries = self._sorted[old[0]]
            del entries[bisect_left(entries, (old[1], key))]
            del self._places[key]
        if place:
            insort(self._sorted.setdefault(place[0], []), (place[1], key))
            self._places[key] = place

    def first(self) -> Iterator[Any]:
        """Yield the lowest sort value of each partition."""
        return (entries[0][0] for entries in self._sorted.values() if entries)

    def partition_of(self, name: Any) -> Sequence[tuple[Any, str]]:
        """Return sort values and keys of one partition, in order."""
        return self._sorted.get(name, ())

    def _place_of(self, item: Item | None) -> tuple[Any, Any] | None:
        if item is None or self.partition not in item or self.sort not in item:
            return None
        return value_of(item[self.partition]), value_of(item[self.sort])


class Table:
    """The items; `changed` is told of each one written, `index_later` of each that an index has to take."""

    def __init__(self, indexes: Mapping[str, Index], changed: Changed, index_later: Changed) -> None:
        self.items: dict[str, Item] = {}
        self.indexes = dict(indexes)
        self._changed = changed
        self._index_later = index_later

    def get(self, key: str) -> Item | None:
        """Read one item, consistently."""
        item = self.items.get(key)
        return dict(item) if item is not None else None

    def write(self, writes: Sequence[Mapping[str, Any]]) -> None:
        """Apply Update, Put, Delete and ConditionCheck together. Raises RefusedWriteError."""
        if len(writes) > MOST_WRITES:
            raise RefusedWriteError(["ValidationError"])
        requests = [next(iter(write.items())) for write in writes]
        codes = ["None" if self._holds(request) else "ConditionalCheckFailed" for _, request in requests]
        if set(codes) != {"None"}:
            raise RefusedWriteError(codes, [self._told(request) for _, request in requests])
        for kind, request in requests:
            self._apply(kind, request)

    def query(self, name: str, request: Mapping[str, Any]) -> list[Item]:
        """Read an index in its order, at most `Limit` keys."""
        index = self.indexes[name]
        holds = expressions.condition(request["KeyConditionExpression"])
        names, values = request.get("ExpressionAttributeNames", {}), request["ExpressionAttributeValues"]
        asked = re.match(r"\s*\S+\s*=\s*(:\w+)", request["KeyConditionExpression"])
        assert asked, "a query names its partition first"
        partition = values[asked[1]]
        entries = index.partition_of(value_of(partition))
        found: list[Item] = []
        for value, key in entries if request.get("ScanIndexForward", True) else reversed(entries):
            item = {index.partition: partition, index.sort: _typed(value)}
            if holds((item, names, values)):
                found.append({"pk": {"S": key}} | item)
                if len(found) == request.get("Limit"):
                    break
        return found

    def _holds(self, request: Mapping[str, Any]) -> bool:
        text = request.get("ConditionExpression")
        if not text:
            return True
        context = (
            self.items.get(key_of(request), {}),
            request.get("ExpressionAttributeNames", {}),
            request.get("ExpressionAttributeValues", {}),
        )
        return expressions.condition(text)(context)

    def _told(self, request: Mapping[str, Any]) -> Item | None:
        """Return the item of a write that failed, if it asks for it."""
        asks = request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
        return self.get(key_of(request)) if asks and not self._holds(request) else None

    def _apply(self, kind: str, request: Mapping[str, Any]) -> None:
        key = key_of(request)
        if kind == "ConditionCheck":
            return
        before = self.items.get(key, {"pk": {"S": key}})
        if kind == "Delete":
            self.items.pop(key, None)
            self._index(key, before, {})
            return
        if kind == "Put":
            after = dict(request["Item"])
        else:
            after = expressions.apply(
                before,
                request["UpdateExpression"],
                request.get("ExpressionAttributeNames", {}),
                request.get("ExpressionAttributeValues", {}),
            )
        self.items[key] = after
        self._changed(key, after)
        self._index(key, before, after)

    def _index(self, key: str, before: Item, after: Item) -> None:
        if any(index.partition in before or index.partition in after for index in self.indexes.values()):
            self._index_later(key, after)


def key_of(request: Mapping[str, Any]) -> str:
    """Return the key of the item that a request is about."""
    return str((request.get("Key") or request["Item"])["pk"]["S"])


def size_of(item: Item) -> int:
    """The bytes of an item, about as DynamoDB counts them."""
    return sum(len(name) + _size(value) for name, value in item.items())


def _size(attribute: Mapping[str, Any]) -> int:
    ((kind, value),) = attribute.items()
    if kind == "N":
        return len(value) // 2 + 2
    if kind in ("S", "B"):
        return len(value)
    return len(str(value))


def _typed(value: Any) -> Item:
    return {"S": value} if isinstance(value, str) else expressions.number(value)

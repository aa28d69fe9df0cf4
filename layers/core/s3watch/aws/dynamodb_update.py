"""Builds DynamoDB's UpdateItem requests."""

from __future__ import annotations

from typing import Any

Item = dict[str, Any]


def number(value: float) -> Item:
    """Return a number as an attribute's value."""
    return {"N": str(value)}


class Update:
    """One UpdateItem request; all names are placeholders, because some are reserved words."""

    def __init__(self, key: str, condition: str, **values: Item) -> None:
        """`condition` may use the `values` by their names, as `:name`."""
        self.key = key
        self._condition = condition
        self._values: Item = {f":{name}": value for name, value in values.items()}
        self._names: dict[str, str] = {}
        self._clauses: dict[str, list[str]] = {"SET": [], "REMOVE": [], "ADD": []}

    def require(self, condition: str, **values: Item) -> None:
        """Add a condition."""
        self._condition = f"{self._condition} AND {condition}"
        self._values |= {f":{name}": value for name, value in values.items()}

    def set(self, **values: Item) -> None:
        """Set attributes."""
        for name, value in values.items():
            self._clauses["SET"].append(f"{self._placeholder(name)} = {self._value(value)}")

    def remove(self, *names: str) -> None:
        """Remove attributes."""
        self._clauses["REMOVE"] += [self._placeholder(name) for name in names]

    def add(self, numbers: dict[str, int]) -> None:
        """Add to attributes that are numbers."""
        for name, added in numbers.items():
            self._clauses["ADD"].append(f"{self._placeholder(name)} {self._value(number(added))}")

    def unite(self, sets: dict[str, Item]) -> None:
        """Add to attributes that are sets."""
        for name, added in sets.items():
            self._clauses["ADD"].append(f"{self._placeholder(name)} {self._value(added)}")

    def _placeholder(self, name: str) -> str:
        placeholder = f"#n{len(self._names)}"
        self._names[placeholder] = name
        return placeholder

    def _value(self, value: Item) -> str:
        placeholder = f":v{len(self._values)}"
        self._values[placeholder] = value
        return placeholder

    def request(self, table: str) -> Item:
        """Return the arguments of boto3's update_item."""
        clauses = [f"{word} {', '.join(parts)}" for word, parts in self._clauses.items() if parts]
        request = {
            "TableName": table,
            "Key": {"pk": {"S": self.key}},
            "ConditionExpression": self._condition,
            "UpdateExpression": " ".join(clauses),
            "ExpressionAttributeNames": self._names,
            "ExpressionAttributeValues": self._values,
        }
        return {name: value for name, value in request.items() if value}

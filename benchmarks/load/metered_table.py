"""The simulation's table, which answers as DynamoDB does, with what its writes would cost on demand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from tests.simulation.table import Changed, Index, RefusedWriteError, Table, key_of
from tests.support.write_units import units_of

IN_TRANSACTION = 2  # units for each of a write by itself


class MeteredTable(Table):
    """Adds up write units: all, and those of each group with its claims and messages; refused writes cost too."""

    def __init__(self, indexes: Mapping[str, Index], changed: Changed, index_later: Changed) -> None:
        super().__init__(indexes, changed, index_later)
        self.units = 0
        self.of_group: Counter[str] = Counter()

    def write(self, writes: Sequence[Mapping[str, Any]]) -> None:
        """Apply writes together, and meter them."""
        keys = [key_of(request) for each in writes for request in each.values()]
        before = [self.items.get(key, {}) for key in keys]
        together = len(writes) > 1 and "Delete" not in writes[0]  # several deletes are a batch
        try:
            super().write(writes)
        except RefusedWriteError:
            self._meter(keys, before, before, together=together)
            raise
        self._meter(keys, before, [self.items.get(key, {}) for key in keys], together=together)

    def _meter(
        self, keys: Sequence[str], before: Sequence[Any], after: Sequence[Any], *, together: bool
    ) -> None:
        times = IN_TRANSACTION if together else 1
        units = [units_of(old, new, times) for old, new in zip(before, after, strict=True)]
        self.units += sum(units)
        group = next(filter(None, map(_group_of, keys)), "")
        if together and group:
            self.of_group[group] += sum(units)
        else:
            self.of_group.update({_group_of(key): spent for key, spent in zip(keys, units, strict=True)})

    def groups(self) -> int:
        """Count the groups."""
        return sum(key.startswith("group#") for key in self.items)

    def hottest(self) -> tuple[str, int]:
        """Return the group that took most write units, and how many."""
        return max(
            ((group, units) for group, units in self.of_group.items() if group), key=lambda each: each[1]
        )


def _group_of(key: str) -> str:
    """Return the id of the group that an item is of, or is a message of; empty if of none."""
    kind, _, rest = key.partition("#")
    if kind == "message":
        return rest.partition("#")[2].rpartition("#")[0]
    return rest if kind == "group" else ""

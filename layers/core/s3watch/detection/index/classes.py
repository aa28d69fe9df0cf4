"""Dimensions of accesses, and the classes that their values fall into.

A dimension is a property that many accesses share, such as the bucket or the caller, and that determines the
values of some fields. Values of a dimension for which all conditions on these fields have the same outcomes
form one class.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable
from typing import NamedTuple

from msgspec import Raw

from s3watch.detection.conditions import fields_of
from s3watch.detection.field_values import elements, fold, text_of
from s3watch.facts.access import Access
from s3watch.facts.field_paths import getter
from s3watch.ruleset import Condition, Label
from s3watch.sources.cloudtrail import Record

NO_FIELDS: frozenset[str] = frozenset()
MAX_VALUES = 10_000  # remembered values of a dimension: a userIdentity has about 700 bytes, so 7 MB at most

# What is known before an Access is created: record, its bytes, bucket, operation, labels; address, client and
# the bytes of the caller, copied once. A tuple, because creating an object of a class would take as long as
# all the lookups that read it, and because getters of its items need no call of Python.
type Preview = tuple[Record, bytes | Raw, str | None, str, tuple[Label, ...], str | None, str | None, bytes]
OF_ADDRESS, OF_CLIENT, OF_CALLER = 5, 6, 7
type Decide = Callable[[Dimension, frozenset[str], Access, Condition], bool | None]


class Dimension(NamedTuple):
    """A property that many accesses share.

    `key` is its value for an access, and `determines` names the fields that are a function of it; a member
    name includes all nested members. `undetermined` returns those of them that this value does not determine
    after all. `indexed` names the fields that rules mostly compare with one text, and `texts` returns the
    folded texts of an access in them, or None if not known.
    """

    name: str
    key: Callable[[Access], Hashable]
    determines: frozenset[str]
    undetermined: Callable[[Access], frozenset[str]] = lambda _: NO_FIELDS
    indexed: frozenset[str] = NO_FIELDS
    texts: Callable[[Access], Collection[str] | None] = lambda _: None
    # returns the key from a preview, if that is possible; raises KeyError if it is not known this time
    read_preview: Callable[[Preview], Hashable] | None = None
    # returns what of a key decides its class, if that can be told from the record, else None
    find_kind: Callable[[Record], Hashable] = lambda _: None
    max_values: int = MAX_VALUES  # to remember
    tells_absent: frozenset[str] = NO_FIELDS  # members of which a key tells whether they are absent or null

    def affects(self, leaf: Condition) -> bool:
        """Return whether a leaf condition reads any determined field."""
        return any(self._names(field, leaf) for field in fields_of(leaf))

    def decides(self, leaf: Condition, undetermined: frozenset[str]) -> bool:
        """Return whether all fields that a leaf condition reads are determined, apart from some."""
        return all(self._names(field, leaf) and field not in undetermined for field in fields_of(leaf))

    def _names(self, field: str, leaf: Condition) -> bool:
        if _asks_for_member(leaf):
            return field in self.tells_absent
        return field in self.determines or field.partition(".")[0] in self.determines


def _asks_for_member(leaf: Condition) -> bool:
    """Return whether a leaf asks if a member exists: most keys are the same if it is null."""
    return leaf.op == "exists" and not leaf.field.startswith("s3.")


class Comparison:
    """All simple comparisons of one field with texts: the field is read once for all of them."""

    def __init__(self, field: str) -> None:
        self.field = field
        self._read = getter(field)
        self._by_text: dict[str, list[int]] = {}

    def add(self, texts: Iterable[str], number: int) -> None:
        """Add the comparison of condition `number`."""
        for text in texts:
            self._by_text.setdefault(fold(text), []).append(number)

    def find_true(self, access: Access) -> frozenset[int] | None:
        """Return the numbers of the conditions that hold; None if the field can not be read."""
        try:
            texts = [fold(text_of(element)) for element in elements(self._read(access))]
        except Exception:  # noqa: BLE001  # it fails again in the matcher, which reports it
            return None
        return frozenset(number for text in texts for number in self._by_text.get(text, ()))


class Classes:
    """The classes that the values of one dimension fall into."""

    def __init__(self, dimension: Dimension, decide: Decide, conditions: Iterable[Condition]) -> None:
        self._dimension = dimension
        self._decide = decide
        self._comparisons: dict[str, Comparison] = {}
        self._others: list[Condition] = []
        self._read_key = dimension.key
        self.read_preview = dimension.read_preview or _read_nothing
        self.by_key: dict[Hashable, int] = {}
        self._by_kind: dict[Hashable, int] = {}
        self._by_outcome: dict[Hashable, int] = {}
        for number, each in enumerate(conditions):
            if each.op == "eq" and not each.cased:
                self._comparisons.setdefault(each.field, Comparison(each.field)).add(each.values, number)
            else:
                self._others.append(each)

    def of(self, access: Access) -> int:
        """Return the class of an access's value."""
        key = self._read_key(access)
        found = self.by_key.get(key)
        if found is None:
            found = self._by_outcome.setdefault(self._evaluate_all(access), len(self._by_outcome))
            self._remember(key, found)
            if (kind := self._dimension.find_kind(access.record)) is not None:
                self._by_kind[kind] = found
        return found

    def recall(self, key: Hashable, record: Record) -> int:
        """Return the class of a new key by its kind. Raises KeyError if that is not known either."""
        found = self._by_kind[self._dimension.find_kind(record)]
        self._remember(key, found)
        return found

    def _remember(self, key: Hashable, number: int) -> None:
        for known in (self.by_key, self._by_kind):
            if len(known) >= self._dimension.max_values:
                known.clear()
        self.by_key[key] = number

    def _evaluate_all(self, access: Access) -> tuple[Hashable, ...]:
        undetermined = self._dimension.undetermined(access)  # once for all: it may read the whole record
        compared = (
            None if each.field in undetermined else each.find_true(access)
            for each in self._comparisons.values()
        )
        others = (self._decide(self._dimension, undetermined, access, each) for each in self._others)
        return *compared, *others


def _read_nothing(_preview: Preview) -> Hashable:
    raise KeyError("only an Access has this key")

"""Dimensions of accesses, and the classes that their values fall into.

A dimension is something that many accesses share, together with the fields whose values it settles. What
matters of a value is what the rules' conditions on these fields come to; values for which that is the same
are one class.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable
from typing import NamedTuple

from msgspec import Raw

from s3watch.detection.conditions import fields_of
from s3watch.detection.field_values import elements, fold, text_of
from s3watch.facts.access import Access, getter
from s3watch.ruleset import Condition, Label
from s3watch.sources.cloudtrail import Record

NOTHING: frozenset[str] = frozenset()
MOST_VALUES = 10_000  # values of a dimension remembered: an identity is about 700 bytes, so 7 MB at most

# What is known of an access before it is drawn: record, its bytes, bucket, operation, labels. Not a class
# of its own, which would take as long to make as all the look-ups that read it.
type Glimpse = tuple[Record, bytes | Raw, str | None, str, tuple[Label, ...]]
type Decide = Callable[[Dimension, Access, Condition], bool | None]


class Dimension(NamedTuple):
    """Something that many accesses share.

    `settles` names the fields that are a function of the key (an object's name means all of its members),
    `unsure` those that some values do not settle after all. `indexed` names the fields that rules mostly
    compare with one text, and `texts` gives the folded texts an access has there, or None where that can
    not be said.
    """

    name: str
    key: Callable[[Access], Hashable]
    settles: frozenset[str]
    unsure: Callable[[Access], frozenset[str]] = lambda _: NOTHING
    indexed: frozenset[str] = NOTHING
    texts: Callable[[Access], Collection[str] | None] = lambda _: None
    read: Callable[[Glimpse], Hashable] | None = (
        None  # the key, where a glimpse tells it; KeyError: this time not
    )
    most: int = MOST_VALUES  # values remembered

    def bears_on(self, leaf: Condition) -> bool:
        """Tell whether a condition reads any field that is settled."""
        return any(map(self._names, fields_of(leaf)))

    def decides(self, leaf: Condition, access: Access) -> bool:
        """Tell whether all that a condition reads is settled for this access."""
        unsure = self.unsure(access)
        return all(self._names(field) and field not in unsure for field in fields_of(leaf))

    def _names(self, field: str) -> bool:
        return field in self.settles or field.partition(".")[0] in self.settles


class Comparison:
    """All plain comparisons of one field with texts: the field is read once, whatever their number."""

    def __init__(self, field: str) -> None:
        self.field = field
        self._read = getter(field)
        self._by_text: dict[str, list[int]] = {}

    def add(self, texts: Iterable[str], number: int) -> None:
        """Take a condition in."""
        for text in texts:
            self._by_text.setdefault(fold(text), []).append(number)

    def true_of(self, access: Access) -> frozenset[int] | None:
        """Give the numbers of the conditions that hold; None where the field can not be read."""
        try:
            texts = [fold(text_of(element)) for element in elements(self._read(access))]
        except Exception:  # noqa: BLE001  # it fails again where failures are reported
            return None
        return frozenset(number for text in texts for number in self._by_text.get(text, ()))


class Classes:
    """The classes that the values of one dimension fall into."""

    def __init__(self, dimension: Dimension, decide: Decide, conditions: Iterable[Condition]) -> None:
        self._dimension = dimension
        self._decide = decide
        self._comparisons: dict[str, Comparison] = {}
        self._others: list[Condition] = []
        self.read = dimension.read or _unread
        self.by_key: dict[Hashable, int] = {}
        self._by_truth: dict[Hashable, int] = {}
        for number, each in enumerate(conditions):
            if each.op == "eq" and not each.cased:
                self._comparisons.setdefault(each.field, Comparison(each.field)).add(each.values, number)
            else:
                self._others.append(each)

    def of(self, access: Access) -> int:
        """Give the class of an access's value."""
        key = self._dimension.key(access)
        found = self.by_key.get(key)
        if found is None:
            if len(self.by_key) >= self._dimension.most:
                self.by_key.clear()
            found = self.by_key[key] = self._by_truth.setdefault(self._try_all(access), len(self._by_truth))
        return found

    def _try_all(self, access: Access) -> tuple[Hashable, ...]:
        unsure = self._dimension.unsure(access)
        compared = (
            None if each.field in unsure else each.true_of(access) for each in self._comparisons.values()
        )
        return *compared, *(self._decide(self._dimension, access, each) for each in self._others)


def _unread(_glimpse: Glimpse) -> Hashable:
    raise KeyError("only an access tells")

"""A lookup table of many prefixes: finds those that a text begins with, by bisection."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator


class Prefixes[T]:
    """Values by prefix; a lookup is one bisection and a walk to ever shorter prefixes."""

    def __init__(self, pairs: Iterable[tuple[str, T]]) -> None:
        by_prefix: dict[str, list[T]] = {}
        for prefix, value in pairs:
            by_prefix.setdefault(prefix, []).append(value)
        self.texts = sorted(by_prefix)
        self._values = [by_prefix[prefix] for prefix in self.texts]
        self.parents = _link(self.texts)

    def __len__(self) -> int:
        return len(self.texts)

    def find_longest(self, text: str) -> int:
        """Return the index in `texts` of the longest known prefix of a text, or -1.

        In sorted order it comes just before the text, or is a prefix of what does.
        """
        at = bisect_right(self.texts, text) - 1
        while at >= 0 and not text.startswith(self.texts[at]):
            at = self.parents[at]
        return at

    def values_at(self, at: int) -> Iterator[T]:
        """Yield the values of the prefix at an index of `texts`, then of its own prefixes; none for -1."""
        while at >= 0:
            yield from self._values[at]
            at = self.parents[at]

    def matching(self, text: str) -> Iterator[T]:
        """Yield the values of every known prefix of a text, longest prefix first."""
        return self.values_at(self.find_longest(text))

    def is_any_under(self, prefix: str) -> bool:
        """Return whether any known prefix itself begins with `prefix`."""
        at = bisect_left(self.texts, prefix)
        return at < len(self.texts) and self.texts[at].startswith(prefix)

    def under(self, prefix: str) -> Iterator[T]:
        """Yield the values of every known prefix that itself begins with `prefix`."""
        start = bisect_left(self.texts, prefix)
        for at in range(start, len(self.texts)):
            if not self.texts[at].startswith(prefix):
                return
            yield from self._values[at]


def _link(texts: list[str]) -> list[int]:
    """Return for each of the sorted texts the index of its longest proper prefix among them, or -1."""
    parents: list[int] = []
    open_prefixes: list[int] = []  # indexes of the current text's prefixes, shortest first
    for at, text in enumerate(texts):
        while open_prefixes and not text.startswith(texts[open_prefixes[-1]]):
            open_prefixes.pop()
        parents.append(open_prefixes[-1] if open_prefixes else -1)
        open_prefixes.append(at)
    return parents

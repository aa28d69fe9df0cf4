"""Many prefixes looked up at once: which of them does a text begin with."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator


class Prefixes[T]:
    """Values by prefix; a look-up is a bisection and a walk up the prefixes of the prefix found."""

    def __init__(self, pairs: Iterable[tuple[str, T]]) -> None:
        gathered: dict[str, list[T]] = {}
        for prefix, value in pairs:
            gathered.setdefault(prefix, []).append(value)
        self.texts = sorted(gathered)
        self._values = [gathered[prefix] for prefix in self.texts]
        self._parents = _link(self.texts)

    def __len__(self) -> int:
        return len(self.texts)

    def longest(self, text: str) -> int:
        """Place of the longest prefix of a text, or -1: it comes just before the text, or begins that."""
        at = bisect_right(self.texts, text) - 1
        while at >= 0 and not text.startswith(self.texts[at]):
            at = self._parents[at]
        return at

    def along(self, at: int) -> Iterator[T]:
        """Give the values of the prefix at a place and of every shorter prefix of it."""
        while at >= 0:
            yield from self._values[at]
            at = self._parents[at]

    def of(self, text: str) -> Iterator[T]:
        """Give the values of every prefix of a text."""
        return self.along(self.longest(text))

    def under(self, prefix: str) -> Iterator[T]:
        """Give the values of every known prefix that itself begins with `prefix`."""
        start = bisect_left(self.texts, prefix)
        for at in range(start, len(self.texts)):
            if not self.texts[at].startswith(prefix):
                return
            yield from self._values[at]


def _link(texts: list[str]) -> list[int]:
    """Link each of the sorted texts to the longest other one that begins it, or to -1."""
    parents: list[int] = []
    beginnings: list[int] = []  # places of the texts that begin the one at hand, shortest first
    for at, text in enumerate(texts):
        while beginnings and not text.startswith(texts[beginnings[-1]]):
            beginnings.pop()
        parents.append(beginnings[-1] if beginnings else -1)
        beginnings.append(at)
    return parents

"""What is sensitive: the labels of an object, of a listed prefix, of a bucket. Case-sensitive like S3 itself.

A bucket's patterns are indexed when its first access comes, so that a large catalogue costs a cold start
nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from functools import cached_property

from s3watch.facts.access import Access
from s3watch.globs import compile_glob, overlaps
from s3watch.prefixes import Prefixes
from s3watch.ruleset import Label, Patterns, Ruleset

type Labels = tuple[Label, ...]
type Numbered = tuple[str, int]  # a key, prefix or pattern, and a label's place in Ruleset.labels

MOST_SHELVES = (
    4096  # buckets indexed at a time: more than an account has, fewer than a stream of forged names
)
MOST_LISTINGS = 1024  # listed prefixes remembered for a bucket: callers list the same ones again and again


class Catalogue:
    """Labels by bucket and key; equal sets of labels are one tuple, so that its id() tells them apart."""

    def __init__(self, ruleset: Ruleset) -> None:
        self._sets = LabelSets(ruleset.labels)
        self._patterns = {patterns.bucket: patterns for patterns in ruleset.patterns}
        self._wild = [(*_split(pattern), label) for pattern, label in ruleset.wild]
        self._shelves: dict[str, Shelf] = {}

    def of_object(self, bucket: str | None, key: str) -> Labels:
        """Labels of one object, in the catalogue's order."""
        return self.shelf(bucket).of_object(key)

    def of_prefix(self, bucket: str | None, prefix: str) -> Labels:
        """Labels of every pattern that an object under the prefix could match."""
        return self.shelf(bucket).of_prefix(prefix)

    def of_bucket(self, bucket: str | None) -> Labels:
        """Labels of all objects that the bucket could hold."""
        return self.shelf(bucket).all

    def label(self, access: Access) -> None:
        """Set an access's labels by its scope, and those of its bucket."""
        shelf = self.shelf(access.bucket)
        access.bucket_labels = shelf.all
        if access.scope == "object":
            access.labels = shelf.of_object(access.key or "")
        elif access.scope == "prefix":
            access.labels = shelf.of_prefix(access.prefix)

    def shelf(self, bucket: str | None) -> Shelf:
        """Give the bucket's part of the catalogue; no bucket has an empty one."""
        name = bucket or ""
        shelf = self._shelves.get(name)
        if shelf is None:
            if len(self._shelves) >= MOST_SHELVES:
                self._shelves.clear()
            shelf = self._shelves[name] = self._build(name)
        return shelf

    def _build(self, bucket: str) -> Shelf:
        wild = [(key, label) for named, key, label in self._wild if bucket and compile_glob(named)(bucket)]
        return Shelf(self._patterns.get(bucket, Patterns(bucket)), wild, self._sets)


def _split(pattern: str) -> tuple[str, str]:
    """Split an s3:// pattern into those of bucket and key; without a key it means all in the bucket."""
    bucket, _, key = pattern.removeprefix("s3://").partition("/")
    return bucket, key or "*"


class LabelSets:
    """Sets of labels by their places in the catalogue, each kept once."""

    def __init__(self, labels: Labels) -> None:
        self._labels = labels
        self._kept: dict[tuple[int, ...], Labels] = {}

    def of(self, places: Iterable[int]) -> Labels:
        """Give the one tuple of the labels at these places."""
        key = tuple(sorted(set(places)))
        return self._kept.get(key) or self._kept.setdefault(key, tuple(self._labels[place] for place in key))


class Shelf:
    """One bucket's part of the catalogue."""

    def __init__(self, patterns: Patterns, wild: list[Numbered], sets: LabelSets) -> None:
        self._sets = sets
        self._exact: dict[str, list[int]] = {}
        for key, place in patterns.exact:
            self._exact.setdefault(key, []).append(place)
        self._prefixes = Prefixes(patterns.prefixes)
        self._globs = [(pattern, compile_glob(pattern), place) for pattern, place in (*patterns.globs, *wild)]
        self._by_prefix: dict[int, Labels] = {}
        self._listed: dict[str, Labels] = {}

    def of_object(self, key: str) -> Labels:
        """Labels of one object; nearly always those of its prefixes alone, which are put together once."""
        texts = self._prefixes.texts  # Prefixes.find_longest() in place: half of the records come by here
        at = bisect_right(texts, key) - 1
        if at >= 0 and not key.startswith(texts[at]):
            at = self._prefixes.find_longest(key)
        others = [place for _, test, place in self._globs if test(key)] if self._globs else []
        if key in self._exact:
            others += self._exact[key]
        if others:
            return self._sets.of([*self._prefixes.values_at(at), *others])
        labels = self._by_prefix.get(at)
        if labels is None:
            labels = self._by_prefix[at] = self._sets.of(self._prefixes.values_at(at))
        return labels

    def of_prefix(self, prefix: str) -> Labels:
        """Labels of every pattern that an object under the prefix could match."""
        labels = self._listed.get(prefix)
        if labels is None:
            if len(self._listed) >= MOST_LISTINGS:
                self._listed.clear()
            labels = self._listed[prefix] = self._sets.of(self._places_under(prefix))
        return labels

    def _places_under(self, prefix: str) -> Iterable[int]:
        yield from self._prefixes.matching(prefix)
        yield from self._prefixes.under(prefix)
        yield from self._exact_keys.under(prefix)
        yield from (place for pattern, _, place in self._globs if overlaps(pattern, prefix))

    @cached_property
    def _exact_keys(self) -> Prefixes[int]:
        return Prefixes((key, place) for key, places in self._exact.items() for place in places)

    @cached_property
    def all(self) -> Labels:
        """Labels of everything the bucket could hold."""
        return self.of_prefix("")

"""Finds the catalogue's labels of an object, a listed prefix or a bucket; case-sensitive, like S3.

A label is the name of a kind of sensitive data. The patterns of a bucket are indexed when its first access
arrives, so that a large catalogue does not slow cold starts.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from functools import cached_property

from s3watch.canary import NAME as CANARY
from s3watch.facts.access import Access
from s3watch.facts.requests.trail_selectors import PUT, Watch
from s3watch.globs import compile_glob, overlaps
from s3watch.prefixes import Prefixes
from s3watch.ruleset import Label, Patterns, Ruleset

type Labels = tuple[Label, ...]
type PatternLabel = tuple[str, int]  # a key, prefix or pattern, and its label's index in Ruleset.labels

MAX_BUCKETS = 4096  # buckets indexed at a time: more than an account has, and a bound against forged names
MAX_PREFIXES = 1024  # listed prefixes remembered for each bucket: callers list the same ones repeatedly


class Catalogue:
    """Labels by bucket and key; equal sets of labels are the same tuple, identified by its id()."""

    def __init__(self, ruleset: Ruleset) -> None:
        self._sets = LabelSets(ruleset.labels)
        self._patterns = {patterns.bucket: patterns for patterns in ruleset.patterns}
        self._wild = [(*_split(pattern), label) for pattern, label in ruleset.wild]
        # Of the canary's bucket, whose label is the last: no pattern over buckets' names means it
        has_canary = bool(ruleset.labels) and ruleset.labels[-1].name == CANARY
        self._canary = (("", len(ruleset.labels) - 1),) if has_canary else None
        self._log_buckets = frozenset(ruleset.log_buckets)
        self.ranges, self.stack, self._account = ruleset.aws_ranges, ruleset.stack, ruleset.account
        self.watch = Watch(ruleset.watched or ruleset.buckets, *ruleset.trail)
        self._by_bucket: dict[str, BucketEntries] = {}

    def of_object(self, bucket: str | None, key: str) -> Labels:
        """Return the labels of an object, in the catalogue's order."""
        return self.for_bucket(bucket).of_object(key)

    def of_prefix(self, bucket: str | None, prefix: str) -> Labels:
        """Return the labels of what is under a prefix; see BucketEntries."""
        return self.for_bucket(bucket).of_prefix(prefix)

    def of_bucket(self, bucket: str | None) -> Labels:
        """Return the labels of all objects that a bucket could hold; decoys if it holds nothing else."""
        return self.for_bucket(bucket).all

    def label(self, access: Access) -> None:
        """Set the labels of an access, by its scope, what is known of its bucket, and AWS's ranges."""
        entries = self.for_bucket(access.bucket)
        self.label_bucket(access, entries)
        if access.scope == "object":
            access.labels = entries.of_object(access.key or "")
        elif access.scope == "prefix":
            access.labels = entries.of_prefix(access.prefix)
        if access.peer_uri:
            bucket, _, key = access.peer_uri.removeprefix("s3://").partition("/")
            access.leaves_label = not set(access.label_names).issubset(
                label.name for label in self.of_object(bucket, key)
            )

    def label_bucket(self, access: Access, entries: BucketEntries) -> None:
        """Set what is known of an access beside its own labels, by the entries for its bucket."""
        access.bucket_labels, access.log_bucket = entries.all, entries.has_log_files
        if self._account and entries.all:
            access.home = self._account
        if self.ranges:
            access.ranges = self.ranges
        if not access.bucket:
            access.stack = self.stack
            if access.record.event_name == PUT:
                access.settings.watch = self.watch

    def for_bucket(self, bucket: str | None) -> BucketEntries:
        """Return the catalogue's entries for a bucket; none if there is no bucket."""
        name = bucket or ""
        entries = self._by_bucket.get(name)
        if entries is None:
            if len(self._by_bucket) >= MAX_BUCKETS:
                self._by_bucket.clear()
            entries = self._by_bucket[name] = self._build(name)
        return entries

    def _build(self, bucket: str) -> BucketEntries:
        patterns = self._patterns.get(bucket, Patterns(bucket))
        named = [one for one in self._wild if bucket and patterns.prefixes != self._canary]
        wild = [(key, label) for name, key, label in named if compile_glob(name)(bucket)]
        return BucketEntries(patterns, wild, self._sets, has_log_files=bucket in self._log_buckets)


def _split(pattern: str) -> tuple[str, str]:
    """Split an s3:// pattern into the patterns of bucket and key; without a key it means every key."""
    bucket, _, key = pattern.removeprefix("s3://").partition("/")
    return bucket, key or "*"


class LabelSets:
    """Sets of labels by their indexes in the catalogue; each set exists once."""

    def __init__(self, labels: Labels) -> None:
        self._labels = labels
        self.decoys = frozenset(index for index, label in enumerate(labels) if label.is_decoy)
        self._kept: dict[tuple[int, ...], Labels] = {}

    def of(self, indexes: Iterable[int]) -> Labels:
        """Return the one tuple of the labels at these indexes."""
        key = tuple(sorted(set(indexes)))
        return self._kept.get(key) or self._kept.setdefault(key, tuple(self._labels[index] for index in key))


class BucketEntries:
    """The catalogue's entries for one bucket, indexed."""

    def __init__(
        self, patterns: Patterns, wild: list[PatternLabel], sets: LabelSets, *, has_log_files: bool
    ) -> None:
        self._sets = sets
        self.has_log_files = has_log_files
        self._exact: dict[str, list[int]] = {}
        for key, index in patterns.exact:
            self._exact.setdefault(key, []).append(index)
        self._prefixes = Prefixes(patterns.prefixes)
        self._globs = [(pattern, compile_glob(pattern), index) for pattern, index in (*patterns.globs, *wild)]
        self._by_prefix: dict[int, Labels] = {}
        self._listed: dict[str, Labels] = {}

    def of_object(self, key: str) -> Labels:
        """Return the labels of an object; nearly always only those of its prefixes, which are remembered."""
        texts = self._prefixes.texts  # Prefixes.find_longest() inlined: half of all records get here
        at = bisect_right(texts, key) - 1
        while at >= 0 and not key.startswith(texts[at]):
            at = self._prefixes.parents[at]
        others = [index for _, test, index in self._globs if test(key)] if self._globs else []
        if self._exact and key in self._exact:
            others += self._exact[key]
        if others:
            return self._sets.of([*self._prefixes.values_at(at), *others])
        labels = self._by_prefix.get(at)
        if labels is None:
            labels = self._by_prefix[at] = self._sets.of(self._prefixes.values_at(at))
        return labels

    def of_prefix(self, prefix: str) -> Labels:
        """Return the labels of all patterns that an object under the prefix could match.

        Of decoys only those that the prefix names: whoever lists what is around them does not touch them.
        """
        labels = self._listed.get(prefix)
        if labels is None:
            if len(self._listed) >= MAX_PREFIXES:
                self._listed.clear()
            labels = self._listed[prefix] = self._find_listed(prefix)
        return labels

    def _find_listed(self, prefix: str) -> Labels:
        if not (self._globs or self._prefixes.is_any_under(prefix) or self._exact_keys.is_any_under(prefix)):
            return self.of_object(prefix)  # as for most listings: all keys below are alike
        under = (index for index in self._indexes_under(prefix) if index not in self._sets.decoys)
        return self._sets.of([*under, *self._indexes_of(prefix)])

    def _indexes_of(self, key: str) -> Iterable[int]:
        yield from self._prefixes.matching(key)
        yield from self._exact.get(key, ())
        yield from (index for _, test, index in self._globs if test(key))

    def _indexes_under(self, prefix: str) -> Iterable[int]:
        yield from self._prefixes.matching(prefix)
        yield from self._prefixes.under(prefix)
        yield from self._exact_keys.under(prefix)
        yield from (index for pattern, _, index in self._globs if overlaps(pattern, prefix))

    @cached_property
    def _exact_keys(self) -> Prefixes[int]:
        return Prefixes((key, index) for key, indexes in self._exact.items() for index in indexes)

    @cached_property
    def covers_every_key(self) -> bool:
        """Whether every object has a label; the empty key matches only patterns that all keys match."""
        return bool(self.of_object(""))

    @cached_property
    def all(self) -> Labels:
        """The labels of all objects that the bucket could hold; decoys if it holds nothing else."""
        return self.of_prefix("") or self._sets.of(self._indexes_under(""))

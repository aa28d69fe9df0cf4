"""Which objects of a bucket a trail has to record: those under the prefixes of the catalogue's patterns.

CloudTrail selects by the beginning of an ARN, so of a pattern only what precedes its first wildcard counts.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/filtering-data-events.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from s3watch.facts.resources import is_access_point
from s3watch.globs import compile_glob, literal_prefix
from s3watch.prefixes import Prefixes
from s3watch.ruleset import Patterns, Ruleset

# Values of all selectors of a trail, and those that are neither a prefix nor a bucket: stacks/trail.yaml
# https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html
MOST_VALUES, OTHER_VALUES = 500, 33
SPARE = 20  # values for buckets that are watched later, without generating again
# Characters that URLs and ARNs spell alike; of others CloudTrail does not document the spelling:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
_PLAIN = re.compile(r"[A-Za-z0-9!_.*'()/-]*")
DIRECTORY = "--x-s3"  # ends the name of a directory bucket, whose objects are of another resource type


@dataclass(frozen=True, slots=True)
class Scope:
    """What is recorded of each bucket: only these prefixes, or everything because of a reason."""

    prefixes: dict[str, tuple[str, ...]]
    whole: dict[str, str]


def derive(ruleset: Ruleset, watched: int = 0) -> Scope:
    """Return what a trail has to record, within CloudTrail's limit, so that no sensitive object is left out.

    `watched` is the number of buckets of the largest stack, where it is more than the rules know.
    """
    found = {bucket: _prefixes_of(ruleset, bucket) for bucket in sorted(ruleset.buckets)}
    whole = {bucket: prefixes for bucket, prefixes in found.items() if isinstance(prefixes, str)}
    narrowed = {bucket: prefixes for bucket, prefixes in found.items() if not isinstance(prefixes, str)}
    room = MOST_VALUES - OTHER_VALUES - SPARE - 2 * max(watched, len(found))
    for bucket in _largest_beyond(narrowed, room):
        whole[bucket] = f"its {len(narrowed.pop(bucket)):,} prefixes are more than a trail has room for"
    return Scope(narrowed, dict(sorted(whole.items())))


def _largest_beyond(narrowed: dict[str, tuple[str, ...]], room: int) -> Iterator[str]:
    """Yield the buckets with most prefixes until the others fit; each takes its prefixes and an exclusion."""
    values = sum(len(prefixes) + 1 for prefixes in narrowed.values())
    for bucket in sorted(narrowed, key=lambda each: (-len(narrowed[each]), each)):
        if values <= room:
            return
        values -= len(narrowed[bucket]) + 1
        yield bucket


def _prefixes_of(ruleset: Ruleset, bucket: str) -> tuple[str, ...] | str:
    """Return the prefixes of the sensitive objects in a bucket, or why all of it has to be recorded."""
    if is_access_point(bucket) or bucket.endswith(DIRECTORY):
        return "it is no general purpose bucket"
    prefixes = set[str]()
    for pattern, prefix in _patterns_of(ruleset, bucket):
        if pattern == f"s3://{bucket}/*":
            return "all of it is sensitive, by its entry or because it has none"
        if not (plain := _plain(prefix)):
            return f"`{pattern}` has no prefix that a trail can select"
        prefixes.add(plain)
    return _shortest(prefixes) or "no entry of the catalogue names its objects"


def _patterns_of(ruleset: Ruleset, bucket: str) -> Iterator[tuple[str, str]]:
    """Yield the patterns over a bucket's keys, and the text that each key they match begins with."""
    for each in ruleset.patterns:
        if each.bucket == bucket:
            yield from _of_bucket(each)
    for pattern, _ in ruleset.wild:
        name, _, key = pattern.removeprefix("s3://").partition("/")
        if compile_glob(name)(bucket):
            yield pattern, literal_prefix(key)


def _of_bucket(patterns: Patterns) -> Iterator[tuple[str, str]]:
    uri = f"s3://{patterns.bucket}/"
    yield from ((uri + key, key) for key, _ in patterns.exact)
    yield from ((f"{uri}{prefix}*", prefix) for prefix, _ in patterns.prefixes)
    yield from ((uri + pattern, literal_prefix(pattern)) for pattern, _ in patterns.globs)


def _plain(prefix: str) -> str:
    """Return how a prefix begins, up to the first character that an ARN may spell otherwise."""
    found = _PLAIN.match(prefix)
    return found[0] if found else ""


def _shortest(prefixes: Iterable[str]) -> tuple[str, ...]:
    """Return the prefixes that begin with no other one, sorted."""
    known = Prefixes((prefix, prefix) for prefix in prefixes)
    return tuple(prefix for prefix in known.texts if next(reversed([*known.matching(prefix)])) == prefix)

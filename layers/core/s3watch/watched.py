"""What is watched and what the catalogue names: makes both one, and says what is missed."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from s3watch.globs import compile_glob
from s3watch.ruleset import Label, Patterns, Ruleset


def add_watched(ruleset: Ruleset, watched: Sequence[str]) -> Ruleset:
    """Add an entry for each watched bucket that the catalogue does not name: all of it, nobody expected.

    A pattern over bucket names (`s3://hr-*/...`) names those it matches. The build and every cold start do
    this, since a deployment may be given other buckets than the rules were compiled for.
    """
    wild = [compile_glob(pattern.removeprefix("s3://").partition("/")[0]) for pattern, _ in ruleset.wild]
    named = frozenset(ruleset.buckets)
    new = [
        bucket
        for bucket in dict.fromkeys(watched)
        if bucket not in named and not any(matches(bucket) for matches in wild)
    ]
    known = len(ruleset.labels)
    patterns = [Patterns(bucket, prefixes=(("", known + number),)) for number, bucket in enumerate(new)]
    return replace(
        ruleset,
        buckets=tuple(sorted((*ruleset.buckets, *new))),
        labels=(*ruleset.labels, *(Label(bucket) for bucket in new)),
        patterns=tuple(sorted((*ruleset.patterns, *patterns), key=lambda each: each.bucket)),
    )


def unwatched(ruleset: Ruleset, watched: Sequence[str], region: str) -> tuple[str, ...]:
    """Name the catalogue's buckets whose events should arrive in this Region and do not.

    Not those of another Region, by the catalogue or because a deployment there watches them. Where several
    deployments may be this one, in one Region or in accounts of their own, only those that each watches.
    """
    here = [frozenset(one.buckets) for one in ruleset.deployments if one.region in ("", region)]
    elsewhere = {bucket for bucket, named in ruleset.regions if named != region}
    elsewhere.update(
        bucket for one in ruleset.deployments if one.region not in ("", region) for bucket in one.buckets
    )
    excused = elsewhere.union(watched)
    return tuple(
        bucket
        for bucket in ruleset.buckets
        if bucket not in excused and all(bucket in buckets for buckets in here)
    )


def name_all(ruleset: Ruleset, watched: Sequence[str]) -> tuple[str, ...]:
    """Name the buckets of the catalogue, and those watched that only a pattern of it names, each once."""
    return tuple(dict.fromkeys((*ruleset.buckets, *watched)))

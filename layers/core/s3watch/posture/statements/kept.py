"""What is kept of the statements of policies between reviews: in full, or a mark for each policy.

In full, because more or less of them can only be told from other words for the same by comparing both.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable
from itertools import accumulate
from typing import NamedTuple

import msgspec

from s3watch.posture.bucket_state import OF_BUCKET
from s3watch.posture.marks import MARK, SETTING, Hidden, digest_of, mark_setting, split
from s3watch.posture.statements.statement import PolicyStatements, Statement

# Bytes of JSON of the statements of one effect that are kept in full: a bucket policy has at most 20 KB.
MOST_KEPT = 40_000
MOST_POLICIES = 1_000  # whose marks are kept, as of parts that were not read


class Kept(NamedTuple):
    """The statements of one effect."""

    policies: tuple[PolicyStatements, ...] = ()  # those kept in full; of a policy without statements nothing
    marks: bytes = b""  # of the policies that are not among these: all their statements together

    def statements_of(self, policy: str) -> tuple[Statement, ...]:
        """Return the statements of a policy that are kept in full."""
        return next((each.statements for each in self.policies if each.policy == policy), ())

    def is_changed(self, policy: PolicyStatements) -> bool:
        """Return whether a policy that had statements, and is not kept in full, does not have the same."""
        mark = mark_setting(policy.policy)
        kept = [each for each in split(self.marks, MARK) if each[:SETTING] == mark]
        return bool(kept) and _mark(policy) not in kept

    def hidden_by(self, hidden: Hidden, read: Collection[PolicyStatements]) -> Kept:
        """Return what is kept of policies that cannot be read, and are not among those that were `read`."""
        known = {mark_setting(each.policy) for each in read}
        policies = ((mark_setting(each.policy), each) for each in self.policies)
        marks = sorted(split(self.marks, MARK))
        return Kept(
            tuple(each for mark, each in policies if mark in hidden and mark not in known),
            b"".join(each for each in marks if each in hidden and each[:SETTING] not in known),
        )

    def plus(self, other: Kept) -> Kept:
        """Return these statements with those of other policies."""
        joined = keep({*self.policies, *other.policies})
        marks = split(joined.marks + self.marks + other.marks, MARK)
        return Kept(joined.policies, b"".join(sorted(marks)[:MOST_POLICIES]))


def keep(policies: Iterable[PolicyStatements]) -> Kept:
    """Return what is kept in full, the bucket policy first, then the shortest; and the marks of all else."""
    written = ((len(msgspec.json.encode(each)), each) for each in policies if each.statements)
    ordered = sorted(written, key=lambda sized: (sized[1].policy not in OF_BUCKET, *sized))
    fit = bisect_right(list(accumulate(size for size, _ in ordered)), MOST_KEPT)
    kept, beyond = ordered[:fit], ordered[fit:]
    marks = sorted(_mark(each) for _, each in beyond)
    return Kept(tuple(each for _, each in kept), b"".join(marks[:MOST_POLICIES]))


def _mark(policy: PolicyStatements) -> bytes:
    meanings = sorted(msgspec.json.encode(each.meaning) for each in policy.statements)
    return mark_setting(policy.policy) + digest_of([each.decode() for each in meanings], MARK - SETTING)

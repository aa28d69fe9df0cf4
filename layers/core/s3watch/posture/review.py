"""Decides what a review of a bucket reports, by comparing its posture with the last review."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import NamedTuple

from s3watch.posture import review_rules
from s3watch.posture.bucket_state import OF_BUCKET
from s3watch.posture.digest import MOST_MARKS, Digest, marks_of, shortened, summarize
from s3watch.posture.grants import EVERYBODY, Grant, Posture, describe
from s3watch.ruleset import Detection
from s3watch.text import truncate_list

NOBODY = "nobody outside the account"
UNKNOWN = "not known: this is the first review"
MOST_LINES = 60  # of a posture in words; an alert shows fewer, and its item in the ledger stays small
LINE = 300  # characters
REMARKS = 12  # grants without effect that are named, and principals that are nobody


class Difference(NamedTuple):
    """Two postures, and the rule that reports their difference; None if there is nothing to report."""

    before: Digest | None
    after: Digest
    found: Posture
    rule: Detection | None
    unread: frozenset[str] = frozenset()  # parts that are unread for the first time


def compare(before: Digest | None, found: Posture, failed: Iterable[str] = ()) -> Difference:
    """Compare two postures; grants found by the first review count as new, those by unread parts as known.

    A part that `failed` twice in a row counts as unread like one that AWS refuses.
    """
    known, failed = before or Digest(), frozenset(failed)
    refused = frozenset(found.unread)
    unread = refused | known.failed_among(failed) | known.unread_among(failed)
    hidden = known.hidden_by(refused | failed)
    after = summarize(Posture(found.grants, unread=tuple(unread)), failed).plus(hidden)
    new = unread - known.unread_among(unread)
    return Difference(before, after, found, _rule(before, after, found, new), new)


def _rule(before: Digest | None, after: Digest, found: Posture, unread: frozenset[str]) -> Detection | None:
    known = before.marks if before else frozenset[bytes]()
    gained = after.marks - known
    if gained & marks_of(grant for grant in found.grants if grant.grantee == EVERYBODY):
        return review_rules.OPENED
    if gained:
        return review_rules.SHARED
    if before and unread & OF_BUCKET & {*found.unread}:
        return review_rules.UNREADABLE
    if unread:
        return review_rules.INCOMPLETE
    return review_rules.CLOSED if known - after.marks else None


def describe_before(digest: Digest | None) -> tuple[str, ...]:
    """Describe in words who had access to a bucket at the last review, one line each; never empty."""
    return _bounded(_describe(digest, ())) if digest else (UNKNOWN,)


def describe_after(difference: Difference) -> tuple[str, ...]:
    """Describe in words who has access to a bucket, one line each; never empty."""
    ineffective = describe(difference.found.ineffective, ", without effect")
    unresolved = [
        f"nobody by the id {name}: deleted, or not resolved yet" for name in difference.found.unresolved
    ]
    remarks = [truncate_list(lines, len(lines), REMARKS) for lines in (ineffective, unresolved)]
    return _bounded(_describe(difference.after, chain(*remarks), _gained(difference)))


def _gained(difference: Difference) -> tuple[Grant, ...]:
    """Return grants that are new since the last review, as many as are kept in full.

    Of more grants than have marks of their own it is not known which are new.
    """
    before, grants = difference.before, difference.found.grants
    if before is None or len(grants) > MOST_MARKS:
        return ()
    return shortened(
        Posture(tuple(grant for grant in grants if marks_of([grant]).isdisjoint(before.marks)))
    ).grants


def _describe(digest: Digest, remarks: Iterable[str], first: tuple[Grant, ...] = ()) -> list[str]:
    others = tuple(grant for grant in digest.sample if grant not in first)
    further, unnamed = len(digest.marks) - len(first) - len(others), digest.further_parts
    return [
        *(describe(first) + describe(others) or [NOBODY]),
        *([f"and {further:,} further grants"] if further > 0 else []),
        *remarks,
        *(f"could not be read: {part}" for part in dict.fromkeys((*digest.unread, *digest.failed))),
        *([f"could not be read: {unnamed:,} further parts"] if unnamed else []),
    ]


def _bounded(lines: list[str]) -> tuple[str, ...]:
    return tuple(line[:LINE] for line in truncate_list(lines, len(lines), MOST_LINES))

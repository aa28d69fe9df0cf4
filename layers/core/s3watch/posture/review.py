"""Decides what a review of a bucket reports, by comparing its posture with the last review."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from s3watch.posture import review_rules
from s3watch.posture.bucket_state import OF_BUCKET
from s3watch.posture.digest import MOST_MARKS, Digest, marks_of, shortened, summarize
from s3watch.posture.grants import EVERYBODY, Grant, Posture, describe
from s3watch.posture.statements.coverage import find_uncovered
from s3watch.posture.statements.wording import Loss, describe_left, describe_lost
from s3watch.ruleset import Detection
from s3watch.text import truncate_list

NOBODY = "nobody outside the account"
UNKNOWN = "not known: this is the first review"
MOST_LINES = 60  # of a posture in words; an alert shows fewer, and its item in the ledger stays small
LINE = 300  # characters
MOST_LOST = 4  # Deny statements that are named: a message shows eight lines
REMARKS = 12  # grants without effect that are named, and principals that are nobody


class Difference(NamedTuple):
    """Two postures, and the rule that reports their difference; None if there is nothing to report."""

    before: Digest | None
    after: Digest
    found: Posture
    rule: Detection | None
    unread: frozenset[str] = frozenset()  # parts that are unread for the first time
    lost: tuple[Loss, ...] = ()  # Deny statements that are gone, or deny less

    @property
    def may_settle(self) -> bool:
        """Whether policies name users or roles by ids: they are deleted, or soon shown by their names."""
        denied = (each.unresolved for policy in self.found.denials for each in policy.statements)
        return bool(self.found.unresolved) or (bool(self.lost) and any(denied))


def compare(before: Digest | None, found: Posture, failed: Iterable[str] = ()) -> Difference:
    """Compare two postures; grants found by the first review count as new, those by unread parts as known.

    A part that `failed` twice in a row counts as unread like one that AWS refuses.
    """
    known, failed = before or Digest(), frozenset(failed)
    refused = frozenset(found.unread)
    unread = refused | known.failed_among(failed) | known.unread_among(failed)
    hidden = known.hidden_by(refused | failed, found.denials)
    kept = Posture(found.grants, unread=tuple(unread), denials=found.denials)
    after = summarize(kept, failed).plus(hidden)
    new = unread - known.unread_among(unread)
    lost = tuple(_lost(known, found))
    return Difference(before, after, found, _rule(before, after, found, new, lost), new, lost)


def _lost(known: Digest, found: Posture) -> Iterator[Loss]:
    """Yield what is no longer denied, by the policies that were read now.

    An access point that is gone denies nothing, and lets nobody in.
    """
    policies = {each.policy: each.statements for each in known.denials}
    for policy in found.denials:
        left = {each.sid: each for each in policy.statements if each.sid}
        for lost in find_uncovered(policies.get(policy.policy, ()), policy.statements):
            yield Loss(policy.policy, lost, left.get(lost.sid))
        if known.is_changed(policy):
            yield Loss(policy.policy, None)


def _rule(
    before: Digest | None, after: Digest, found: Posture, unread: frozenset[str], lost: tuple[Loss, ...]
) -> Detection | None:
    known = before.marks if before else frozenset[bytes]()
    gained = after.marks - known
    if gained & marks_of(grant for grant in found.grants if grant.grantee == EVERYBODY):
        return review_rules.OPENED
    if gained:
        return review_rules.SHARED
    if before and unread & OF_BUCKET & {*found.unread}:
        return review_rules.UNREADABLE
    if lost:
        return review_rules.WEAKENED
    if unread:
        return review_rules.INCOMPLETE
    return review_rules.CLOSED if known - after.marks else None


def describe_before(difference: Difference) -> tuple[str, ...]:
    """Describe in words who had access to a bucket at the last review, one line each; never empty.

    What was denied that no longer is comes first.
    """
    if difference.before is None:
        return (UNKNOWN,)
    lost = [describe_lost(each) for each in difference.lost]
    return _bounded([*truncate_list(lost, len(lost), MOST_LOST), *_describe(difference.before, ())])


def describe_after(difference: Difference) -> tuple[str, ...]:
    """Describe in words who has access to a bucket, one line each; never empty."""
    ineffective = describe(difference.found.ineffective, ", without effect")
    unresolved = [
        f"nobody by the id {name}: deleted, or not resolved yet" for name in difference.found.unresolved
    ]
    remarks = [truncate_list(lines, len(lines), REMARKS) for lines in (ineffective, unresolved)]
    lost, gained = [describe_left(each) for each in difference.lost], _gained(difference)
    denied = truncate_list(lost, len(lost), MOST_LOST)
    described = _describe(difference.after, chain(*remarks), gained)
    return _bounded([*denied, *described] if not gained else [described[0], *denied, *described[1:]])


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

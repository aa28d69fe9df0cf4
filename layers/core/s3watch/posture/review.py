"""Decides what a review of a bucket reports, by comparing its posture with the last review."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from msgspec.structs import replace

from s3watch.posture import review_rules
from s3watch.posture.bucket_state import OF_BUCKET
from s3watch.posture.digest import MOST_MARKS, Digest, earlier_marks_of, find_new, shortened, summarize
from s3watch.posture.grants import EVERYBODY, Grant, Posture, describe
from s3watch.posture.marks import setting_of
from s3watch.posture.statements.coverage import find_uncovered
from s3watch.posture.statements.widening import Gain, find_gaining, find_gains
from s3watch.posture.statements.wording import (
    Loss,
    describe_allowed,
    describe_gained,
    describe_left,
    describe_lost,
)
from s3watch.ruleset import Detection
from s3watch.text import truncate_list

NOBODY = "nobody outside the account"
UNKNOWN = "not known: this is the first review"
MOST_LINES = 60  # of a posture in words; an alert shows fewer, and its item in the ledger stays small
LINE = 300  # characters
MOST_STATEMENTS = 4  # that are named, of each effect: a message shows eight lines
REMARKS = 12  # grants without effect that are named, and principals that are nobody


class Difference(NamedTuple):
    """Two postures, and the rule that reports their difference; None if there is nothing to report."""

    before: Digest | None
    after: Digest
    found: Posture
    rule: Detection | None
    unread: frozenset[str] = frozenset()  # parts that are unread for the first time
    lost: tuple[Loss, ...] = ()  # Deny statements that are gone, or deny less
    gained: tuple[Grant, ...] = ()  # new grants, and those that are for more
    gains: tuple[Gain, ...] = ()  # Allow statements that allow more

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
    kept = replace(found, unread=tuple(unread))
    after = summarize(kept, failed).plus(hidden)
    new = unread - known.unread_among(unread)
    lost, gains = tuple(_lost(known, found)), tuple(find_gains(known.allowed, found.allowances))
    gained = (*find_new(found.grants, known.marks), *find_gaining(gains, found.grants))
    difference = Difference(before, after, found, None, new, lost, tuple(dict.fromkeys(gained)), gains)
    return difference._replace(rule=_rule(difference))


def _lost(known: Digest, found: Posture) -> Iterator[Loss]:
    """Yield what is no longer denied, by the policies that were read now.

    An access point that is gone denies nothing, and lets nobody in.
    """
    for policy in found.denials:
        left = {each.sid: each for each in policy.statements if each.sid}
        for lost in find_uncovered(known.denied.statements_of(policy.policy), policy.statements):
            yield Loss(policy.policy, lost, left.get(lost.sid))
        if known.denied.is_changed(policy):
            yield Loss(policy.policy, None)


def _rule(difference: Difference) -> Detection | None:
    before, found, unread = difference.before, difference.found, difference.unread
    if difference.gained:
        opened = any(grant.grantee == EVERYBODY for grant in difference.gained)
        return review_rules.OPENED if opened else review_rules.SHARED
    if before and unread & OF_BUCKET & {*found.unread}:
        return review_rules.UNREADABLE
    if difference.lost:
        return review_rules.WEAKENED
    if unread:
        return review_rules.INCOMPLETE
    closed = before and before.marks - difference.after.marks - earlier_marks_of(found.grants)
    return review_rules.CLOSED if closed else None


def describe_before(difference: Difference) -> tuple[str, ...]:
    """Describe in words who had access to a bucket at the last review, one line each; never empty.

    What was denied that no longer is comes first, and what was allowed where more is now.
    """
    if difference.before is None:
        return (UNKNOWN,)
    lost = [describe_lost(each) for each in difference.lost]
    allowed = [describe_allowed(each) for each in _unseen(difference)]
    return _bounded([*_some(lost), *_some(allowed), *_describe(difference.before, ())])


def describe_after(difference: Difference) -> tuple[str, ...]:
    """Describe in words who has access to a bucket, one line each; never empty."""
    ineffective = describe(difference.found.ineffective, ", without effect")
    unresolved = [
        f"nobody by the id {name}: deleted, or not resolved yet" for name in difference.found.unresolved
    ]
    remarks = [truncate_list(lines, len(lines), REMARKS) for lines in (ineffective, unresolved)]
    lost, first = [describe_left(each) for each in difference.lost], _first(difference)
    gained = [describe_gained(each) for each in _unseen(difference)]
    changes = [*_some(gained), *_some(lost)]
    described = _describe(difference.after, chain(*remarks), first)
    return _bounded([*changes, *described] if not first else [described[0], *changes, *described[1:]])


def _some(lines: Iterable[str]) -> list[str]:
    named = list(dict.fromkeys(lines))
    return truncate_list(named, len(named), MOST_STATEMENTS)


def _unseen(difference: Difference) -> list[Gain]:
    """Return the gains that the words for grants do not show: they would read as before."""
    before = difference.before or Digest()
    places: dict[tuple[str, str, str], set[str]] = {}
    for grant in before.sample:
        places.setdefault((grant.grantee, grant.verb, grant.granted_by), set()).add(grant.places)
    seen = {*find_new(difference.gained, before.marks)}
    for grant in difference.gained:
        told = places.get((grant.grantee, grant.verb, grant.granted_by), {grant.places})
        seen.update([grant] if grant.places not in told else [])
    shown = {(setting_of(grant.granted_by), grant.terms) for grant in seen}
    return [gain for gain in difference.gains if (gain.policy, gain.terms) not in shown]


def _first(difference: Difference) -> tuple[Grant, ...]:
    """Return the grants that are told first, as many as are kept in full: the new ones, and those for more.

    Of more grants than have marks of their own it is not known which are new.
    """
    if difference.before is None or len(difference.found.grants) > MOST_MARKS:
        return ()
    return shortened(Posture(difference.gained)).grants


def _describe(digest: Digest, remarks: Iterable[str], first: tuple[Grant, ...] = ()) -> list[str]:
    others = tuple(grant for grant in digest.sample if grant not in first)
    shown = {(grant.grantee, grant.verb, grant.granted_by) for grant in (*first, *others)}
    further, unnamed = len(digest.marks) - len(shown), digest.further_parts
    return [
        *(describe(first) + describe(others) or [NOBODY]),
        *([f"and {further:,} further grants"] if further > 0 else []),
        *remarks,
        *(f"could not be read: {part}" for part in dict.fromkeys((*digest.unread, *digest.failed))),
        *([f"could not be read: {unnamed:,} further parts"] if unnamed else []),
    ]


def _bounded(lines: list[str]) -> tuple[str, ...]:
    return tuple(line[:LINE] for line in truncate_list(lines, len(lines), MOST_LINES))

"""Decides what a review of a bucket reports and corrects, by comparing its posture with the last review."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from s3watch.posture import review_rules
from s3watch.posture.bucket_state import ACCOUNT_WIDE, ACL, State
from s3watch.posture.exposure import Grant, Posture, describe
from s3watch.posture.grantees import EVERYBODY
from s3watch.ruleset import Detection

Kind = Literal["acl", "block"]
Mode = Literal["off", "acl", "block"]

MAX_ATTEMPTS = 3  # corrections of one bucket a day: whatever keeps coming back, somebody wants it
MAX_KEPT = 10  # corrections remembered: at least three days of them
RESPECT_UNDO = 86400.0  # seconds in which an undone correction is not repeated: time to write an exception
NOBODY = "nobody outside the account"
UNKNOWN = "not known: this is the first review"


class Remediation(NamedTuple):
    """The settings of automatic correction.

    Mode `acl` resets public ACLs to private, `block` turns on Block Public Access for public buckets.
    """

    mode: Mode = "off"
    dry_run: bool = False  # report what would be corrected, change nothing
    role: str = ""  # ARN of the role that corrects, by which our own changes are recognized


class Correction(Struct, frozen=True, omit_defaults=True):
    """One correction of a bucket's settings, with what is needed to undo it."""

    cause: str  # the ledger's claim for the trigger that led to it
    kind: Kind
    replaced: dict[str, Any]  # the previous setting, as S3 returned it; empty if there was none
    found: Posture  # the posture that was corrected
    time: float  # epoch seconds
    done: bool = False  # the alert about it is in the ledger
    undone: float = 0  # epoch seconds; 0 if it was not undone


class ReviewState(Struct, frozen=True, omit_defaults=True):
    """What the ledger keeps about a bucket between reviews."""

    bucket: str
    posture: Posture | None = None
    day: str = ""  # the UTC date of the `attempts`
    attempts: int = 0  # corrections on that day
    corrections: tuple[Correction, ...] = ()  # the latest last
    version: int = 0  # for optimistic locking

    def correction_for(self, cause: str) -> Correction | None:
        """Return the correction made for this cause, if any."""
        return next((each for each in self.corrections if each.cause == cause), None)

    def with_correction(self, correction: Correction) -> ReviewState:
        """Return the state with one more correction.

        It is stored before the correction is made, so that no crash loses the replaced setting.
        """
        day = _day(correction.time)
        return replace(
            self,
            day=day,
            attempts=self.attempts + 1 if day == self.day else 1,
            corrections=(*self.corrections, correction)[-MAX_KEPT:],
        )

    def with_updated_correction(self, correction: Correction, **changes: bool | float) -> ReviewState:
        """Return the state with changes to one correction: that it is done, or was undone."""
        updated = replace(correction, **changes)
        return replace(
            self, corrections=tuple(updated if each == correction else each for each in self.corrections)
        )


class Difference(NamedTuple):
    """Two postures, and the rule that reports their difference; None if there is nothing to report."""

    before: Posture | None
    after: Posture
    rule: Detection | None


class Plan(NamedTuple):
    """What to correct; if nothing is corrected though it could be, the reason for people to read."""

    kind: Kind | None = None
    reason: str = ""


def compare(before: Posture | None, found: Posture) -> Difference:
    """Compare two postures; grants found by the first review count as new."""
    known = before or Posture()
    after = _with_unread(known, found)
    gained = set(after.grants) - set(known.grants)
    rule = None
    if any(grant.grantee == EVERYBODY for grant in gained):
        rule = review_rules.OPENED
    elif gained:
        rule = review_rules.SHARED
    elif set(after.unread) - set(known.unread) - ACCOUNT_WIDE:
        rule = review_rules.UNREADABLE
    elif set(known.grants) - set(after.grants):
        rule = review_rules.CLOSED
    return Difference(before, after, rule)


def _with_unread(known: Posture, found: Posture) -> Posture:
    """Return the posture found, with the known grants of settings that could not be read this time."""
    kept = {grant for grant in known.grants if any(_is_of(grant, part) for part in found.unread)}
    return replace(found, grants=tuple(sorted(kept | set(found.grants))))


def _is_of(grant: Grant, part: str) -> bool:
    return grant.granted_by.startswith(part.removesuffix("s"))


def describe_posture(posture: Posture | None) -> tuple[str, ...]:
    """Describe in words who has access to a bucket, one line each; never empty."""
    if posture is None:
        return (UNKNOWN,)
    ineffective = describe(posture.ineffective, ", without effect")
    unread = [f"could not be read: {part}" for part in posture.unread]
    return (*(describe(posture.grants) or [NOBODY]), *ineffective, *unread)


def plan(mode: Mode, found: Posture, known: ReviewState, now: float) -> Plan:
    """Decide what to correct: only public access, and not again and again."""
    kind = _kind(mode, found)
    if kind is None:
        return Plan()
    undone = [each for each in known.corrections if each.undone and each.found.grants == found.grants]
    if undone and now < undone[-1].undone + RESPECT_UNDO:
        return Plan(None, "not corrected: the same correction was undone by hand within the last day")
    if known.day == _day(now) and known.attempts >= MAX_ATTEMPTS:
        return Plan(None, f"not corrected: {MAX_ATTEMPTS} corrections today did not last")
    return Plan(kind)


def _kind(mode: Mode, found: Posture) -> Kind | None:
    if mode == "block" and found.public:
        return "block"
    by_acl = any(grant.grantee == EVERYBODY and grant.granted_by == ACL for grant in found.grants)
    return "acl" if mode == "acl" and by_acl else None


def after_correction(state: State, kind: Kind) -> State:
    """Return the settings as a correction leaves them."""
    return state.with_private_acl() if kind == "acl" else state.with_access_blocked()


_CORRECTIONS = {
    "acl": ("reset the ACL to private", "would reset the ACL to private"),
    "block": (
        "turned on Block Public Access of the bucket",
        "would turn on Block Public Access of the bucket",
    ),
}


def describe_correction(kind: Kind, bucket: str, *, dry_run: bool) -> tuple[str, ...]:
    """Describe in words what a correction did and how to undo it, or what it would do."""
    done, planned = _CORRECTIONS[kind]
    if dry_run:
        return (f"dry run, nothing was changed: {planned}",)
    return (done, f"to undo it: s3watch undo {bucket}")


def _day(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).date().isoformat()

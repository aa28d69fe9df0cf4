"""What a review of a bucket comes to: the difference to the last one, what to tell, and what to correct."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from s3watch.posture import review_rules
from s3watch.posture.bucket_state import ACCOUNT_WIDE, ACL, State
from s3watch.posture.exposure import Opening, Posture, describe
from s3watch.posture.policy import EVERYBODY
from s3watch.ruleset import Detection

Kind = Literal["acl", "block"]
Mode = Literal["off", "acl", "block"]

MOST_ATTEMPTS = 3  # corrections of one bucket a day: on what comes back more often, somebody insists
KEPT = 10  # corrections remembered: three days' worth of the most there can be
RESPECTED = 86400.0  # seconds for which an undone correction is not made again: time to write an exception
NOBODY = "nobody outside the account"
UNKNOWN = "not known: this is the first review"


class Remedy(NamedTuple):
    """How far a review may go: what it corrects, whether it only says so, and the role it does it by."""

    mode: Mode = "off"
    dry_run: bool = False
    role: str = ""  # ARN


class Correction(Struct, frozen=True, omit_defaults=True):
    """One correction, with what is needed to undo it."""

    cause: str  # the claim of what it answers
    kind: Kind
    replaced: dict[str, Any]  # what was there, as S3 answered; empty: nothing was set
    found: Posture  # why it was made
    time: float  # epoch seconds
    done: bool = False  # the alert about it is in the ledger
    undone: float = 0


class Reviewed(Struct, frozen=True, omit_defaults=True):
    """What the ledger knows of a bucket since its last review."""

    bucket: str
    posture: Posture | None = None
    day: str = ""  # on which `attempts` were made, UTC
    attempts: int = 0
    corrections: tuple[Correction, ...] = ()  # the latest last
    version: int = 0

    def answer_to(self, cause: str) -> Correction | None:
        """The correction made for this cause."""
        return next((each for each in self.corrections if each.cause == cause), None)

    def corrected(self, correction: Correction) -> Reviewed:
        """Note a correction before it is made, so that no crash loses what it replaces."""
        day = _day(correction.time)
        return replace(
            self,
            day=day,
            attempts=self.attempts + 1 if day == self.day else 1,
            corrections=(*self.corrections, correction)[-KEPT:],
        )

    def marked(self, correction: Correction, **changes: bool | float) -> Reviewed:
        """Note that a correction is done or was undone."""
        marked = replace(correction, **changes)
        return replace(
            self, corrections=tuple(marked if each == correction else each for each in self.corrections)
        )


class Difference(NamedTuple):
    """Two postures, and which rule tells of what lies between them; None: nothing to tell."""

    before: Posture | None
    after: Posture
    rule: Detection | None


class Plan(NamedTuple):
    """What to correct, and else why not, in words."""

    kind: Kind | None = None
    why_not: str = ""


def compare(before: Posture | None, found: Posture) -> Difference:
    """Tell what changed; what is open at the very first look counts as opened."""
    known = before or Posture()
    after = _with_unread(known, found)
    gained = set(after.openings) - set(known.openings)
    rule = None
    if any(opening.who == EVERYBODY for opening in gained):
        rule = review_rules.OPENED
    elif gained:
        rule = review_rules.SHARED
    elif set(after.unread) - set(known.unread) - ACCOUNT_WIDE:
        rule = review_rules.UNREADABLE
    elif set(known.openings) - set(after.openings):
        rule = review_rules.CLOSED
    return Difference(before, after, rule)


def _with_unread(known: Posture, found: Posture) -> Posture:
    """Keep what is known of settings that could not be read this time."""
    kept = {opening for opening in known.openings if any(_is_of(opening, part) for part in found.unread)}
    return replace(found, openings=tuple(sorted(kept | set(found.openings))))


def _is_of(opening: Opening, part: str) -> bool:
    return opening.by.startswith(part.removesuffix("s"))


def words(posture: Posture | None) -> tuple[str, ...]:
    """Say to whom a bucket is open, one line each; never empty."""
    if posture is None:
        return (UNKNOWN,)
    void = describe(posture.void, ", without effect")
    unread = [f"could not be read: {part}" for part in posture.unread]
    return (*(describe(posture.openings) or [NOBODY]), *void, *unread)


def plan(mode: Mode, found: Posture, known: Reviewed, now: float) -> Plan:
    """Decide what to correct: only what is open to everybody, and not over and over again."""
    kind = _kind(mode, found)
    if kind is None:
        return Plan()
    left_alone = [each for each in known.corrections if each.undone and each.found.openings == found.openings]
    if left_alone and now < left_alone[-1].undone + RESPECTED:
        return Plan(None, "not corrected: the same correction was undone by hand within a day")
    if known.day == _day(now) and known.attempts >= MOST_ATTEMPTS:
        return Plan(None, f"not corrected: {MOST_ATTEMPTS} corrections of this day did not last")
    return Plan(kind)


def _kind(mode: Mode, found: Posture) -> Kind | None:
    if mode == "block" and found.public:
        return "block"
    by_acl = any(opening.who == EVERYBODY and opening.by == ACL for opening in found.openings)
    return "acl" if mode == "acl" and by_acl else None


def after_correction(state: State, kind: Kind) -> State:
    """The settings as a correction leaves them."""
    return state.private() if kind == "acl" else state.closed()


_DEEDS = {
    "acl": ("reset the ACL to private", "would reset the ACL to private"),
    "block": ("put Block Public Access on the bucket", "would put Block Public Access on the bucket"),
}


def told(kind: Kind, bucket: str, *, dry_run: bool) -> tuple[str, ...]:
    """Say what a correction did, and how to undo it, or what it would do."""
    done, tried = _DEEDS[kind]
    if dry_run:
        return (f"dry run, nothing was changed: {tried}",)
    return (done, f"to undo it: s3watch undo {bucket}")


def _day(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).date().isoformat()

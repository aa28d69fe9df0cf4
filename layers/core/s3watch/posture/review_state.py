"""What the ledger keeps about a bucket between its reviews; small by construction, whatever was found."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Any, Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from s3watch.posture.bucket_state import ACCOUNT_BLOCK, BLOCK, BLOCK_ALL, OWNERSHIP, Block, State
from s3watch.posture.digest import Digest, earlier_marks_of, shorten, summarize
from s3watch.posture.grants import EVERYBODY, Posture
from s3watch.times import day_of

Kind = Literal["acl", "block"]

# Seconds after which a changed setting is read everywhere; S3 says 15 minutes of one of them:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html#ConsistencyModel
READ_EVERYWHERE = 900
MAX_KEPT = 10  # corrections remembered: at least three days of them
MOST_BYTES = 100_000  # of all corrections, as JSON; ACLs that earlier versions kept whole have up to 25 KB


class Correction(Struct, frozen=True, omit_defaults=True):
    """One correction of a bucket's settings, with what is needed to undo it."""

    cause: str  # the trigger that led to it
    kind: Kind
    replaced: dict[str, Any]  # the block before, empty if there was none; of an ACL the `Grants` removed
    time: float  # epoch seconds
    found: Posture | None = None  # what was corrected, until the alert about it is in the ledger
    opening: bytes = b""  # tells what was open to everybody from any other opening
    left: Block | None = None  # the block afterwards; None: all four settings, as earlier versions put it
    done: bool = False  # the alert about it is in the ledger
    undone: float = 0  # epoch seconds; 0 if it was not undone

    @property
    def opened(self) -> bytes:
        """What tells the opening that was corrected from any other."""
        return self.opening or (opening_of(self.found) if self.found else b"")

    @property
    def closed(self) -> Block:
        """The block as the correction leaves it."""
        return self.left or BLOCK_ALL


class ReviewState(Struct, frozen=True, omit_defaults=True):
    """What is kept about a bucket."""

    bucket: str
    digest: Digest | None = None
    posture: Posture | None = None  # in items of earlier versions, which had no digest
    ownership: str = ""
    block: Block | None = None
    account_block: Block | None = None
    time: float = 0  # epoch seconds, before the settings were read
    day: str = ""  # the UTC date of the `attempts`
    attempts: int = 0  # to correct the bucket, on that day
    corrections: tuple[Correction, ...] = ()  # the latest last
    version: int = 0  # for optimistic locking

    @property
    def known(self) -> Digest | None:
        """The posture of the last review; None if there was none."""
        return self.digest or (summarize(self.posture) if self.posture else None)

    def complete(self, state: State) -> State:
        """Return a state in which what makes grants ineffective counts as unchanged where it was not read."""
        last = {OWNERSHIP: "ownership", BLOCK: "block", ACCOUNT_BLOCK: "account_block"}
        names = [name for part, name in last.items() if part in (*state.unread, *state.failed)]
        return replace(state, **{name: getattr(self, name) for name in names})

    def with_review(self, digest: Digest, state: State, time: float) -> ReviewState:
        """Return what is kept after a review that began at this time."""
        return replace(
            self, digest=digest, posture=None, ownership=shorten(state.ownership), block=state.block,
            account_block=state.account_block, time=time,
        )  # fmt: skip

    def covers(self, time: float) -> bool:
        """Return whether the last review read all settings so long after a change that it saw the change."""
        return self.time > time + READ_EVERYWHERE and self.digest is not None and not self.digest.failed

    def correction_for(self, cause: str) -> Correction | None:
        """Return the correction made for this cause, if any."""
        return next((each for each in self.corrections if each.cause == cause), None)

    def with_attempt(self, correction: Correction, now: float) -> ReviewState:
        """Return the state with one more attempt to make a correction.

        It is stored before the correction is made, so that no crash loses the replaced setting.
        """
        day = day_of(now)
        others = [_settled(each) for each in self.corrections if each.cause != correction.cause]
        return replace(
            self,
            day=day,
            attempts=self.attempts + 1 if day == self.day else 1,
            corrections=_kept([*others, correction]),
        )

    def without_correction(self, cause: str) -> ReviewState:
        """Return the state without a correction that AWS refused: there is nothing to undo."""
        return replace(self, corrections=tuple(each for each in self.corrections if each.cause != cause))

    def with_done(self, cause: str) -> ReviewState:
        """Return the state with a correction whose alert is in the ledger."""
        return self._with_updated(cause, lambda each: replace(_settled(each), done=True))

    def with_undone(self, cause: str, time: float) -> ReviewState:
        """Return the state with a correction undone at this time; 0 if it was not after all."""
        return self._with_updated(cause, lambda each: replace(each, undone=time))

    def _with_updated(self, cause: str, update: Callable[[Correction], Correction]) -> ReviewState:
        updated = tuple(update(each) if each.cause == cause else each for each in self.corrections)
        return replace(self, corrections=updated)


def opening_of(found: Posture) -> bytes:
    """Return what tells an opening to everybody from any other: also one for other objects."""
    return _hash_opening(found, {grant.terms for grant in found.grants if grant.grantee == EVERYBODY})


def earlier_opening_of(found: Posture) -> bytes:
    """Return what told an opening from others in earlier versions, which compared no statements."""
    return _hash_opening(found, {b""})


def _hash_opening(found: Posture, terms: Iterable[bytes]) -> bytes:
    marks = earlier_marks_of(grant for grant in found.grants if grant.grantee == EVERYBODY)
    return hashlib.blake2b(b"".join((*sorted(marks), *sorted(terms))), digest_size=16).digest()


def _settled(correction: Correction) -> Correction:
    """Return a correction without the posture that it corrected, but for what tells it apart."""
    return replace(correction, found=None, opening=correction.opened)


def _kept(corrections: list[Correction]) -> tuple[Correction, ...]:
    """Drop those that are missed least: undone ones, then the earliest but the first, which has the original.

    The latest stays too: it is the one that is being made.
    """
    while len(corrections) > 2 and (  # the first and the latest
        len(corrections) > MAX_KEPT or len(msgspec.json.encode(corrections)) > MOST_BYTES
    ):
        undone = [each for each in corrections[:-1] if each.undone]
        corrections.remove(undone[0] if undone else corrections[1])
    return tuple(corrections)

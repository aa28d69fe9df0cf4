"""Corrects what a review found, as far as it is asked to: stored first, then made, and never past an undo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from s3watch.errors import RefusedError, UnavailableError
from s3watch.facts.access import Access
from s3watch.ledger.store import Store
from s3watch.pipelines.review_triggers import Trigger
from s3watch.posture.bucket_state import State
from s3watch.posture.remediation import (
    Remediation,
    after_correction,
    describe_correction,
    is_made,
    plan,
    was_read,
)
from s3watch.posture.review import Difference
from s3watch.posture.review_state import Correction, ReviewState

# Seconds after a call in which S3 may still show principals by their ids: IAM is eventually consistent.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_general.html
IDS_RESOLVE = 120.0


@dataclass(frozen=True, slots=True)
class Case:
    """A bucket under review: what is known of it, what was found now, and the call it is about."""

    bucket: str
    trigger: Trigger
    cause: str  # the trigger and the bucket: the same for every copy of an event, and for every retry
    known: ReviewState
    state: State
    difference: Difference
    access: Access

    @property
    def made(self) -> Correction | None:
        """The correction of a run for the same trigger that crashed before it was told."""
        return self.known.correction_for(self.cause)

    def may_settle(self, now: float) -> bool:
        """Return whether ids in a policy may soon be principals, so that the bucket is looked at again."""
        return self.difference.may_settle and now < self.trigger.time + IDS_RESOLVE


class Remedy(NamedTuple):
    """What became of a case."""

    known: ReviewState
    state: State  # the settings afterwards
    words: tuple[str, ...] = ()  # what was done, or why not, for people
    correction: Correction | None = None  # that was made
    again: bool = False  # it has to be tried again


class Remedies:
    """Corrects buckets."""

    def __init__(
        self, store: Store, correct: Callable[[str, Correction], None], remediation: Remediation
    ) -> None:
        self._store, self._correct, self._remediation = store, correct, remediation

    def apply(self, case: Case, now: float) -> Remedy:
        """Correct what is open to everybody, unless something speaks against it. Raises ConflictError."""
        made, mode = case.made, self._remediation.mode
        if made and made.undone:
            return Remedy(
                case.known.with_done(case.cause),
                case.state,
                ("not corrected: the correction was reverted by hand",),
            )
        if made and is_made(case.state, made):
            return self._made(case.known, case, made)
        planned = plan(mode, case.state, case.difference.found, case.known, case.cause, now)
        if planned.correction and not self._remediation.dry_run:
            return self._make(case, planned.correction, now)
        words: tuple[str, ...] = (planned.reason,) if planned.reason else ()
        if planned.correction:
            words = describe_correction(planned.correction, case.bucket, dry_run=True)
        return Remedy(_without(made, case), case.state, words)

    def _make(self, case: Case, correction: Correction, now: float) -> Remedy:
        """Store a correction, then make it; says why if it could not."""
        self._store.keep_reviewed(case.known, case.known.with_attempt(correction, now))
        known = self._store.reviewed(case.bucket)
        try:
            self._correct(case.bucket, correction)
        except RefusedError as refusal:
            return Remedy(known.without_correction(case.cause), case.state, (f"not corrected: {refusal}",))
        except UnavailableError:
            words = ("not corrected yet, because S3 did not answer; s3watch will try again",)
            return Remedy(known, case.state, words, again=True)
        return self._made(known, case, correction)

    def _made(self, known: ReviewState, case: Case, correction: Correction) -> Remedy:
        words = describe_correction(correction, case.bucket, dry_run=False)
        return Remedy(
            known.with_done(case.cause), after_correction(case.state, correction), words, correction
        )


def _without(made: Correction | None, case: Case) -> ReviewState:
    """Return what is known without a correction that was not made, as far as anybody can tell."""
    if made and not was_read(case.state, made):
        return case.known.with_done(case.cause)
    return case.known.without_correction(case.cause)

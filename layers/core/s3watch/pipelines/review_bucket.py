"""Reviews buckets: reads their settings, compares them with the last review, corrects and reports changes.

A crash at any step is safe: a correction is stored before it is made, the alert is claimed once for each
trigger and bucket, and the new posture is stored last, so that a retry finds the same difference again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec
from msgspec.structs import replace

from s3watch.alerts.alert import Review
from s3watch.detection.catalogue import Catalogue
from s3watch.detection.exceptions import Exceptions
from s3watch.detection.matcher import Hit
from s3watch.errors import ConflictError, RefusedError, UnavailableError, describe
from s3watch.facts.access import Access
from s3watch.facts.acts import Act
from s3watch.ledger.counters import Sums
from s3watch.ledger.evidence import ALARMING, evidence_of
from s3watch.ledger.groups import Tally, rank
from s3watch.ledger.ledger import Ledger
from s3watch.ledger.principals import GroupKey, about_access, caller_group
from s3watch.pipelines import review_triggers
from s3watch.pipelines.review_report import write
from s3watch.pipelines.review_triggers import Trigger
from s3watch.posture import review_rules
from s3watch.posture.bucket_state import State
from s3watch.posture.exposure import evaluate
from s3watch.posture.review import (
    Correction,
    Difference,
    Kind,
    Plan,
    Remediation,
    ReviewState,
    after_correction,
    compare,
    describe_correction,
    plan,
)
from s3watch.ruleset import Detection, Ruleset
from s3watch.sources.cloudtrail import Record

ATTEMPTS = 5  # to review a bucket that others review too; each conflict means that one of them succeeded
WAY = "reviews"
ACTS: dict[str, Act] = {  # of what a review reports; of others "configuration"
    review_rules.OPENED.rule: "opened",
    review_rules.SHARED.rule: "opened",
    review_rules.CLOSED.rule: "permission",
    review_rules.UNREADABLE.rule: "permission",
}
OWN_OPERATIONS = frozenset({"PutBucketAcl", "PutBucketPublicAccessBlock"})


@dataclass(frozen=True, slots=True)
class Buckets:
    """The calls to AWS that a review makes: each may raise UnavailableError, `correct` also RefusedError."""

    read: Callable[[str], State | None]
    correct: Callable[[str, Kind], None]


@dataclass(slots=True)
class Reviews:
    """The result of a batch of events."""

    received: int = 0
    ignored: int = 0  # events that trigger no review
    own: int = 0  # events of our own corrections
    reviewed: int = 0  # buckets
    reported: int = 0
    corrected: int = 0
    unreadable: dict[str, str] = field(default_factory=dict)  # id: reason
    unrecorded: set[str] = field(default_factory=set)  # ids to retry
    excepted: Counter[str] = field(default_factory=Counter)  # silenced reports, by exception


class Reviewer:
    """Reviews watched buckets."""

    def __init__(
        self,
        ruleset: Ruleset,
        ledger: Ledger,
        buckets: Buckets,
        watched: Sequence[str],
        remediation: Remediation,
    ) -> None:
        self._ledger, self._buckets = ledger, buckets
        self._watched, self._remediation = tuple(watched), remediation
        self._catalogue = Catalogue(ruleset)
        self._exceptions = Exceptions(ruleset.exceptions)

    def run(self, events: Iterable[tuple[str, bytes]], now: float) -> Reviews:
        """Review the buckets that these events, each with an id, are about."""
        reviews = Reviews()
        for identity, event in events:
            reviews.received += 1
            try:
                trigger = review_triggers.read(event, self._watched, now)
                self._take(trigger, reviews, now)
            except UnavailableError:
                reviews.unrecorded.add(identity)
            except Exception as error:  # noqa: BLE001  # reported with the event, in the dead-letter queue
                reviews.unreadable[identity] = describe(error)
        return reviews

    def _take(self, trigger: Trigger | None, reviews: Reviews, now: float) -> None:
        if trigger is None:
            reviews.ignored += 1
        elif self._is_own(trigger):
            reviews.own += 1
        else:
            for bucket in trigger.buckets:
                self._review(bucket, trigger, reviews, now)

    def _is_own(self, trigger: Trigger) -> bool:
        """Recognize our own corrections, by exactly our role and the operations we use."""
        access = trigger.access
        return (
            access is not None
            and access.record.event_name in OWN_OPERATIONS
            and access.field("userIdentity.sessionContext.sessionIssuer.arn") == self._remediation.role
        )

    def _review(self, bucket: str, trigger: Trigger, reviews: Reviews, now: float) -> None:
        """Review one bucket; starts again if another review changed its stored state in the meantime."""
        for _ in range(ATTEMPTS):
            try:
                self._try(bucket, trigger, reviews, now)
            except ConflictError:
                continue
            reviews.reviewed += 1
            return
        raise UnavailableError(f"too many concurrent reviews of bucket {bucket}")

    def _try(self, bucket: str, trigger: Trigger, reviews: Reviews, now: float) -> None:
        known, state = self._ledger.store.reviewed(bucket), self._buckets.read(bucket)
        cause = f"review {trigger.name} {bucket}"
        made = known.correction_for(cause)
        if state is None or (made and made.done):
            return
        difference = compare(known.posture, made.found if made else evaluate(state))
        access = self._access(bucket, trigger, state)
        rule = self._rule(difference, access, trigger, reviews)
        planned = Plan(made.kind) if made else self._plan(rule, difference, access, trigger, known, now)
        corrects = planned.kind is not None and not self._remediation.dry_run
        if planned.kind and corrects:
            made = made or _correction(state, planned.kind, cause, difference, now)
            known, planned = self._correct(known, made)
            corrects = planned.kind is not None
            state = after_correction(state, planned.kind) if planned.kind else state
            reviews.corrected += corrects
            rule = rule or review_rules.OPENED
        if rule:
            review = write(rule, difference, trigger, self._done(planned, bucket), corrected=corrects)
            self._report(cause, access, rule, review, trigger, now)
            reviews.reported += 1
        after = replace(known, posture=compare(known.posture, evaluate(state)).after)
        self._keep(known, after.with_updated_correction(made, done=True) if made else after)

    def _rule(
        self, difference: Difference, access: Access, trigger: Trigger, reviews: Reviews
    ) -> Detection | None:
        """Choose what to report: the change, or else what AWS Config found and a review does not cover."""
        rule = difference.rule
        if rule is None and trigger.rule and not trigger.about_public_access:
            rule = review_rules.NOT_COMPLIANT
        return rule if rule and self._applies(rule, access, trigger, reviews.excepted) else None

    def _applies(self, rule: Detection, access: Access, trigger: Trigger, excepted: Counter[str]) -> bool:
        """Return whether the rule applies, that is, no exception silences it."""
        return self._exceptions.apply(Hit(access, (rule,)), _day(trigger.time), excepted) is not None

    def _plan(
        self, rule: Detection | None, difference: Difference, access: Access, trigger: Trigger,
        known: ReviewState, now: float,
    ) -> Plan:  # fmt: skip
        """Plan to correct what was just opened or is non-compliant for AWS Config, unless it is excepted."""
        if rule is not review_rules.OPENED and not trigger.about_public_access:
            return Plan()
        if not self._applies(review_rules.OPENED, access, trigger, Counter()):
            return Plan()
        return plan(self._remediation.mode, difference.after, known, now)

    def _correct(self, known: ReviewState, correction: Correction) -> tuple[ReviewState, Plan]:
        """Store a correction, unless a crashed run already did, then make it; says why if it could not."""
        if correction not in known.corrections:
            self._keep(known, known.with_correction(correction))
            known = self._ledger.store.reviewed(known.bucket)
        try:
            self._buckets.correct(known.bucket, correction.kind)
        except RefusedError as refusal:
            return known, Plan(None, f"not corrected: {refusal}")
        return known, Plan(correction.kind)

    def _done(self, planned: Plan, bucket: str) -> tuple[str, ...]:
        if planned.kind:
            return describe_correction(planned.kind, bucket, dry_run=self._remediation.dry_run)
        return (planned.reason,) if planned.reason else ()

    def _keep(self, before: ReviewState, after: ReviewState) -> None:
        if after != before:
            self._ledger.store.keep_reviewed(before, after)

    def _access(self, bucket: str, trigger: Trigger, state: State) -> Access:
        """Return the call that triggered the review, as an access to this bucket.

        Without a call, it is an access by the service that found the change.
        """
        call = trigger.access
        if call:
            access = Access(call.record, call.raw, zone=call.zone, bucket=bucket)
        else:
            access = Access(
                Record(), b"{}", bucket=bucket, operation="permission", scope="bucket", time=trigger.time,
                actor=trigger.finder, principal=trigger.finder, principal_type="service",
                caller_account=None, bucket_account=state.account,
            )  # fmt: skip
        self._catalogue.label(access)
        return access

    def _report(
        self, cause: str, access: Access, rule: Detection, review: Review, trigger: Trigger, now: float
    ) -> None:
        """Record a review in the group of the call it is about, so that both are one thread of alerts.

        The call is an access, and counted where it was detected; its review is none.
        """
        act: Act = ACTS.get(rule.rule, "configuration")
        shown = replace(evidence_of(access), time=trigger.time, act=act, review=review)
        outcome = access.outcome if rule.level != "informational" else "closed"
        group = caller_group(access, about_access(access), trigger.time, outcome)
        tally = Tally(
            rule.level, (rule.rule,), shown, Sums(), trigger.time, trigger.time,
            ips=(shown.ip,) * bool(shown.ip), alarming=(rule.rule,) * (rank(rule.level) >= ALARMING),
            acts=(f"{act} {cause}",),
        )  # fmt: skip
        key = GroupKey(group, "", access.label_owner or "")
        self._ledger.record_tally(key, cause, tally, WAY, now)


def _correction(state: State, kind: Kind, cause: str, difference: Difference, now: float) -> Correction:
    replaced = state.acl if kind == "acl" else msgspec.to_builtins(state.block) if state.block else {}
    return Correction(cause, kind, replaced, difference.after, now)


def _day(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).date().isoformat()

"""Reviews buckets: reads their settings, compares them with the last review, corrects and reports changes.

A crash at any step is safe: a correction is stored before it is made, an alert is claimed once for each
trigger, bucket and difference, and the new posture is kept last, so that a retry finds the same difference.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

from msgspec.structs import replace

from s3watch.detection.catalogue import Catalogue
from s3watch.detection.exceptions import Exceptions, Silencing
from s3watch.detection.matcher import Hit
from s3watch.errors import ConflictError, UnavailableError, describe
from s3watch.facts.access import Access
from s3watch.facts.acts import Act
from s3watch.ledger.counters import Sums
from s3watch.ledger.evidence import ALARMING, evidence_of
from s3watch.ledger.groups import Tally
from s3watch.ledger.ledger import Ledger
from s3watch.ledger.principals import GroupKey, about_access, caller_group, owners_of_bucket, window_of
from s3watch.ledger.silence.day_counts import count_silenced
from s3watch.pipelines import review_triggers
from s3watch.pipelines.remedies import Case, Remedies, Remedy
from s3watch.pipelines.review_report import write
from s3watch.pipelines.review_triggers import Trigger
from s3watch.posture import review_rules
from s3watch.posture.bucket_state import OF_ACCOUNT, OF_BUCKET, State
from s3watch.posture.exposure import evaluate
from s3watch.posture.remediation import Remediation
from s3watch.posture.review import compare
from s3watch.posture.review_state import Correction, ReviewState
from s3watch.ruleset import Detection, Ruleset, rank
from s3watch.sources.cloudtrail import Record
from s3watch.times import day_of

ATTEMPTS = 5  # to review a bucket that others review too; each conflict means that one of them succeeded
WAY = "reviews"
MOST_REASONS = 20  # in the log, of parts that were read and not evaluated
NAME = 200  # characters of a trigger's name that are kept as they are
TURN = 900  # seconds: a retry begins with another bucket, so that one that takes too long stops no other
ACTS: dict[str, Act] = {  # of what a review reports; of others "configuration"
    review_rules.OPENED.rule: "opened",
    review_rules.SHARED.rule: "opened",
    review_rules.CLOSED.rule: "permission",
    review_rules.UNREADABLE.rule: "permission",
    review_rules.WEAKENED.rule: "protection",
}
SETTLED = (review_rules.CLOSED, review_rules.WEAKENED)  # reported only when ids can no longer be resolved
OWN_OPERATIONS = frozenset({"PutBucketAcl", "PutBucketPublicAccessBlock"})

type Read = Callable[[str], State | None]


@dataclass(frozen=True, slots=True)
class Buckets:
    """The calls to AWS that a review makes."""

    reader: Callable[[], Read]  # for the buckets of one trigger; reading raises UnavailableError
    correct: Callable[[str, Correction], None]  # raises RefusedError or UnavailableError


@dataclass(slots=True)
class Reviews:
    """The result of a batch of events."""

    received: int = 0
    ignored: int = 0  # events that trigger no review
    own: int = 0  # events of our own corrections
    covered: int = 0  # buckets that were reviewed since the event, so that a flood of events delays no other
    reviewed: int = 0  # buckets
    reported: int = 0
    corrected: int = 0
    absent: set[str] = field(default_factory=set)  # watched buckets that this account does not have
    unread: dict[str, tuple[str, ...]] = field(default_factory=dict)  # by bucket: parts, each with the reason
    unreadable: dict[str, str] = field(default_factory=dict)  # id: reason
    unrecorded: set[str] = field(default_factory=set)  # ids to retry
    trouble: str = ""  # why, for one of them
    silenced: Counter[str] = field(default_factory=Counter)  # reports, by exception

    def count(self, case: Case, *, reported: bool, corrected: bool) -> None:
        """Count a bucket that was reviewed."""
        self.reviewed += 1
        self.reported += reported
        self.corrected += corrected
        not_evaluated = sorted({*case.difference.found.unread} - {*case.state.unread})[:MOST_REASONS]
        reasons = (f"{part}: not JSON, or too much for one review" for part in not_evaluated)
        if unread := (*case.state.reasons, *reasons):
            self.unread[case.bucket] = unread


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
        self._ledger, self._reader = ledger, buckets.reader
        self._watched, self._role = tuple(watched), remediation.role
        self._remedies = Remedies(ledger.store, buckets.correct, remediation)
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
            except UnavailableError as error:
                reviews.unrecorded.add(identity)
                reviews.trouble = str(error)
            except Exception as error:  # noqa: BLE001  # reported with the event, in the dead-letter queue
                reviews.unreadable[identity] = describe(error)
        return reviews

    def _take(self, trigger: Trigger | None, reviews: Reviews, now: float) -> None:
        if trigger is None:
            reviews.ignored += 1
        elif self._is_own(trigger):
            reviews.own += 1
        else:
            self._review_all(trigger, reviews, now)

    def _is_own(self, trigger: Trigger) -> bool:
        """Recognize our own corrections, by exactly our role and the operations we use."""
        access = trigger.access
        return (
            access is not None
            and access.record.event_name in OWN_OPERATIONS
            and access.field("userIdentity.sessionContext.sessionIssuer.arn") == self._role
        )

    def _review_all(self, trigger: Trigger, reviews: Reviews, now: float) -> None:
        """Review every bucket of a trigger: one that fails stops no other. Raises the failure, if any.

        If several failed, it is one after which the trigger is retried.
        """
        start = int(now // TURN) % len(trigger.buckets)
        read, failures = self._reader(), list[Exception]()
        for bucket in (*trigger.buckets[start:], *trigger.buckets[:start]):
            try:
                self._review(bucket, trigger, read, reviews, now)
            except Exception as error:  # noqa: BLE001  # raised when all buckets had their turn
                error.add_note(f"bucket {bucket}")
                failures.append(error)
        for failure in sorted(failures, key=lambda error: not isinstance(error, UnavailableError)):
            raise failure

    def _review(self, bucket: str, trigger: Trigger, read: Read, reviews: Reviews, now: float) -> None:
        """Review one bucket; starts again if another review changed its stored state in the meantime."""
        for _ in range(ATTEMPTS):
            try:
                self._try(bucket, trigger, read, reviews, now)
            except ConflictError:
                continue
            return
        raise UnavailableError(f"too many concurrent reviews of bucket {bucket}")

    def _try(self, bucket: str, trigger: Trigger, read: Read, reviews: Reviews, now: float) -> None:
        known, cause = self._ledger.store.reviewed(bucket), _cause(trigger, bucket)
        made = known.correction_for(cause)
        if made.done if made else (known.covers(trigger.time) and not trigger.rule):
            reviews.covered += 1
            return
        state = read(bucket)
        if state is None:
            reviews.absent.add(bucket)
            return
        case = self._case(bucket, trigger, cause, known, known.complete(state))
        again = case.may_settle(now)
        rule = None if again and case.difference.rule in SETTLED else self._rule(case, reviews, now)
        remedy = self._remedy(case, now)
        again = again or remedy.again
        if rule := rule or (review_rules.OPENED if remedy.correction else None):
            self._report(case, rule, remedy, now)
        if not again:
            self._keep(case, remedy, now)
        reviews.count(case, reported=rule is not None, corrected=remedy.correction is not None)
        if again or OF_BUCKET.intersection(state.failed):
            raise UnavailableError(f"bucket {bucket} was not reviewed completely")

    def _case(self, bucket: str, trigger: Trigger, cause: str, known: ReviewState, state: State) -> Case:
        """Compare the settings with the last review; what a crashed run corrected counts as found."""
        found, made = evaluate(state), known.correction_for(cause)
        if made and made.found:
            grants = {*found.grants, *made.found.grants}
            ineffective = tuple(grant for grant in found.ineffective if grant not in grants)
            found = replace(found, grants=tuple(grants), ineffective=ineffective)
        difference = compare(known.known, found, state.failed)
        return Case(bucket, trigger, cause, known, state, difference, self._access(bucket, trigger, state))

    def _rule(self, case: Case, reviews: Reviews, now: float) -> Detection | None:
        """Choose what to report: the change, else what AWS Config found and a review does not cover."""
        rule, trigger = case.difference.rule, case.trigger
        if rule is None and trigger.rule and not trigger.about_public_access:
            rule = review_rules.NOT_COMPLIANT
        # An exception for whom a change lets in does not cover what it no longer denies.
        rules = dict.fromkeys((rule, review_rules.WEAKENED if case.difference.lost else None))
        silenced = list[Silencing]()
        rule = next((each for each in rules if each and self._applies(each, case, silenced)), None)
        count_silenced(self._ledger.store, [each._replace(once=case.cause) for each in silenced], now)
        reviews.silenced.update(each.name for each in silenced)
        return rule

    def _applies(self, rule: Detection, case: Case, silenced: list[Silencing]) -> bool:
        """Return whether the rule applies, that is, no exception silences it."""
        hit, day = Hit(case.access, (rule,)), day_of(case.trigger.time)
        return self._exceptions.apply(hit, day, silenced) is not None

    def _remedy(self, case: Case, now: float) -> Remedy:
        """Correct what was just opened or is non-compliant for AWS Config, unless it is excepted."""
        opened = case.difference.rule is review_rules.OPENED or case.trigger.about_public_access
        if (opened or case.made) and self._applies(review_rules.OPENED, case, []):
            return self._remedies.apply(case, now)
        return Remedy(case.known, case.state)

    def _keep(self, case: Case, remedy: Remedy, now: float) -> None:
        """Keep the posture after the review; only now, because the ledger has the alert."""
        after = case.difference.after
        if case.made or remedy.correction:
            after = compare(case.known.known, evaluate(remedy.state), case.state.failed).after
        kept = remedy.known.with_review(after, remedy.state, now)
        self._ledger.store.keep_reviewed(remedy.known, kept)

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

    def _report(self, case: Case, rule: Detection, remedy: Remedy, now: float) -> None:
        """Record a review in the group of the call it is about, so that both are one thread of alerts.

        The call is an access, and counted where it was detected; its review is none.
        """
        act: Act = ACTS.get(rule.rule, "configuration")
        access, time, name = case.access, case.trigger.time, _claim(case, rule, remedy)
        corrected = remedy.correction is not None
        review = write(rule, case.difference, case.trigger, remedy.words, corrected=corrected)
        # Of a state nobody is expected or not; the call itself is judged where it is detected
        shown = replace(evidence_of(access), time=time, act=act, review=review, expected=None)
        outcome = access.outcome if rule.level != "informational" else "closed"
        tally = Tally(
            rule.level, (rule.rule,), shown, Sums(), time, time,
            ips=(shown.ip,) * bool(shown.ip), alarming=(rule.rule,) * (rank(rule.level) >= ALARMING),
            acts=(f"{act} {name}",),
        )  # fmt: skip
        group = caller_group(access, about_access(access), time, outcome)
        key = GroupKey(group, "", owners_of_bucket(access), window=window_of(access, outcome))
        self._ledger.record_tally(key, name, tally, WAY, now)


def _cause(trigger: Trigger, bucket: str) -> str:
    """Name a trigger and a bucket, in a text that is short enough to be kept."""
    name = trigger.name
    if len(name) > NAME or not name.isascii():
        name = blake2b(name.encode(errors="replace"), digest_size=16).hexdigest()
    return f"review {name} {bucket}"


def _claim(case: Case, rule: Detection, remedy: Remedy) -> str:
    """Name what is reported, so that a retry does not report it again, but does report what is new.

    What is the same for all buckets is reported once a day, with the first one.
    """
    difference = case.difference
    before = difference.before.marks if difference.before else frozenset()
    unchanged = before == difference.after.marks
    if rule is review_rules.INCOMPLETE and unchanged and difference.unread <= OF_ACCOUNT:
        return f"unread {day_of(case.trigger.time)} {', '.join(sorted(difference.unread))}"
    marks = b"".join(each.marked for each in (difference.before, difference.after) if each)
    changes = (*map(str, difference.lost), *(gain.mark for gain in difference.gains))
    words = "\0".join((rule.rule, *remedy.words, *sorted(difference.unread), *changes))
    return f"{case.cause} {blake2b(marks + words.encode(errors='replace'), digest_size=8).hexdigest()}"

"""Corrections: stored before they are made, never past an undo, and told; by reviews, and one by one."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from s3watch.errors import ConflictError, RefusedError, UnavailableError
from s3watch.ledger.memory_store import MemoryStore
from s3watch.pipelines.remedies import Case, Remedies, Remedy
from s3watch.pipelines.review_triggers import read
from s3watch.posture.bucket_state import Block, State
from s3watch.posture.exposure import evaluate
from s3watch.posture.remediation import Remediation
from s3watch.posture.review import compare
from s3watch.posture.review_state import Correction, ReviewState

from tests.support.bucket_states import OTHER, allow, make_state
from tests.support.cloudtrail import make_user
from tests.support.review_events import make_change, make_compliance_change
from tests.support.reviewed_account import (
    EVERYBODY,
    OPEN_LIST,
    PRIVATE,
    PUBLIC,
    RESTRICTED,
    Account,
    changed,
)
from tests.support.sensitive import NOW


class Bucket:
    """A bucket's stored state, and what corrects the bucket by a call, which may fail."""

    def __init__(self, failure: BaseException | None = None, **remedy: Any) -> None:
        self.store, self.failure = MemoryStore(), failure
        self.stored = list[ReviewState]()  # at the time of each call
        self.remedies = Remedies(self.store, self.correct, Remediation(**{"mode": "block"} | remedy))

    def correct(self, bucket: str, correction: Correction) -> None:
        self.stored.append(self.known)
        if self.failure:
            raise self.failure

    @property
    def known(self) -> ReviewState:
        return self.store.reviewed("hr-data")

    def remedy(self, state: State = PUBLIC, known: ReviewState | None = None) -> Remedy:
        known = known or self.known
        trigger = read(make_change(), ("hr-data",), NOW)
        assert trigger
        assert trigger.access
        difference = compare(known.known, evaluate(state), ())
        return self.remedies.apply(
            Case("hr-data", trigger, "cause", known, state, difference, trigger.access), NOW
        )


@pytest.mark.parametrize(
    ("failure", "again", "kept"),
    [
        pytest.param(None, False, True, id="made"),
        pytest.param(RefusedError("S3: AccessDenied"), False, False, id="refused"),
        pytest.param(UnavailableError("away"), True, True, id="not answered"),
    ],
)
def test_an_attempt_is_counted_whatever_becomes_of_it(failure, again, kept):
    bucket = Bucket(failure)
    remedy = bucket.remedy()

    assert (bucket.known.attempts, remedy.known.attempts, remedy.again) == (1, 1, again)
    assert bool(remedy.known.corrections) is kept


def test_what_is_replaced_is_stored_before_the_call_so_that_a_crash_loses_nothing():
    bucket = Bucket(KeyboardInterrupt())  # no handler of errors sees it
    with pytest.raises(KeyboardInterrupt):
        bucket.remedy(replace(PUBLIC, block=Block(block_public_acls=True)))

    assert bucket.stored == [bucket.known]
    assert bucket.known.corrections[0].replaced == msgspec.to_builtins(Block(block_public_acls=True))


def test_a_retry_of_what_was_undone_corrects_nothing():
    bucket = Bucket(UnavailableError("away"))
    undone = bucket.remedy().known.with_undone("cause", NOW)
    remedy = bucket.remedy(known=undone)

    assert (len(bucket.stored), remedy.correction, remedy.state) == (1, None, PUBLIC)
    assert remedy.words == ("not corrected: the correction was reverted by hand",)
    assert remedy.known.corrections[0].done


def test_a_retry_of_what_was_made_tells_of_it_and_makes_it_no_second_time():
    bucket = Bucket()
    first = bucket.remedy()
    remedy = bucket.remedy(first.state, bucket.known)

    assert (len(bucket.stored), bucket.known.attempts) == (1, 1)
    assert (remedy.words, remedy.correction) == (first.words, bucket.known.corrections[0])


def test_nothing_is_corrected_if_another_review_stored_something_meanwhile():
    bucket = Bucket()
    before = bucket.known
    bucket.store.keep_reviewed(before, replace(before, attempts=1, day="2026-11-20"))
    with pytest.raises(ConflictError):
        bucket.remedy(known=before)

    assert bucket.stored == []


def test_a_dry_run_stores_nothing_and_counts_no_attempt():
    bucket = Bucket(dry_run=True)
    remedy = bucket.remedy()

    assert (bucket.stored, bucket.known, remedy.known) == ([], ReviewState("hr-data"), ReviewState("hr-data"))


# by reviews


def test_a_public_bucket_is_closed_and_the_alert_says_how_to_undo_it():
    account = changed(PRIVATE, PUBLIC, mode="block")

    assert account.corrections == ["block"]
    assert account.review.correction == (
        "turned on RestrictPublicBuckets of the bucket's Block Public Access",
        "to revert this: s3watch remediation revert hr-data",
    )  # fmt: skip


def test_grants_to_everyone_are_removed_from_an_acl_and_kept():
    account = changed(PRIVATE, OPEN_LIST, mode="acl")
    (correction,) = account.store.reviewed("hr-data").corrections

    assert (account.corrections, correction.done) == (["acl"], True)
    assert correction.replaced == {"Grants": OPEN_LIST.acl["Grants"][1:]}


def test_after_a_correction_the_next_change_is_compared_with_the_closed_bucket():
    account = changed(PRIVATE, PUBLIC, mode="block")
    account.state = make_state(allow({"AWS": OTHER}))
    account.run(make_change(requestID="ANOTHER"))

    assert account.groups[-1].evidence.review.before[0] == "nobody outside the account"


def test_a_dry_run_changes_nothing_and_says_so():
    account = changed(PRIVATE, PUBLIC, mode="block", dry_run=True)

    assert (account.corrections, account.state) == ([], PUBLIC)
    assert account.review.correction[0].startswith("dry run")
    assert account.store.reviewed("hr-data").corrections == ()


def test_a_bucket_that_was_open_before_is_corrected_after_aws_configs_finding():
    account = Account(PUBLIC, mode="off").baseline()
    closing = Account(PUBLIC, mode="block")
    closing.store.keep_reviewed(closing.store.reviewed("hr-data"), account.store.reviewed("hr-data"))
    closing.run(make_compliance_change())

    assert closing.corrections == ["block"]


def test_a_bucket_that_is_opened_repeatedly_is_closed_three_times_a_day():
    account = Account(PRIVATE, mode="block").baseline()
    for number in range(5):
        account.state = PUBLIC
        account.run(make_change(requestID=f"REQUEST{number}"))

    assert account.corrections == ["block"] * 3
    assert account.groups[-1].rules == ("bucket-opened",)


def test_a_correction_that_was_undone_is_not_repeated_but_reported():
    account = changed(PRIVATE, PUBLIC, mode="block")
    known = account.store.reviewed("hr-data")
    account.store.keep_reviewed(known, known.with_undone(known.corrections[0].cause, NOW))
    account.state = PUBLIC
    account.run(make_change("DeleteBucketPublicAccessBlock", userIdentity=make_user(), requestID="UNDO"))

    assert account.corrections == ["block"]
    assert account.groups[-1].evidence.review.correction == (
        "not corrected: the same correction was reverted by hand within the last day",
    )


def test_a_correction_that_s3_refuses_is_reported_as_not_made():
    account = Account(PRIVATE, mode="block").baseline()
    account.state = PUBLIC

    def refuse(bucket, kind):
        raise RefusedError("S3: AccessDenied")

    account.make_reviewer(account.read, refuse).run([("m", make_change())], NOW)

    assert account.review.correction == ("not corrected: S3: AccessDenied",)
    assert account.store.reviewed("hr-data").corrections == ()


@pytest.mark.parametrize("step", ["record_tally", "keep"])
def test_a_crashed_run_is_completed_by_the_next_one(step, monkeypatch):
    account = Account(PRIVATE, mode="block").baseline()
    account.state = PUBLIC
    with monkeypatch.context() as patched:
        kept, calls = account.store.keep_reviewed, []

        def away(*_):
            raise UnavailableError("away")

        def keep(before, after):
            calls.append(after)
            return away() if len(calls) == 2 else kept(before, after)

        if step == "record_tally":
            patched.setattr(account.ledger, "record_tally", away)
        else:
            patched.setattr(account.store, "keep_reviewed", keep)
        assert account.run(make_change()).unrecorded == {"m"}
    account.run(make_change())
    (correction,) = account.store.reviewed("hr-data").corrections

    assert (account.corrections, account.state.block, correction.done) == (["block"], RESTRICTED, True)
    assert account.review.after == EVERYBODY
    assert [group.sequence for group in account.groups] == [1]


def test_an_opening_is_told_at_once_though_its_correction_fails_and_the_correction_later():
    account = Account(PRIVATE, mode="block").baseline()
    account.state = PUBLIC

    def away(bucket, correction):
        raise UnavailableError("away")

    failing = account.make_reviewer(account.read, away)
    first = failing.run([("m", make_change())], NOW)
    told = account.review.correction
    account.run(make_change())

    assert (first.unrecorded, told) == (
        {"m"}, ("not corrected yet, because S3 did not answer; s3watch will try again",),
    )  # fmt: skip
    assert (account.state.block, account.review.corrected) == (RESTRICTED, True)


def test_a_correction_that_keeps_failing_is_given_up_after_three_attempts_and_told():
    account = Account(PRIVATE, mode="block").baseline()
    account.state = PUBLIC

    def away(bucket, correction):
        account.corrections.append("tried")
        raise UnavailableError("away")

    failing = account.make_reviewer(account.read, away)
    runs = [failing.run([("m", make_change())], NOW).unrecorded for _ in range(5)]

    assert (account.corrections, runs) == (["tried"] * 3, [{"m"}] * 3 + [set()] * 2)
    assert account.review.correction == ("not corrected: 3 corrections today did not last",)
    assert [group.sequence for group in account.groups] == [2]


def test_a_retry_honours_an_undo(monkeypatch):
    account = Account(PRIVATE, mode="block").baseline()
    account.state = PUBLIC
    with monkeypatch.context() as patched:
        patched.setattr(account.ledger, "record_tally", lambda *_: 1 / 0)
        account.run(make_change())
    known = account.store.reviewed("hr-data")
    account.store.keep_reviewed(known, known.with_undone(known.corrections[0].cause, NOW))
    account.state = PUBLIC
    account.run(make_change())

    assert (account.corrections, account.state) == (["block"], PUBLIC)
    assert account.review.correction == ("not corrected: the correction was reverted by hand",)


def test_a_correction_is_not_lost_if_its_setting_can_not_be_read_after_a_crash(monkeypatch):
    account = Account(PRIVATE, mode="block").baseline()
    account.state = PUBLIC
    with monkeypatch.context() as patched:
        patched.setattr(account.ledger, "record_tally", lambda *_: 1 / 0)
        account.run(make_change())
    account.state = replace(account.state, block=None, unread=("Block Public Access",))
    account.run(make_change())
    (correction,) = account.store.reviewed("hr-data").corrections

    assert (account.corrections, correction.replaced, correction.done) == (["block"], {}, True)

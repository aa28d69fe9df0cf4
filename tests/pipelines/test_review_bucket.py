from __future__ import annotations

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from s3watch.alerts.alert import Review
from s3watch.detection.matcher import Matcher
from s3watch.errors import ConflictError, RefusedError, UnavailableError
from s3watch.ledger.ledger import Ledger
from s3watch.ledger.memory_store import MemoryStore
from s3watch.pipelines.review_bucket import Buckets, Reviewer
from s3watch.posture.bucket_state import BLOCK_ALL, State
from s3watch.posture.review import Remediation, after_correction
from s3watch.ruleset import Condition, Detection, RuleException
from s3watch.sources.cloudtrail import decode

from tests.support.bucket_states import EVERYONE, OTHER, allow, make_acl, make_state
from tests.support.cloudtrail import as_bytes, make_event, make_record, make_role, make_user
from tests.support.review_events import ROLE, make_change, make_compliance_change, make_schedule
from tests.support.sensitive import NOW, RULESET, excepting

PRIVATE, PUBLIC = make_state(), make_state(allow())
WITH_DETECTION = replace(
    RULESET,
    detections=(
        Detection(
            "public-bucket-policy-or-acl", "Opened", "high",
            Condition("bool", field="s3.grants_public", values=("true",)), ("s3.grants_public",),
        ),
    ),
)  # fmt: skip
NOBODY = ("nobody outside the account",)
EVERYBODY = ("everyone may read (bucket policy)",)
OPEN_LIST = make_state(acl=make_acl((EVERYONE, "READ")))


class Account:
    """An account with one bucket, a ledger, and a reviewer of both."""

    def __init__(self, state: State | None, ruleset: Any = RULESET, **remedy: Any) -> None:
        self.state, self.corrections = state, list[str]()
        self.store = MemoryStore()
        self.ledger = Ledger(self.store)
        self.buckets = Buckets(lambda bucket: self.state, self.correct)
        self.reviewer = Reviewer(
            ruleset, self.ledger, self.buckets, ("hr-data",), Remediation(**remedy, role=ROLE)
        )

    def correct(self, bucket: str, kind: Any) -> None:
        self.corrections.append(kind)
        self.state = after_correction(self.state, kind)

    def baseline(self) -> Account:
        """Review once, so that there is a state before."""
        self.run(make_schedule())
        return self

    def run(self, event: bytes, now: float = NOW) -> Any:
        return self.reviewer.run([("m", event)], now)

    @property
    def groups(self) -> list[Any]:
        return list(self.store.groups.values())

    @property
    def review(self) -> Review:
        """Return the review of the only group."""
        (group,) = self.groups
        return group.evidence.review


def changed(state: State, after: State, **options: Any) -> Account:
    """Return an account whose bucket was changed by PutBucketPolicy."""
    account = Account(state, **options).baseline()
    account.state = after
    account.run(make_change())
    return account


def test_an_event_whose_review_itself_fails_is_rejected_alone():
    account = Account(PUBLIC)
    reads = iter([TypeError("odd"), PUBLIC])

    def fail_first(bucket: str) -> State:
        state = next(reads)
        if isinstance(state, Exception):
            raise state
        return state

    account.reviewer._buckets = Buckets(fail_first, account.correct)
    reviews = account.reviewer.run([("a", make_schedule()), ("b", make_change())], NOW)

    assert (reviews.unreadable, reviews.received, reviews.reviewed) == ({"a": "TypeError: odd"}, 2, 1)


def test_opening_a_bucket_to_everyone_is_reported_with_actor_before_and_after():
    account = changed(PRIVATE, PUBLIC)
    (group,) = account.groups

    assert (group.level, group.rules, group.actor) == ("critical", ("bucket-opened",), "role/Analyst")
    assert account.review == Review("opened", "to everyone", before=NOBODY, after=EVERYBODY)


@pytest.mark.parametrize(
    ("before", "after", "rules"),
    [
        pytest.param(
            PRIVATE, make_state(allow({"AWS": OTHER})), [("bucket-shared",)], id="to another account"
        ),
        pytest.param(PUBLIC, PRIVATE, [("bucket-opened",), ("bucket-closed",)], id="closed again"),
        pytest.param(PRIVATE, make_state(unread=("ACL",)), [("bucket-unreadable",)], id="hidden from us"),
        pytest.param(PRIVATE, make_state(allow(), block=BLOCK_ALL), [], id="opened without effect"),
        pytest.param(PRIVATE, PRIVATE, [], id="changed in something else"),
        pytest.param(PRIVATE, None, [], id="deleted meanwhile"),
    ],
)
def test_a_change_is_reported_as(before, after, rules):
    assert [group.rules for group in changed(before, after).groups] == rules


POLICY_PUT = make_record(
    key=None, eventName="PutBucketPolicy", request={"bucketPolicy": {"Statement": [allow()]}}
)


def detect(account):
    """Record what detect finds in the same call: the detection of a public policy."""
    raw = as_bytes(POLICY_PUT)
    account.ledger.record(list(Matcher(WITH_DETECTION).match(decode(raw), raw)), "events", NOW)


@pytest.mark.parametrize(
    ("first", "kinds"),
    [
        pytest.param("review", [("first", "critical"), ("worse", "critical")], id="the review first"),
        pytest.param("detect", [("first", "high"), ("worse", "critical")], id="the detection first"),
    ],
)
def test_detection_and_review_of_one_call_are_one_group_with_one_access(first, kinds):
    account = Account(PRIVATE).baseline()
    account.state = PUBLIC
    steps = [lambda: account.run(make_event(POLICY_PUT)), lambda: detect(account)]
    for step in steps if first == "review" else reversed(steps):
        step()
    (group,) = account.groups
    mails = [message.alert for message in account.store.messages.values() if message.topic == "mail"]

    assert ([(alert.kind, alert.level) for alert in mails], group.count) == (kinds, 1)
    assert not group.has_news
    assert set(group.rules) == {"bucket-opened", "public-bucket-policy-or-acl"}


def test_the_same_event_twice_is_reported_once():
    account = changed(PRIVATE, PUBLIC)
    account.run(make_change())

    assert [(group.count, group.sequence) for group in account.groups] == [(0, 1)]


def test_a_change_found_by_the_schedule_has_no_actor():
    account = Account(PUBLIC).baseline()
    (group,) = account.groups

    assert (group.actor, account.review.action, account.review.before) == (
        "s3watch", "found", ("not known: this is the first review",),
    )  # fmt: skip


def test_an_opening_that_was_reported_is_not_reported_again_for_aws_config():
    account = changed(PRIVATE, PUBLIC)
    account.run(make_compliance_change())

    assert len(account.groups) == 1


def test_what_only_aws_config_finds_is_reported_as_its_finding():
    account = Account(PRIVATE)
    account.run(make_compliance_change("s3-bucket-logging-enabled", result={"annotation": "no target"}))
    (group,) = account.groups

    assert (group.rules, account.review.reason) == (
        ("bucket-not-compliant",), "s3-bucket-logging-enabled is NON_COMPLIANT: no target",
    )  # fmt: skip


def test_an_exception_silences_the_rule_and_prevents_the_correction():
    exception = RuleException(
        "bucket-opened", "web@example.com", "a website", "2027-01-01", objects=("s3://hr-data",)
    )
    account = changed(PRIVATE, PUBLIC, ruleset=excepting(exception), mode="block")

    assert (account.groups, account.corrections) == ([], [])


# corrections


def test_a_public_bucket_is_closed_and_the_alert_says_how_to_undo_it():
    account = changed(PRIVATE, PUBLIC, mode="block")

    assert account.corrections == ["block"]
    assert account.review.correction == (
        "turned on Block Public Access of the bucket", "to undo it: s3watch undo hr-data",
    )  # fmt: skip


def test_a_public_acl_is_reset_and_the_old_one_is_kept():
    account = changed(PRIVATE, OPEN_LIST, mode="acl")
    (correction,) = account.store.reviewed("hr-data").corrections

    assert (account.corrections, correction.replaced, correction.done) == (["acl"], OPEN_LIST.acl, True)


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
    account.store.keep_reviewed(known, known.with_updated_correction(known.corrections[0], undone=NOW))
    account.state = PUBLIC
    account.run(make_change("DeleteBucketPublicAccessBlock", userIdentity=make_user(), requestID="UNDO"))

    assert account.corrections == ["block"]
    assert account.groups[-1].evidence.review.correction == (
        "not corrected: the same correction was undone by hand within the last day",
    )


def test_a_correction_that_s3_refuses_is_reported_as_not_made():
    account = Account(PRIVATE, mode="block").baseline()
    account.state = PUBLIC

    def refuse(bucket, kind):
        raise RefusedError("S3: AccessDenied")

    buckets = Buckets(account.buckets.read, refuse)
    Reviewer(RULESET, account.ledger, buckets, ("hr-data",), Remediation("block", role=ROLE)).run(
        [("m", make_change())], NOW
    )

    assert account.review.correction == ("not corrected: S3: AccessDenied",)


@pytest.mark.parametrize(
    ("name", "identity", "own"),
    [
        pytest.param("PutBucketPublicAccessBlock", {}, 1, id="our role and our operation"),
        pytest.param("DeleteBucketPublicAccessBlock", {}, 0, id="our role, another operation"),
        pytest.param("PutBucketPublicAccessBlock", {"account": OTHER}, 0, id="another account's role"),
        pytest.param(
            "PutBucketPublicAccessBlock", {"name": "s3watch-ReviewBucketRole2"}, 0, id="another role"
        ),
    ],
)
def test_only_our_own_corrections_are_ignored(name, identity, own):
    role = make_role(**{"name": "s3watch-ReviewBucketRole", "session": "s3watch"} | identity)
    reviews = Account(PRIVATE).run(make_change(name, userIdentity=role))

    assert (reviews.own, reviews.reviewed) == (own, 1 - own)


# crashes and conflicts


@pytest.mark.parametrize("step", ["correct", "record_tally", "keep"])
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

        if step == "correct":
            patched.setattr(account.reviewer, "_buckets", Buckets(account.buckets.read, away))
        elif step == "record_tally":
            patched.setattr(account.ledger, "record_tally", away)
        else:
            patched.setattr(account.store, "keep_reviewed", keep)
        assert account.run(make_change()).unrecorded == {"m"}
    account.run(make_change())
    (correction,) = account.store.reviewed("hr-data").corrections

    assert (account.state, correction.done) == (PUBLIC.with_access_blocked(), True)
    assert account.review.after == EVERYBODY
    assert [group.sequence for group in account.groups] == [1]


def test_a_conflict_starts_the_review_again(monkeypatch):
    account = Account(PRIVATE).baseline()
    account.state = PUBLIC
    kept, lost = account.store.keep_reviewed, [True]

    def keep(before, after):
        if lost.pop() if lost else False:
            raise ConflictError
        kept(before, after)

    monkeypatch.setattr(account.store, "keep_reviewed", keep)

    assert (account.run(make_change()).reviewed, account.review.after) == (1, EVERYBODY)


def test_an_unreadable_event_is_named_and_hides_no_other():
    account = Account(PUBLIC)
    reviews = account.reviewer.run([("bad", b"{"), ("good", make_change())], NOW)

    assert (list(reviews.unreadable), len(account.groups)) == (["bad"], 1)


def test_the_stored_review_of_a_bucket_survives_a_round_trip_through_json():
    known = changed(PRIVATE, OPEN_LIST, mode="acl").store.reviewed("hr-data")

    assert msgspec.json.decode(msgspec.json.encode(known), type=type(known)) == known

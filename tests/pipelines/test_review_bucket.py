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
from s3watch.posture.bucket_state import BLOCK_ALL, Block, State
from s3watch.posture.remediation import Remediation, after_correction
from s3watch.posture.review_state import Correction, ReviewState
from s3watch.ruleset import Condition, Detection, RuleException
from s3watch.sources.cloudtrail import decode

from tests.support.bucket_states import EVERYONE, OTHER, allow, make_acl, make_state
from tests.support.cloudtrail import as_bytes, make_event, make_record, make_role, make_user
from tests.support.review_events import ROLE, make_change, make_compliance_change, make_schedule
from tests.support.sensitive import NOW, RULESET, excepting

PRIVATE, PUBLIC = make_state(), make_state(allow(), policy_public=True)
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
RESTRICTED = Block(restrict_public_buckets=True)
OPEN_LIST = make_state(acl=make_acl((EVERYONE, "READ")))


class Account:
    """An account with one bucket, a ledger, and a reviewer of both."""

    def __init__(self, state: State | None, ruleset: Any = RULESET, **remedy: Any) -> None:
        self.state, self.corrections = state, list[str]()
        self.store = MemoryStore()
        self.ledger = Ledger(self.store)
        self.ruleset, self.remediation = ruleset, Remediation(**remedy, role=ROLE)
        self.reviewer = self.make_reviewer(self.read, self.correct)

    def make_reviewer(self, read: Any, correct: Any, *watched: str) -> Reviewer:
        buckets = Buckets(lambda: read, correct)
        return Reviewer(self.ruleset, self.ledger, buckets, watched or ("hr-data",), self.remediation)

    def read(self, bucket: str) -> State | None:
        return self.state

    def correct(self, bucket: str, correction: Correction) -> None:
        assert self.state
        self.corrections.append(correction.kind)
        self.state = after_correction(self.state, correction)

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

    reviewer = account.make_reviewer(fail_first, account.correct)
    reviews = reviewer.run([("a", make_schedule()), ("b", make_change())], NOW)

    assert (reviews.unreadable, reviews.received, reviews.reviewed) == ({"a": "TypeError: odd"}, 2, 1)


def test_opening_a_bucket_to_everyone_is_reported_with_actor_before_and_after():
    account = changed(PRIVATE, PUBLIC)
    (group,) = account.groups

    assert (group.level, group.rules, group.actor) == ("critical", ("bucket-opened",), "role/Analyst")
    assert account.review == Review("opened", "to everyone", before=NOBODY, after=EVERYBODY)


BY_ID = make_state(allow({"AWS": "AROADBQP57FF2AEXAMPLE"}))


def test_a_principal_that_s3_shows_by_its_id_for_a_moment_changes_nothing():
    shared = make_state(allow({"AWS": OTHER}))
    account = Account(shared).baseline()
    before = len(account.groups)

    account.state = BY_ID
    assert account.run(make_change(), NOW + 30).unrecorded == {"m"}
    account.state = shared
    assert account.run(make_change(), NOW + 60).unrecorded == set()

    assert len(account.groups) == before


def test_a_principal_that_becomes_visible_is_told_by_the_second_look():
    account = Account(PRIVATE).baseline()
    account.state = BY_ID
    account.run(make_change(), NOW + 30)
    account.state = make_state(allow({"AWS": OTHER}))
    account.run(make_change(), NOW + 60)

    assert account.review.after == (f"account {OTHER} may read (bucket policy)",)


def test_an_id_that_stays_is_a_deleted_principal_and_nobody():
    account = Account(make_state(allow({"AWS": OTHER}))).baseline()
    account.state = BY_ID
    reviews = account.run(make_change(), NOW + 180)

    assert (reviews.unrecorded, account.groups[-1].rules) == (set(), ("bucket-closed",))
    assert account.groups[-1].evidence.review.after == (
        "nobody outside the account",
        "nobody by the id AROADBQP57FF2AEXAMPLE: deleted, or not resolved yet",
    )


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


def test_the_log_says_why_a_part_that_was_read_was_not_evaluated():
    reviews = Account(make_state(policy="{")).run(make_schedule())

    assert reviews.unread == {"hr-data": ("bucket policy: not JSON, or too much for one review",)}


def test_a_watched_bucket_that_is_not_there_is_named_once_however_many_events_there_are():
    account = Account(None)
    reviews = account.reviewer.run([("a", make_schedule()), ("b", make_schedule())], NOW)

    assert (reviews.absent, reviews.reviewed, reviews.unrecorded) == ({"hr-data"}, 0, set())


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


INSECURE = {
    "Sid": "DenyInsecure", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}  # fmt: skip
DENYING = make_state(INSECURE)
NO_LONGER = "the bucket policy no longer denies s3:* without TLS (statement DenyInsecure)"


def test_what_is_no_longer_denied_is_reported_with_actor_before_and_after():
    account = changed(DENYING, PRIVATE)
    (group,) = account.groups

    assert (group.level, group.rules, group.actor) == (
        "medium", ("bucket-policy-weakened",), "role/Analyst"
    )  # fmt: skip
    assert account.review == Review(
        "weakened the policy of", "",
        before=("bucket policy denied s3:* without TLS (statement DenyInsecure)", *NOBODY),
        after=(NO_LONGER, *NOBODY),
    )  # fmt: skip


def test_what_opens_a_bucket_and_denies_less_is_one_alert():
    account = changed(DENYING, PUBLIC)

    assert [(group.rules, group.sequence) for group in account.groups] == [(("bucket-opened",), 1)]
    assert account.review.after == (*EVERYBODY, NO_LONGER)


def test_a_policy_that_is_deleted_with_many_denials_is_one_alert():
    denying = make_state(INSECURE, *({**INSECURE, "Sid": f"{n}", "Action": f"s3:Get{n}"} for n in range(3)))
    account = Account(denying).baseline()
    account.state = PRIVATE
    account.run(make_change("DeleteBucketPolicy"))

    assert [(group.rules, group.sequence) for group in account.groups] == [
        (("bucket-policy-weakened",), 1)
    ]  # fmt: skip


def test_what_is_no_longer_denied_is_reported_once_though_the_review_is_repeated():
    account = changed(DENYING, PRIVATE)
    for event in (make_change(), make_change(requestID="ANOTHER"), make_schedule()):
        account.run(event)

    assert [group.sequence for group in account.groups] == [1]


DELETED = make_record(key=None, eventName="DeleteBucketPolicy", readOnly=False)
OF_DELETION = replace(
    RULESET,
    detections=(
        Detection(
            "bucket-policy-deleted", "Policy deleted", "medium",
            Condition("eq", field="eventName", values=("deletebucketpolicy",)), ("eventName",),
        ),
    ),
)  # fmt: skip


def test_a_policy_that_is_deleted_is_one_group_of_the_detection_and_of_what_is_no_longer_denied():
    account = Account(DENYING).baseline()
    account.state = PRIVATE
    raw = as_bytes(DELETED)
    account.ledger.record(list(Matcher(OF_DELETION).match(decode(raw), raw)), "events", NOW)
    account.run(make_event(DELETED))
    (group,) = account.groups
    mails = [message.alert for message in account.store.messages.values() if message.topic == "mail"]

    assert set(group.rules) == {"bucket-policy-deleted", "bucket-policy-weakened"}
    assert [(alert.kind, alert.level) for alert in mails] == [("first", "medium"), ("worse", "medium")]
    assert group.count == 1


def denying(role):
    return make_state({**INSECURE, "Principal": {"AWS": role}})


ROLE_DENIED = denying("arn:aws:iam::111122223333:role/contractor")
ID_DENIED = denying("AROADBQP57FF2AEXAMPLE")


def test_a_denied_role_that_s3_shows_by_its_id_for_a_moment_changes_nothing():
    account = Account(ROLE_DENIED).baseline()
    account.state = ID_DENIED
    first = account.run(make_change(), NOW + 30)
    account.state = ROLE_DENIED
    second = account.run(make_change(), NOW + 60)

    assert (first.unrecorded, second.unrecorded, account.groups) == ({"m"}, set(), [])


def test_an_id_that_stays_may_be_of_another_role_than_was_denied():
    account = Account(ROLE_DENIED).baseline()
    account.state = ID_DENIED
    reviews = account.run(make_change(), NOW + 180)

    assert (reviews.unrecorded, account.groups[-1].rules) == (set(), ("bucket-policy-weakened",))


def test_what_a_correction_changes_is_not_reported_as_denying_less():
    account = changed(DENYING, make_state(allow(), policy_public=True), mode="block")
    account.run(make_schedule())

    assert (account.corrections, [group.rules for group in account.groups]) == (
        ["block"], [("bucket-opened",)]
    )  # fmt: skip


def test_an_exception_for_sharing_does_not_silence_what_is_no_longer_denied():
    exception = RuleException("bucket-shared", "web@example.com", "a partner", "2027-01-01")
    account = changed(DENYING, make_state(allow({"AWS": OTHER})), ruleset=excepting(exception))

    assert [group.rules for group in account.groups] == [("bucket-policy-weakened",)]


def test_what_a_second_run_for_one_trigger_finds_no_longer_denied_is_reported_too(monkeypatch):
    second = {**INSECURE, "Sid": "Second", "Action": "s3:Get*"}
    account = Account(make_state(INSECURE, second)).baseline()
    account.state = make_state(second)
    with monkeypatch.context() as patched:
        patched.setattr(account.store, "keep_reviewed", lambda *_: 1 / 0)
        account.run(make_change())
    account.state = PRIVATE
    account.run(make_change())

    assert len(account.review.after) == 3


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
        "turned on RestrictPublicBuckets of the bucket's Block Public Access",
        "to undo it: s3watch undo hr-data",
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
        "not corrected: the same correction was undone by hand within the last day",
    )


def test_a_correction_that_s3_refuses_is_reported_as_not_made():
    account = Account(PRIVATE, mode="block").baseline()
    account.state = PUBLIC

    def refuse(bucket, kind):
        raise RefusedError("S3: AccessDenied")

    account.make_reviewer(account.read, refuse).run([("m", make_change())], NOW)

    assert account.review.correction == ("not corrected: S3: AccessDenied",)
    assert account.store.reviewed("hr-data").corrections == ()


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
        {"m"}, ("not corrected yet, because S3 did not answer: it is tried again",),
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
    assert account.review.correction == ("not corrected: 3 attempts today did not last",)
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
    assert account.review.correction == ("not corrected: it was undone by hand",)


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


# buckets beside each other, and parts that cannot be read


def test_a_bucket_that_fails_stops_no_other(monkeypatch):
    account = Account(PUBLIC)
    errors = {"a": TypeError("odd"), "b": UnavailableError("away")}

    def read(bucket: str) -> State:
        if bucket in errors:
            raise errors[bucket]
        return replace(PUBLIC, bucket=bucket)

    reviewer = account.make_reviewer(read, account.correct, "a", "b", "c", "d")
    reviews = reviewer.run([("m", make_schedule())], NOW)

    assert (reviews.reviewed, reviews.reported) == (2, 2)
    assert (reviews.unrecorded, reviews.unreadable) == ({"m"}, {})


@pytest.mark.parametrize("minutes", [0, 15, 30, 45], ids=str)
def test_a_retry_begins_with_another_bucket(minutes):
    account, read = Account(PRIVATE), list[str]()
    watched = ("a", "b", "c", "d")
    reviewer = account.make_reviewer(read.append, account.correct, *watched)
    reviewer.run([("m", make_schedule())], 900.0 * 4_000 + 60 * minutes)

    assert read == [*watched[minutes // 15 :], *watched[: minutes // 15]]


def test_a_change_between_two_runs_for_one_trigger_is_told_too(monkeypatch):
    account = Account(PRIVATE).baseline()
    account.state = make_state(allow({"AWS": OTHER}))
    account.run(make_schedule())
    account.state = PUBLIC
    account.run(make_schedule())

    assert account.groups[-1].evidence.review.after == EVERYBODY


def test_a_part_that_fails_is_tried_again_and_all_else_is_told_at_once():
    account = Account(PRIVATE).baseline()
    account.state = replace(OPEN_LIST, failed=("bucket policy",))
    first = account.run(make_change())
    account.state = replace(PUBLIC, acl=OPEN_LIST.acl)
    account.run(make_change())

    assert first.unrecorded == {"m"}
    assert account.review.before == ("everyone may list (ACL)", "could not be read: bucket policy")
    assert account.review.after == ("everyone may read (bucket policy)", "everyone may list (ACL)")


def test_access_points_that_fail_are_read_by_the_next_review():
    account = Account(replace(PRIVATE, failed=("access points",))).baseline()

    assert account.run(make_change()).unrecorded == set()


def test_a_blocked_bucket_is_not_told_as_open_while_its_block_can_not_be_read():
    blocked = replace(PUBLIC, block=BLOCK_ALL)
    account = Account(blocked).baseline()
    account.state = replace(PUBLIC, block=None, failed=("Block Public Access",))
    account.run(make_change())

    assert account.groups == []


def test_a_part_of_the_account_that_is_refused_is_told_once_for_all_buckets():
    account = Account(PRIVATE)
    refused = replace(PRIVATE, unread=("access points",), reasons=("access points: AccessDenied",))
    read = lambda bucket: replace(refused, bucket=bucket)  # noqa: E731
    reviewer = account.make_reviewer(read, account.correct, "a", "b", "c")
    runs = [reviewer.run([("m", make_schedule())], NOW) for _ in range(2)]
    mails = [one.alert for one in account.store.messages.values() if one.topic == "mail"]

    assert [(alert.rule, alert.level) for alert in mails] == [("bucket-review-incomplete", "medium")]
    assert "could not be read: access points" in mails[0].evidence.review.after
    assert runs[0].unread == dict.fromkeys("abc", ("access points: AccessDenied",))


def test_what_else_changed_is_told_beside_a_part_of_the_account_that_is_refused():
    account = Account(make_state(allow({"AWS": OTHER}), policy_public=False)).baseline()
    account.state = replace(PRIVATE, unread=("access points",))
    account.run(make_change("DeleteBucketPolicy"))

    assert account.groups[-1].evidence.review.before == (f"account {OTHER} may read (bucket policy)",)
    assert account.groups[-1].evidence.review.after[0] == NOBODY[0]


def test_what_an_earlier_version_kept_is_compared_with():
    account = Account(PUBLIC)
    grant = {"grantee": "*", "verb": "read", "granted_by": "bucket policy"}
    earlier = msgspec.convert({"bucket": "hr-data", "posture": {"grants": [grant]}}, ReviewState)
    account.store.keep_reviewed(account.store.reviewed("hr-data"), earlier)
    account.run(make_change())
    same = list(account.groups)
    account.state = PRIVATE
    account.run(make_change(requestID="ANOTHER"))

    assert (same, account.review.before, account.review.after) == ([], EVERYBODY, NOBODY)


def test_a_flood_of_events_does_not_delay_the_reviews_of_others():
    account, read = Account(PRIVATE), list[str]()
    reviewer = account.make_reviewer(lambda bucket: read.append(bucket) or PRIVATE, account.correct)
    late = [(f"{number}", make_change(requestID=f"REQUEST{number}")) for number in range(1_000)]
    reviews = reviewer.run(late, NOW + 3_600)

    assert (len(read), reviews.reviewed, reviews.covered) == (1, 1, 999)


def test_what_aws_config_found_is_reviewed_however_late_it_arrives():
    account = Account(PRIVATE)
    account.run(make_schedule(), NOW + 7_200)

    assert account.run(make_compliance_change("s3-bucket-logging-enabled"), NOW + 7_200).reported == 1


def test_the_bucket_of_another_account_is_no_alert():
    account = Account(None)
    reviews = account.run(make_schedule())

    assert (account.groups, reviews.reported, reviews.unreadable) == ([], 0, {})


def test_a_dozen_corrections_of_large_openings_are_told_and_kept():
    statement = allow({"AWS": [f"{number:012}" for number in range(1_000)]}, "s3:*")
    account = Account(PRIVATE, mode="block").baseline()
    for day in range(12):
        account.state = make_state(allow(), statement, policy_public=True)
        time = f"2026-12-{day + 1:02}T08:14:03Z"
        account.run(make_change(requestID=f"REQUEST{day}", eventTime=time), NOW + day * 86_400)

    known = account.store.reviewed("hr-data")
    assert (len(account.corrections), len(known.corrections)) == (12, 10)
    assert len(msgspec.json.encode(known)) < 100_000
    assert max(len(msgspec.json.encode(one)) for one in account.store.messages.values()) < 100_000


def test_the_cause_of_a_trigger_with_a_long_name_is_short():
    account = changed(PRIVATE, PUBLIC, mode="block")
    account.state = PUBLIC
    account.run(
        make_compliance_change(
            result={"annotation": "x"}, configRuleName="s3-bucket-public-read-prohibited" * 900
        )
    )

    assert max(len(each.cause) for each in account.store.reviewed("hr-data").corrections) < 300

from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace
from s3watch.alerts.alert import Review
from s3watch.detection.matcher import Matcher
from s3watch.errors import ConflictError
from s3watch.ledger.silence.day_counts import day_key
from s3watch.posture.bucket_state import BLOCK_ALL, State
from s3watch.posture.review_state import ReviewState
from s3watch.ruleset import Condition, Detection, RuleException
from s3watch.sources.cloudtrail import decode

from tests.support.bucket_states import OTHER, allow, make_state
from tests.support.cloudtrail import as_bytes, make_event, make_record, make_role
from tests.support.review_events import make_change, make_compliance_change, make_schedule
from tests.support.reviewed_account import (
    EVERYBODY,
    NOBODY,
    OPEN_LIST,
    PRIVATE,
    PUBLIC,
    Account,
    changed,
)
from tests.support.sensitive import NOW, RULESET, excepting

WITH_DETECTION = replace(
    RULESET,
    detections=(
        Detection(
            "public-bucket-policy-or-acl", "Opened", "high",
            Condition("bool", field="s3.grants_public", values=("true",)), ("s3.grants_public",),
        ),
    ),
)  # fmt: skip


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
        ("bucket-not-compliant",), 's3-bucket-logging-enabled is NON_COMPLIANT; the rule says: "no target"',
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


def test_what_an_exception_silences_counts_once_however_often_a_review_is_tried(monkeypatch):
    exception = RuleException("bucket-opened", "web@example.com", "a website", "2027-01-01")
    account = Account(PRIVATE, ruleset=excepting(exception)).baseline()
    account.state = PUBLIC
    with monkeypatch.context() as patched:
        patched.setattr(account.store, "keep_reviewed", lambda *_: 1 / 0)
        account.run(make_change())
    account.run(make_change())

    assert account.store.day_count(day_key(exception, "2026-11-20")).number == 1


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


def test_the_stored_review_of_a_bucket_survives_a_round_trip_through_json():
    known = changed(PRIVATE, OPEN_LIST, mode="acl").store.reviewed("hr-data")

    assert msgspec.json.decode(msgspec.json.encode(known), type=type(known)) == known


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

"""Reviews of buckets beside each other, and of buckets that cannot be read, or not wholly."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from s3watch.errors import UnavailableError
from s3watch.posture.bucket_state import BLOCK_ALL, State

from tests.support.bucket_states import OTHER, allow, make_state
from tests.support.review_events import make_change, make_schedule
from tests.support.reviewed_account import (
    EVERYBODY,
    NOBODY,
    OPEN_LIST,
    PRIVATE,
    PUBLIC,
    Account,
)
from tests.support.sensitive import NOW


def test_the_log_says_why_a_part_that_was_read_was_not_evaluated():
    reviews = Account(make_state(policy="{")).run(make_schedule())

    assert reviews.unread == {"hr-data": ("bucket policy: not JSON, or too much for one review",)}


def test_a_watched_bucket_that_is_not_there_is_named_once_however_many_events_there_are():
    account = Account(None)
    reviews = account.reviewer.run([("a", make_schedule()), ("b", make_schedule())], NOW)

    assert (reviews.absent, reviews.reviewed, reviews.unrecorded) == ({"hr-data"}, 0, set())


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


def test_the_bucket_of_another_account_is_no_alert():
    account = Account(None)
    reviews = account.run(make_schedule())

    assert (account.groups, reviews.reported, reviews.unreadable) == ([], 0, {})

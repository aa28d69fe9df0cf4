from __future__ import annotations

from copy import deepcopy

import pytest
from hypothesis import given
from s3watch_cli.attach.bucket_settings import (
    add_part,
    conflicting,
    difference,
    equivalent,
    log_bucket_problems,
    missing,
    overlapping,
    remove_part,
    still_set,
)

from tests.support.bucket_settings import EVENT_BRIDGE, QUEUE, THEIRS, logging_to, notifications, notifying

POLICY = {
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "logging.s3.amazonaws.com"},
            "Action": "s3:PutObject",
            "Resource": "arn:aws:s3:::log-files/*",
        }
    ]
}
FIT = {"encryption": "AES256", "lock": None, "payer": "BucketOwner", "policy": POLICY}


@given(notifications, notifications)
def test_what_is_put_in_and_taken_out_leaves_what_was_there(current, desired):
    part = missing(current, desired)

    assert remove_part(add_part(current, part), part) == current


@given(notifications, notifications)
def test_what_is_put_in_is_not_lacking_any_more(current, desired):
    assert missing(add_part(current, missing(current, desired)), desired) == {}


@given(notifications, notifications, notifications)
def test_what_others_add_meanwhile_stays_when_ours_is_taken_out(current, desired, theirs):
    part = missing(current, desired)
    ours = add_part(current, part)
    with_theirs = add_part(ours, missing(ours, theirs))

    assert equivalent(remove_part(with_theirs, part), add_part(current, missing(ours, theirs)))


@given(notifications, notifications)
def test_nothing_given_is_changed_in_place(current, desired):
    before = deepcopy((current, desired))

    remove_part(add_part(current, desired), desired)

    assert (current, desired) == before


@given(notifications)
def test_the_order_and_spelling_of_notifications_mean_nothing(current):
    turned = {
        name: value[::-1] if isinstance(value, list) else value for name, value in reversed(current.items())
    }

    assert equivalent(current, turned)


def test_queues_of_others_stay_beside_ours():
    current = {"QueueConfigurations": [notifying(prefix="images/")]}

    assert add_part(current, EVENT_BRIDGE | {"QueueConfigurations": [notifying(QUEUE)]}) == {
        "QueueConfigurations": [notifying(prefix="images/"), notifying(QUEUE)],
        "EventBridgeConfiguration": {},
    }


def test_a_notification_that_is_there_under_another_id_is_not_lacking():
    there = {"QueueConfigurations": [notifying(QUEUE, suffix=".json.gz", name="MTIz")]}

    assert missing(there, {"QueueConfigurations": [notifying(QUEUE, suffix=".json.gz", name="ours")]}) == {}


@pytest.mark.parametrize(
    ("current", "clash"),
    [
        ({}, {}),
        (logging_to("log-files"), {}),
        (logging_to("elsewhere", "x/"), logging_to("elsewhere", "x/")),
    ],
    ids=["none yet", "the same", "another target"],
)
def test_only_another_value_in_the_same_place_clashes(current, clash):
    assert conflicting(current, logging_to("log-files")) == clash


def test_only_what_is_there_unchanged_counts_as_still_there():
    part = EVENT_BRIDGE | {"QueueConfigurations": [notifying(QUEUE), notifying(THEIRS)]}

    assert still_set({"QueueConfigurations": [notifying(THEIRS)]}, part) == {
        "QueueConfigurations": [notifying(THEIRS)]
    }


def test_the_difference_shows_what_comes_and_what_goes():
    assert difference(logging_to("a"), logging_to("b")) == [
        " {",
        '   "LoggingEnabled": {',
        '-    "TargetBucket": "a",',
        '+    "TargetBucket": "b",',
        '     "TargetPrefix": ""',
        "   }",
    ]


@pytest.mark.parametrize(
    ("there", "found"),
    [
        (notifying(), [f"{THEIRS} (any key)"]),
        (notifying(prefix="AWSLogs/"), [f"{THEIRS} (AWSLogs/)"]),
        (notifying(suffix=".gz"), [f"{THEIRS} (any key)"]),
        (notifying(suffix=".jpg"), []),
        (notifying() | {"Events": ["s3:ObjectRemoved:*"]}, []),
        (notifying() | {"Events": ["s3:ObjectCreated:Put"]}, [f"{THEIRS} (any key)"]),
    ],
    ids=[
        "all objects",
        "a prefix",
        "a shorter suffix",
        "another suffix",
        "other events",
        "one of the events",
    ],
)
def test_a_destination_that_gets_such_objects_already_is_found(there, found):
    desired = {"QueueConfigurations": [notifying(QUEUE, suffix=".json.gz")]}

    assert list(overlapping({"QueueConfigurations": [there]}, desired)) == found


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({}, []),
        ({"encryption": ""}, []),
        ({"encryption": "aws:kms"}, ["encrypts with aws:kms"]),
        ({"lock": {"Mode": "GOVERNANCE", "Days": 1}}, ["default retention"]),
        ({"payer": "Requester"}, ["Requester Pays"]),
        ({"policy": {}}, ["no policy that allows logging.s3.amazonaws.com"]),
        ({"policy": {"Statement": [POLICY["Statement"][0] | {"Effect": "Deny"}]}}, ["no policy"]),
    ],
    ids=["fit", "old, without encryption", "KMS", "Object Lock", "Requester Pays", "no policy", "denied"],
)
def test_a_bucket_to_which_s3_cannot_log_is_reported_why(facts, said):
    reasons = list(log_bucket_problems(FIT | facts))

    assert [part in reason for part, reason in zip(said, reasons, strict=True)] == [True] * len(said)

from __future__ import annotations

from copy import deepcopy

import pytest
from hypothesis import given
from s3watch_cli.attach.bucket_settings import (
    clashing,
    difference,
    lacking,
    overlapping,
    put_in,
    same,
    still_there,
    take_out,
    unfit_for_access_logs,
)

from tests.support.bucket_settings import EVENT_BRIDGE, QUEUE, THEIRS, logging_to, notifications, told

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
def test_what_is_put_in_and_taken_out_leaves_what_was_there(current, wish):
    part = lacking(current, wish)

    assert take_out(put_in(current, part), part) == current


@given(notifications, notifications)
def test_what_is_put_in_is_not_lacking_any_more(current, wish):
    assert lacking(put_in(current, lacking(current, wish)), wish) == {}


@given(notifications, notifications, notifications)
def test_what_others_add_meanwhile_stays_when_ours_is_taken_out(current, wish, theirs):
    part = lacking(current, wish)
    ours = put_in(current, part)
    with_theirs = put_in(ours, lacking(ours, theirs))

    assert same(take_out(with_theirs, part), put_in(current, lacking(ours, theirs)))


@given(notifications, notifications)
def test_nothing_given_is_changed_in_place(current, wish):
    before = deepcopy((current, wish))

    take_out(put_in(current, wish), wish)

    assert (current, wish) == before


@given(notifications)
def test_the_order_and_spelling_of_notifications_mean_nothing(current):
    turned = {
        name: value[::-1] if isinstance(value, list) else value for name, value in reversed(current.items())
    }

    assert same(current, turned)


def test_queues_of_others_stay_beside_ours():
    current = {"QueueConfigurations": [told(prefix="images/")]}

    assert put_in(current, EVENT_BRIDGE | {"QueueConfigurations": [told(QUEUE)]}) == {
        "QueueConfigurations": [told(prefix="images/"), told(QUEUE)],
        "EventBridgeConfiguration": {},
    }


def test_a_notification_that_is_there_under_another_id_is_not_lacking():
    there = {"QueueConfigurations": [told(QUEUE, suffix=".json.gz", name="MTIz")]}

    assert lacking(there, {"QueueConfigurations": [told(QUEUE, suffix=".json.gz", name="ours")]}) == {}


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
    assert clashing(current, logging_to("log-files")) == clash


def test_only_what_is_there_unchanged_counts_as_still_there():
    part = EVENT_BRIDGE | {"QueueConfigurations": [told(QUEUE), told(THEIRS)]}

    assert still_there({"QueueConfigurations": [told(THEIRS)]}, part) == {
        "QueueConfigurations": [told(THEIRS)]
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
        (told(), [f"{THEIRS} (any key)"]),
        (told(prefix="AWSLogs/"), [f"{THEIRS} (AWSLogs/)"]),
        (told(suffix=".gz"), [f"{THEIRS} (any key)"]),
        (told(suffix=".jpg"), []),
        (told() | {"Events": ["s3:ObjectRemoved:*"]}, []),
        (told() | {"Events": ["s3:ObjectCreated:Put"]}, [f"{THEIRS} (any key)"]),
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
    wish = {"QueueConfigurations": [told(QUEUE, suffix=".json.gz")]}

    assert list(overlapping({"QueueConfigurations": [there]}, wish)) == found


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({}, []),
        ({"encryption": ""}, []),
        ({"encryption": "aws:kms"}, ["encrypts with aws:kms"]),
        ({"lock": {"Mode": "GOVERNANCE", "Days": 1}}, ["default retention"]),
        ({"payer": "Requester"}, ["Requester Pays"]),
        ({"policy": {}}, ["no policy that lets logging.s3.amazonaws.com"]),
        ({"policy": {"Statement": [POLICY["Statement"][0] | {"Effect": "Deny"}]}}, ["no policy"]),
    ],
    ids=["fit", "old, without encryption", "KMS", "Object Lock", "Requester Pays", "no policy", "denied"],
)
def test_a_bucket_to_which_s3_can_not_log_is_told_why(facts, said):
    reasons = list(unfit_for_access_logs(FIT | facts))

    assert [part in reason for part, reason in zip(said, reasons, strict=True)] == [True] * len(said)

from __future__ import annotations

import pytest
from s3watch.alerts.alert import Review
from s3watch.pipelines.review_report import write
from s3watch.pipelines.review_triggers import Trigger
from s3watch.posture.digest import Digest, summarize
from s3watch.posture.grants import EVERYBODY, Grant, Posture
from s3watch.posture.review import compare
from s3watch.posture.review_rules import DETECTIONS, OPENED

from tests.support.cloudtrail import make_record
from tests.support.sensitive import first_access

PUBLIC = Posture((Grant(EVERYBODY, "read", "bucket policy"),))
OPENING = compare(Digest(), PUBLIC)
BY_CALL = Trigger("call", ("hr-data",), 0)
BY_SCHEDULE = Trigger("schedule", ("hr-data",), 0, finder="s3watch")
BY_CONFIG = Trigger("config", ("hr-data",), 0, finder="AWS Config", rule="s3-no-public", reason="policy")


def test_a_call_is_said_to_have_opened_the_bucket():
    assert write(OPENED, OPENING, BY_CALL, (), corrected=False) == Review(
        "opened",
        "to everyone",
        before=("nobody outside the account",),
        after=("everyone may read (bucket policy)",),
    )


WIDER = compare(summarize(PUBLIC), Posture((*PUBLIC.grants, Grant(EVERYBODY, "write", "bucket policy"))))


def test_who_is_let_in_further_is_said_to_be():
    review = write(OPENED, WIDER, BY_CALL, (), corrected=False)

    assert (review.action, review.remark) == ("opened", "further to everyone")


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ("PutBucketAcl", ("changed", "(found open to everyone)")),
        ("PutBucketReplication", ("changed", "(found open to everyone)")),
        ("PutBucketPolicy", ("opened", "to everyone")),
        ("DeleteBucketPublicAccessBlock", ("opened", "to everyone")),
    ],
    ids=str,
)
def test_a_call_is_not_blamed_for_what_it_cannot_open(event, said):
    access = first_access(make_record(eventName=event))
    review = write(OPENED, OPENING, Trigger("call", ("hr-data",), 0, access=access), (), corrected=False)

    assert (review.action, review.remark) == said


def test_a_finder_is_said_to_have_found_it_open():
    review = write(OPENED, OPENING, BY_SCHEDULE, (), corrected=False)

    assert (review.action, review.remark, review.finder) == ("found", "open to everyone", "s3watch")


@pytest.mark.parametrize(
    ("trigger", "reason"),
    [
        (BY_CONFIG, 's3-no-public is NON_COMPLIANT; the rule says: "policy"'),
        (Trigger("c", (), 0, finder="AWS Config", rule="s3-no-public"), "s3-no-public is NON_COMPLIANT"),
        (BY_SCHEDULE, ""),
    ],
    ids=["with an annotation", "without one", "no rule"],
)
def test_aws_config_is_quoted_with_its_rule(trigger, reason):
    assert write(OPENED, OPENING, trigger, (), corrected=False).reason == reason


def test_what_was_corrected_is_passed_on():
    review = write(OPENED, OPENING, BY_CALL, ("ACL reset to private",), corrected=True)

    assert (review.correction, review.corrected) == (("ACL reset to private",), True)


@pytest.mark.parametrize("rule", DETECTIONS.values(), ids=list(DETECTIONS))
def test_every_rule_can_be_found(rule):
    assert write(rule, OPENING, BY_CONFIG, (), corrected=False).action == "found"

"""Alerts about reviews as people read them: whole messages, from the event to the e-mail."""

from __future__ import annotations

import pytest
from s3watch.alerts.alert import Review
from s3watch.alerts.chat import notification
from s3watch.alerts.email.message import render
from s3watch.alerts.ocsf import finding
from s3watch.alerts.rows.review import rows
from s3watch.posture.review_rules import DETECTIONS

from tests.support.bucket_states import EVERYONE, OTHER, allow, make_acl, make_state
from tests.support.cloudtrail import SSO_PATH, make_role
from tests.support.hits import newest_alert
from tests.support.review_events import make_change, make_compliance_change, make_schedule
from tests.support.reviewed_account import Account
from tests.support.sample_alerts import make_evidence
from tests.support.sensitive import NOW

ALICE = make_role("AWSReservedSSO_Analyst_0123456789abcdef", "alice@example.com", path=SSO_PATH)
PRIVATE, PUBLIC = (
    make_state(),
    make_state(allow(["*"], ["s3:GetObject", "s3:ListBucket"]), policy_public=True),
)
OPEN_LIST = make_state(acl=make_acl((EVERYONE, "FULL_CONTROL")))
INSECURE = {
    "Sid": "DenyInsecure", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}  # fmt: skip
OTHER_NETWORKS = {
    "Sid": "DenyOtherNetworks", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*",
    "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-0a1b2c3d"}},
}  # fmt: skip
TWO_NETWORKS = OTHER_NETWORKS | {
    "Condition": {"StringNotEquals": {"aws:SourceVpce": ["vpce-0a1b2c3d", "vpce-4e5f6a7b"]}}
}
DENYING, SPARING = make_state(INSECURE, OTHER_NETWORKS), make_state(TWO_NETWORKS)
SHARED = make_state(allow({"AWS": OTHER}, "s3:*"), policy_public=False)

SHARED_TO_READ, SHARED_TO_WRITE = (
    make_state(allow({"AWS": OTHER}, actions), policy_public=False)
    for actions in ("s3:GetObject", ["s3:GetObject", "s3:PutObject"])
)


def changed(before, after, event, **remedy):
    """Return the alert about the change in this event."""
    account = Account(before, **remedy).baseline()
    account.state = after
    account.run(event)
    return newest_alert(account.store)


def found(state, event):
    account = Account(state)
    account.run(event)
    return newest_alert(account.store)


STORIES = {
    "opened": changed(PRIVATE, PUBLIC, make_change(userIdentity=ALICE)),
    "opened and corrected": changed(
        PRIVATE, OPEN_LIST, make_change("PutBucketAcl", userIdentity=ALICE), mode="acl"
    ),
    "opened, dry run": changed(PRIVATE, PUBLIC, make_change(userIdentity=ALICE), mode="block", dry_run=True),
    "opened further": changed(SHARED_TO_READ, SHARED_TO_WRITE, make_change(userIdentity=ALICE)),
    "opened by another call": changed(PRIVATE, PUBLIC, make_change("PutBucketAcl", userIdentity=ALICE)),
    "shared": changed(PRIVATE, SHARED, make_change(userIdentity=ALICE)),
    "closed": changed(PUBLIC, PRIVATE, make_change("DeleteBucketPolicy", userIdentity=ALICE)),
    "denying less": changed(DENYING, SPARING, make_change(userIdentity=ALICE)),
    "policy without its denials": changed(
        DENYING, PRIVATE, make_change("DeleteBucketPolicy", userIdentity=ALICE)
    ),
    "hidden": changed(PRIVATE, make_state(unread=("bucket policy",)), make_change(userIdentity=ALICE)),
    "not completely readable": found(make_state(unread=("access points",)), make_schedule()),
    "found by schedule": found(PUBLIC, make_schedule()),
    "not compliant": found(
        PRIVATE,
        make_compliance_change("s3-bucket-logging-enabled", result={"annotation": "No target bucket."}),
    ),
}


@pytest.mark.parametrize("story", STORIES)
def test_a_review_as_a_subscriber_reads_it(story, golden_text):
    subject, body = render(STORIES[story], DETECTIONS)
    text = f"Subject: {subject}\n\n{body}"

    assert text == golden_text(f"email/review/{story}.txt", text)


def test_chat_shows_the_same_rows():
    text = notification(STORIES["opened and corrected"], DETECTIONS)["content"]["description"]

    assert "*Before* `nobody outside the account`" in text
    assert "`to revert this: s3watch remediation revert hr-data`" in text


def test_a_machine_receives_the_difference():
    document = finding(STORIES["opened"], DETECTIONS)

    assert document["evidences"][0]["data"]["before"] == ["nobody outside the account"]
    assert document["evidences"][0]["data"]["after"] == ["everyone may read and list (bucket policy)"]
    assert (document["severity"], document["finding_info"]["title"]) == (
        "Critical",
        "Bucket is open to everyone",
    )


def test_the_time_is_the_events():
    assert {alert.evidence.time for alert in STORIES.values()} <= {NOW, NOW + 1, NOW + 0.234}


def test_accounts_that_may_get_in_have_the_names_of_the_catalogue():
    found = Review("opened", before=("nobody",), after=(f"account {OTHER} may read (bucket policy)",))
    evidence = make_evidence(review=found, account_names=((OTHER, "partner Acme"),))

    assert rows(evidence, found)[:2] == [
        ("Before", ["nobody"]),
        ("Now", [f"account {OTHER} (partner Acme) may read (bucket policy)"]),
    ]

from __future__ import annotations

from typing import Any

import pytest
from s3watch.alerts.alert import BucketFacts
from s3watch.alerts.rows.state import restore, tags

from tests.support.sample_alerts import make_alert, make_evidence

DELETE = {"event_name": "DeleteObject", "operation": "delete"}
PUT = {"event_name": "PutObject", "operation": "write"}


def said(facts: dict[str, Any], versioning: Any = None, unread: str = "", **of_alert: Any) -> str:
    known = None if versioning is None else BucketFacts(versioning, unread)
    return restore(make_alert(make_evidence(**facts, bucket_facts=known), **of_alert))


@pytest.mark.parametrize(
    ("facts", "versioning", "row"),
    [
        (DELETE, "enabled", "yes, the bucket keeps versions: remove the delete marker"),
        (DELETE, "never", "no, the bucket keeps no versions: only a backup or replica has it"),
        (DELETE, "gone", "no, the bucket is deleted: only a backup or replica has it"),
        (
            DELETE, "suspended",
            "perhaps: versioning is suspended, only versions from before that remain",
        ),
        (
            PUT, "enabled",
            "yes, the bucket keeps versions: the one before is what was replaced, if anything was",
        ),
        (PUT, "never", "no, the bucket keeps no versions: only a backup or replica has it"),
        (
            DELETE | {"keys_unknown": True}, "enabled",
            "yes, the bucket keeps versions: remove the delete markers (not if versions were deleted)",
        ),
        (
            DELETE | {"version": "3sL4kqtJlcpXroDTDmJ"}, None,
            "not this version, unless it was a delete marker: only a backup or replica has it",
        ),
        ({}, None, ""),
        (DELETE, None, ""),
        (DELETE | {"version": "3sL4kqtJlcpXroDTDmJ", "outcome": "denied"}, None, ""),
    ],
    ids=[
        "deleted, versioned", "deleted, not versioned", "deleted with its bucket",
        "deleted, suspended", "overwritten, versioned",
        "overwritten, not versioned", "keys unknown", "a version", "a read", "nobody asked", "denied",
    ],
)  # fmt: skip
def test_the_row_says_whether_what_was_lost_can_be_restored(facts, versioning, row):
    assert said(facts, versioning) == row


def test_of_several_objects_some_may_have_been_deleted_by_version():
    assert said(DELETE, "enabled", distinct_keys=3).endswith("(not if versions were deleted)")


@pytest.mark.parametrize(
    ("unread", "why"),
    [
        ("refused", "S3 refused to say whether the bucket keeps versions"),
        ("no answer", "S3 did not say in time whether the bucket keeps versions"),
        ("not understood", "what S3 said of the bucket's versions was not understood"),
        ("too many", "too many buckets were to be asked about at once"),
        ("of a later\nversion", r"of a later\nversion"),
    ],
    ids=["refused", "no answer", "not understood", "too many", "unknown"],
)
def test_what_is_not_known_is_said_with_the_reason(unread, why):
    assert said(DELETE, "", unread) == f"not known: {why}"


def test_tags_are_one_row_in_which_nothing_makes_a_link_or_a_line():
    facts = BucketFacts(tags=("owner=hr", "contact=www.example.com\nNext: pay"))

    assert tags(make_alert(make_evidence(bucket_facts=facts))) == (
        'owner=hr, "contact=www[.]example[.]com\\nNext: pay"'
    )


def test_of_tags_alone_nothing_is_said_about_restoring():
    alert = make_alert(make_evidence(**DELETE, bucket_facts=BucketFacts(tags=("owner=hr",))))

    assert (restore(alert), tags(make_alert())) == ("", "")

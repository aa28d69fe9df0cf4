from __future__ import annotations

from typing import Any

import pytest
from s3watch.alerts.alert import BucketFacts, Correlated, PublicAccess
from s3watch.alerts.rows.state import details, fate, public, restore

from tests.support.sample_alerts import make_alert, make_evidence

DELETE = {"event_name": "DeleteObject", "operation": "delete"}
PUT = {"event_name": "PutObject", "operation": "write"}
OF_VERSION = DELETE | {"version": "3sL4kqtJlcpXroDTDmJ"}
MANY = Correlated("many-objects-deleted", "value_count", 25, 3600)


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


@pytest.mark.parametrize(
    ("facts", "versioning", "row"),
    [
        (
            DELETE, "enabled",
            "yes, the bucket keeps versions: remove the delete markers (not if versions were deleted)",
        ),
        (DELETE, "never", "no, the bucket keeps no versions: only a backup or replica has them"),
        (OF_VERSION, None, "not what was deleted as a version: only a backup or replica has it"),
    ],
    ids=["versioned", "not versioned", "a version"],
)  # fmt: skip
def test_of_several_objects_some_may_have_been_deleted_by_version(facts, versioning, row):
    assert said(facts, versioning, distinct_keys=3) == row


@pytest.mark.parametrize(
    ("versioning", "row"),
    [
        ("enabled", "yes, hr-data keeps versions: remove the delete markers (not if versions were deleted)"),
        ("never", "no, hr-data keeps no versions: only a backup or replica has them"),
        ("gone", "no, hr-data is deleted: only a backup or replica has them"),
        ("suspended", "perhaps: versioning is suspended in hr-data, only versions from before that remain"),
    ],
    ids=["versioned", "not versioned", "deleted", "suspended"],
)
def test_a_summary_names_the_bucket_since_a_label_may_be_in_others(versioning, row):
    assert said(DELETE, versioning, distinct_keys=3, kind="rollup") == row


def test_of_what_many_alerts_were_combined_to_nothing_is_said():
    assert said(DELETE, "never", kind="rollup", is_overflow=True) == ""


@pytest.mark.parametrize(
    ("facts", "versioning", "of_alert", "known"),
    [
        (DELETE, "enabled", {}, "kept"),
        (PUT, "enabled", {"distinct_keys": 3}, "kept"),
        (DELETE, "enabled", {"distinct_keys": 3}, ""),
        (DELETE | {"keys_unknown": True}, "enabled", {}, ""),
        (DELETE | {"correlated": MANY}, "enabled", {}, ""),
        (DELETE, "never", {"distinct_keys": 3}, "lost"),
        (DELETE | {"correlated": MANY}, "never", {}, "lost"),
        (DELETE, "gone", {}, "lost"),
        (DELETE, "suspended", {}, ""),
        (DELETE, None, {}, ""),
        (OF_VERSION, None, {}, "lost"),
        (OF_VERSION, None, {"distinct_keys": 3}, ""),
        (DELETE, "never", {"bucket": "another"}, ""),
        (DELETE, "never", {"is_overflow": True}, ""),
    ],
    ids=[
        "kept", "replaced", "several, perhaps versions", "keys unknown", "counted", "several lost",
        "counted, lost", "the bucket too", "suspended", "nobody asked", "a version", "some versions",
        "in several buckets", "combined",
    ],
)  # fmt: skip
def test_what_became_of_it_is_known_only_if_it_is_true_of_all(facts, versioning, of_alert, known):
    said_of_bucket = BucketFacts(versioning) if versioning else None
    evidence = make_evidence(**facts, bucket_facts=said_of_bucket)

    assert fate(make_alert(evidence, **of_alert)) == known


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
    tags = ("owner=hr", "contact=www.example.com\nNext: pay")
    shown = ['owner=hr, "contact=www[.]example[.]com\\nNext: pay"']
    alert = make_alert(make_evidence(bucket_facts=BucketFacts(tags=tags), caller_tags=tags))

    assert details(alert) == [("Tags", shown), ("Caller tags", shown)]


def test_of_tags_alone_nothing_is_said_about_restoring():
    alert = make_alert(make_evidence(**DELETE, bucket_facts=BucketFacts(tags=("owner=hr",))))

    assert restore(alert) == ""
    assert details(make_alert()) == [("Tags", [""]), ("Caller tags", [""])]


LISTS = "everyone may list (ACL)"
KEPT_OUT = "unless Block Public Access keeps them out"


@pytest.mark.parametrize(
    ("found", "row"),
    [
        (PublicAccess("yes", (LISTS,)), f"yes: {LISTS}"),
        (PublicAccess("perhaps", (LISTS,), "refused"), f"perhaps: {LISTS}, {KEPT_OUT} (S3 refused to say)"),
        (PublicAccess("unknown", unread="no answer"), "not known: S3 did not say in time"),
        (PublicAccess("no"), ""),
        (None, ""),
    ],
    ids=["public", "perhaps", "not known", "not public", "nobody asked"],
)
def test_whether_the_bucket_is_public_is_told_if_it_may_be(found: PublicAccess | None, row: str):
    assert public(make_alert(make_evidence(bucket_facts=BucketFacts(public=found)))) == row


def test_of_an_anonymous_caller_it_is_told_too_that_it_is_not():
    evidence = make_evidence(principal_type="anonymous", bucket_facts=BucketFacts(public=PublicAccess("no")))

    assert (
        public(make_alert(evidence)) == "not by its policy or ACL: perhaps by the object's ACL, or no longer"
    )


def test_a_summary_names_the_bucket_that_is_public():
    evidence = make_evidence(bucket_facts=BucketFacts(public=PublicAccess("yes", (LISTS,))))

    assert public(make_alert(evidence, kind="rollup")) == f"yes, hr-data: {LISTS}"
    assert public(make_alert(evidence, kind="rollup", is_overflow=True)) == ""

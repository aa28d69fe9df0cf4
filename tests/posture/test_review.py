from __future__ import annotations

import pytest
from s3watch.posture.bucket_state import BLOCK_ALL
from s3watch.posture.exposure import Grant, Posture
from s3watch.posture.grantees import EVERYBODY
from s3watch.posture.review import (
    Correction,
    Plan,
    ReviewState,
    after_correction,
    compare,
    describe_correction,
    describe_posture,
    plan,
)

from tests.support.bucket_states import EVERYONE, OTHER, allow, make_acl, make_state

NOW = 1795162443.0  # 2026-11-20T08:14:03Z
HOUR = 3600.0

PUBLIC = Posture((Grant(EVERYBODY, "read", "bucket policy"),))
LISTED = Posture((Grant(EVERYBODY, "list", "ACL"),))
SHARED = Posture((Grant(OTHER, "read", "bucket policy"),))
PRIVATE = Posture()


@pytest.mark.parametrize(
    ("before", "after", "rule"),
    [
        pytest.param(PRIVATE, PUBLIC, "bucket-opened", id="opened to everyone"),
        pytest.param(None, PUBLIC, "bucket-opened", id="open at the first review"),
        pytest.param(PRIVATE, SHARED, "bucket-shared", id="opened to an account"),
        pytest.param(LISTED, PUBLIC, "bucket-opened", id="opened to everyone for more"),
        pytest.param(PUBLIC, PRIVATE, "bucket-closed", id="closed"),
        pytest.param(PRIVATE, Posture(unread=("ACL",)), "bucket-unreadable", id="no longer readable"),
        pytest.param(PRIVATE, Posture(unread=("access points",)), None, id="the control API does not answer"),
        pytest.param(PUBLIC, PUBLIC, None, id="unchanged"),
        pytest.param(None, PRIVATE, None, id="closed at the first review"),
        pytest.param(PRIVATE, Posture(ineffective=PUBLIC.grants), None, id="opened without effect"),
    ],
)
def test_a_difference_is_reported_by_a_rule(before, after, rule):
    found = compare(before, after).rule

    assert (found and found.rule) == rule


def test_settings_that_could_not_be_read_count_as_unchanged():
    assert compare(LISTED, Posture(unread=("ACL",))).after == Posture(LISTED.grants, unread=("ACL",))


@pytest.mark.parametrize(
    ("posture", "lines"),
    [
        pytest.param(None, ("not known: this is the first review",), id="none yet"),
        pytest.param(PRIVATE, ("nobody outside the account",), id="closed"),
        pytest.param(PUBLIC, ("everyone may read (bucket policy)",), id="open"),
        pytest.param(
            Posture(ineffective=PUBLIC.grants, unread=("ACL",)),
            (
                "nobody outside the account",
                "everyone may read (bucket policy, without effect)",
                "could not be read: ACL",
            ),
            id="ineffective and unread",
        ),
    ],
)
def test_a_posture_is_described_in_words(posture, lines):
    assert describe_posture(posture) == lines


@pytest.mark.parametrize(
    ("mode", "found", "kind"),
    [
        pytest.param("off", PUBLIC, None, id="off"),
        pytest.param("block", PUBLIC, "block", id="block, however it is public"),
        pytest.param("block", SHARED, None, id="block, to another account only"),
        pytest.param("acl", LISTED, "acl", id="acl, by its list"),
        pytest.param("acl", PUBLIC, None, id="acl, by its policy"),
    ],
)
def test_only_public_access_is_corrected(mode, found, kind):
    assert plan(mode, found, ReviewState("hr-data"), NOW) == Plan(kind)


def corrected(times, **changes):
    """The state of a bucket that was corrected this often within the last hour."""
    known = ReviewState("hr-data")
    for number in range(times):
        known = known.with_correction(
            Correction(f"cause {number}", "block", {}, PUBLIC, NOW - HOUR + number, **changes)
        )
    return known


def test_at_most_three_corrections_a_day_are_made():
    refused = Plan(None, "not corrected: 3 corrections today did not last")

    assert [plan("block", PUBLIC, corrected(times), NOW) for times in (2, 3)] == [Plan("block"), refused]


def test_the_next_day_corrections_are_made_again():
    assert plan("block", PUBLIC, corrected(3), NOW + 24 * HOUR) == Plan("block")


def test_an_undone_correction_is_not_repeated_for_a_day():
    known = corrected(1, undone=NOW)
    plans = [plan("block", PUBLIC, known, NOW + hours * HOUR) for hours in (1, 25)]

    assert [each.kind for each in plans] == [None, "block"]


def test_an_undone_correction_does_not_excuse_another_grant():
    assert plan("block", LISTED, corrected(1, undone=NOW), NOW) == Plan("block")


def test_only_the_latest_ten_corrections_are_kept():
    assert [each.cause for each in corrected(12).corrections] == [f"cause {n}" for n in range(2, 12)]


def test_only_the_given_correction_is_updated():
    known = corrected(2)
    marked = known.with_updated_correction(known.corrections[1], undone=NOW)

    assert [each.undone for each in marked.corrections] == [0, NOW]


def test_a_correction_changes_only_its_setting():
    state = make_state(allow(), acl=make_acl((EVERYONE, "READ")))

    assert after_correction(state, "acl").acl["Grants"] == []
    assert after_correction(state, "block").block == BLOCK_ALL


@pytest.mark.parametrize(
    ("kind", "dry_run", "lines"),
    [
        pytest.param("acl", False, ("reset the ACL to private", "to undo it: s3watch undo hr-data"),
                     id="done"),
        pytest.param(
            "block", True,
            ("dry run, nothing was changed: would turn on Block Public Access of the bucket",), id="dry run",
        ),
    ],
)  # fmt: skip
def test_a_correction_is_described_in_words(kind, dry_run, lines):
    assert describe_correction(kind, "hr-data", dry_run=dry_run) == lines

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch.posture.bucket_state import BLOCK_ALL, Block
from s3watch.posture.digest import Digest, marks_of, shortened, summarize
from s3watch.posture.grants import EVERYBODY, Grant, Posture
from s3watch.posture.review_state import MAX_KEPT, Correction, ReviewState, opening_of
from s3watch.posture.statements.statement import PolicyStatements, read_statements

from tests.support.bucket_states import EVERYONE, OTHER, make_state

NOW = 1795162443.0  # 2026-11-20T08:14:03Z
DAY = 86400.0
ITEM = 400 * 1024  # bytes that an item of DynamoDB may have
PUBLIC = Posture((Grant(EVERYBODY, "read", "bucket policy"),))


def correction(cause="cause", **changes):
    return Correction(cause, "block", {}, NOW, **changes)


def corrected(*causes, **changes):
    """The state after corrections for these causes."""
    known = ReviewState("hr-data")
    for number, cause in enumerate(causes):
        known = known.with_attempt(correction(cause, **changes), NOW + number)
    return known


def causes(known):
    return [each.cause for each in known.corrections]


def test_every_attempt_of_a_day_is_counted_also_for_the_same_cause():
    known = corrected("a", "a", "b")

    assert (known.attempts, causes(known)) == (3, ["a", "b"])
    assert known.with_attempt(correction("c"), NOW + DAY).attempts == 1


def test_a_refused_correction_is_forgotten_and_its_attempt_is_not():
    known = corrected("a", "b").without_correction("b")

    assert (known.attempts, causes(known)) == (2, ["a"])


def test_what_was_found_is_kept_until_it_is_told():
    known = corrected("a", found=PUBLIC, opening=opening_of(PUBLIC))

    assert known.corrections[0].found == PUBLIC
    assert known.with_done("a").corrections[0] == correction("a", done=True, opening=opening_of(PUBLIC))


def test_only_the_latest_correction_keeps_what_it_found():
    assert [each.found for each in corrected("a", "b", found=PUBLIC).corrections] == [None, PUBLIC]


def test_only_the_given_correction_is_marked_as_undone():
    known = corrected("a", "b").with_undone("b", NOW)

    assert [each.undone for each in known.corrections] == [0, NOW]


def test_of_many_corrections_the_first_and_the_latest_are_kept():
    assert causes(corrected(*(f"{number}" for number in range(12)))) == ["0", *map(str, range(3, 12))]


def test_undone_corrections_are_dropped_before_others():
    known = corrected(*map(str, range(10))).with_undone("4", NOW)

    assert "4" not in causes(known.with_attempt(correction("new"), NOW))
    assert len(causes(known.with_attempt(correction("new"), NOW))) == MAX_KEPT


def test_settings_that_were_not_read_are_those_of_the_last_review():
    seen = make_state(block=BLOCK_ALL, ownership="ObjectWriter", account_block=Block())
    known = ReviewState("hr-data").with_review(Digest(), seen, NOW)
    blind = make_state(unread=("Block Public Access",), failed=("object ownership",), account_block=BLOCK_ALL)
    completed = known.complete(blind)

    assert (completed.block, completed.ownership, completed.account_block) == (
        BLOCK_ALL, "ObjectWriter", BLOCK_ALL,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("digest", "seconds", "covered"),
    [
        pytest.param(Digest(), 901, True, id="long after"),
        pytest.param(Digest(), 899, False, id="soon after"),
        pytest.param(Digest(failed=("ACL",)), 901, False, id="in part"),
    ],
)
def test_a_review_covers_changes_that_it_must_have_seen(digest, seconds, covered):
    assert ReviewState("hr-data").with_review(digest, make_state(), NOW).covers(NOW - seconds) is covered


def test_an_opening_is_told_apart_by_what_is_open_to_everybody_alone():
    shared = Posture((*PUBLIC.grants, Grant(OTHER, "read", "bucket policy")))
    listed = Posture((*PUBLIC.grants, Grant(EVERYBODY, "list", "bucket policy")))

    assert opening_of(shared) == opening_of(PUBLIC) != opening_of(listed)


# items of earlier versions

EARLIER = {
    "bucket": "hr-data",
    "posture": {"grants": [{"grantee": "*", "verb": "read", "granted_by": "bucket policy"}]},
    "day": "2026-11-20",
    "attempts": 1,
    "corrections": [
        {
            "cause": "review 0123 hr-data", "kind": "acl", "time": NOW, "done": True, "undone": NOW,
            "replaced": {"Owner": {"ID": "1" * 64}, "Grants": [{"Grantee": {"URI": EVERYONE}}]},
            "found": {"grants": [{"grantee": "*", "verb": "read", "granted_by": "bucket policy"}]},
        }
    ],
}  # fmt: skip


def test_what_an_earlier_version_kept_is_read():
    known = msgspec.json.decode(json.dumps(EARLIER), type=ReviewState)
    (kept,) = known.corrections

    assert known.known.marks == marks_of(PUBLIC.grants)
    assert (kept.opened, kept.closed) == (opening_of(PUBLIC), BLOCK_ALL)
    assert known.with_review(summarize(PUBLIC), make_state(), NOW).posture is None


def test_a_bucket_without_a_review_has_no_posture():
    assert ReviewState("hr-data").known is None


# size

texts = st.text(max_size=60) | st.sampled_from(["\0" * 20_000, "\ud800" * 9_000, "é" * 9_000])
grants = st.builds(Grant, st.just(EVERYBODY) | texts, texts, texts)
postures = st.builds(
    Posture, st.lists(grants, max_size=8).map(tuple), st.just(()), st.lists(texts).map(tuple)
)


@given(st.lists(postures, min_size=1, max_size=15), st.lists(texts, max_size=9))
def test_what_is_kept_fits_into_an_item_whatever_was_found_and_corrected(found, failed):
    known = ReviewState("hr-data")
    for number, posture in enumerate(found):
        digest = summarize(posture, failed)
        known = known.with_review(
            digest.plus(known.known or Digest()), make_state(ownership="".join(failed)), NOW
        )
        known = known.with_attempt(correction(str(number), found=shortened(posture)), NOW + number)

    assert len(msgspec.json.encode(known)) < ITEM
    assert msgspec.json.decode(msgspec.json.encode(known), type=ReviewState) == known


@pytest.mark.parametrize("text", ["\0", "\ud800", "é"], ids=["NUL", "half a pair", "é"])
def test_the_largest_state_that_is_kept_fits_into_an_item(text):
    long = text * 20_000
    grants = tuple(Grant(f"{number}{long}", long, long) for number in range(3_100))
    denying = {"Effect": "Deny", "Principal": "*", "Resource": "*"}
    statements = read_statements({"Statement": [denying | {"Action": text * 5_000}]})
    denials = tuple(PolicyStatements(f"access point {number}", statements) for number in range(200))
    unread = tuple(f"{number}{long}" for number in range(200))
    posture = Posture(grants, grants, unread, denials=denials, allowances=denials)
    other = Posture(tuple(Grant(f"!{number}", "read", "ACL") for number in range(9_000)))
    digest = summarize(posture, posture.unread).plus(summarize(other))
    known = ReviewState("hr-data", digest=digest)
    for number in range(20):
        replaced = {
            "Owner": {"ID": "1" * 64},
            "Grants": [{"Grantee": {"ID": f"{n:064}"}} for n in range(100)],
        }
        made = Correction(f"{number}" * 60, "acl", replaced, NOW, found=shortened(posture))
        known = known.with_attempt(made, NOW)

    assert len(msgspec.json.encode(known)) < ITEM
    assert msgspec.json.decode(msgspec.json.encode(known), type=ReviewState) == known

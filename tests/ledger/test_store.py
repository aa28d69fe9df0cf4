"""What both stores hold of buckets."""

from __future__ import annotations

import pytest
from s3watch.errors import ConflictError
from s3watch.posture.exposure import Grant, Posture
from s3watch.posture.review import Correction, ReviewState

POSTURE = Posture((Grant("*", "read", "ACL"),))
KNOWN = ReviewState(
    "hr-data", POSTURE, "2026-11-20", 1, (Correction("cause", "acl", {"Grants": []}, POSTURE, 1795162443.5),)
)


def test_a_bucket_nobody_reviewed_has_no_posture(store):
    assert store.reviewed("hr-data") == ReviewState("hr-data")


def test_a_review_comes_back_as_it_was_kept(store):
    store.keep_reviewed(store.reviewed("hr-data"), KNOWN)
    first = store.reviewed("hr-data")
    store.keep_reviewed(first, ReviewState("hr-data", Posture()))

    assert first.version == 1
    assert (first.posture, first.corrections) == (KNOWN.posture, KNOWN.corrections)
    assert store.reviewed("hr-data") == ReviewState("hr-data", Posture(), version=2)


@pytest.mark.parametrize("known", [0, 1], ids=["the first review", "a later one"])
def test_of_two_reviews_at_once_one_loses(store, known):
    for _ in range(known):
        store.keep_reviewed(store.reviewed("hr-data"), KNOWN)
    before = store.reviewed("hr-data")
    store.keep_reviewed(before, KNOWN)

    with pytest.raises(ConflictError):
        store.keep_reviewed(before, KNOWN)

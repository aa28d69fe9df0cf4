"""Reviews of buckets in both stores."""

from __future__ import annotations

import pytest
from s3watch.errors import ConflictError
from s3watch.posture.exposure import Grant, Posture
from s3watch.posture.review import Correction, ReviewState

POSTURE = Posture((Grant("*", "read", "ACL"),))
KNOWN = ReviewState(
    "hr-data", POSTURE, "2026-11-20", 1, (Correction("cause", "acl", {"Grants": []}, POSTURE, 1795162443.5),)
)


def test_a_bucket_without_a_review_has_no_posture(store):
    assert store.reviewed("hr-data") == ReviewState("hr-data")


def test_a_review_is_read_as_it_was_written(store):
    store.keep_reviewed(store.reviewed("hr-data"), KNOWN)
    first = store.reviewed("hr-data")
    store.keep_reviewed(first, ReviewState("hr-data", Posture()))

    assert first.version == 1
    assert (first.posture, first.corrections) == (KNOWN.posture, KNOWN.corrections)
    assert store.reviewed("hr-data") == ReviewState("hr-data", Posture(), version=2)


@pytest.mark.parametrize("known", [0, 1], ids=["the first review", "a later one"])
def test_the_second_of_two_concurrent_reviews_is_a_conflict(store, known):
    for _ in range(known):
        store.keep_reviewed(store.reviewed("hr-data"), KNOWN)
    before = store.reviewed("hr-data")
    store.keep_reviewed(before, KNOWN)

    with pytest.raises(ConflictError):
        store.keep_reviewed(before, KNOWN)

from __future__ import annotations

import pytest
from s3watch.alerts.rows.numbers import acts, totals

from tests.support.sample_alerts import make_alert


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "deleted 2, read 40"),
        ({"outcome": "denied"}, "tried to delete 2, read 40"),
        ({"exact": False}, "deleted 2, read 40 (estimated)"),
    ],
    ids=["done", "tried", "estimated"],
)
def test_what_was_done_is_told_with_its_numbers(changes, words):
    assert acts((("delete", 2), ("read", 40)), make_alert(**changes)) == words


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"count": 3, "distinct_keys": 2}, "3 accesses, 2 objects, 1 address, 230 MB read"),
        (
            {"count": 300, "exact": False, "distinct_keys": 100, "keys_exact": False, "bytes_in": 2000},
            "about 300 accesses, more than 100 objects, 1 address, 230 MB read, 2 kB written",
        ),
        ({"count": 3, "outcome": "denied"}, "3 accesses, 1 object, 1 address"),
    ],
    ids=["exact", "estimated", "denied"],
)
def test_totals_say_how_exact_they_are_and_no_bytes_of_what_was_denied(changes, words):
    assert totals(make_alert(**changes)) == words

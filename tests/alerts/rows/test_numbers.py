from __future__ import annotations

import pytest
from s3watch.alerts.alert import Correlated
from s3watch.alerts.rows.numbers import acts, counted_by, how_much, totals

from tests.support.sample_alerts import make_alert, make_evidence


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


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (Correlated("a", "event_count", 100, 900), "at least 100 accesses within 15 minutes"),
        (
            Correlated("a", "value_count", 25, 3600, "s3.key"),
            "at least 25 different objects within 1 hour",
        ),
        (
            Correlated("a", "value_count", 2, 3600, "userAgent\n"),
            "at least 2 different values of userAgent\\n within 1 hour",
        ),
        (
            Correlated("a", "value_sum", 5_000_000_000, 86400, "s3.bytes_out"),
            "at least 5 GB within 1 day",
        ),
        (
            Correlated("a", "value_sum", 1200, 3600, "s3.presign_expires"),
            "at least 1,200 of s3.presign_expires within 1 hour",
        ),
        (Correlated("a", "temporal", 3, 7200), "3 detections within 2 hours"),
        (Correlated("a", "temporal_ordered", 2, 7200), "2 detections in this order within 2 hours"),
    ],
    ids=["accesses", "objects", "other values", "bytes", "another sum", "together", "in order"],
)
def test_a_correlation_says_how_much_it_counted_within_which_time(found, words):
    assert counted_by(found) == words


@pytest.mark.parametrize("render", [how_much, totals])
def test_of_signals_alone_only_the_correlation_has_a_number(render):
    found = Correlated("a", "value_count", 25, 3600, "s3.key")
    alert = make_alert(make_evidence(correlated=found), acts=())

    assert render(alert) == "at least 25 different objects within 1 hour"

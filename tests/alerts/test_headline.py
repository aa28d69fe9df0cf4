from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch.alerts.headline import headline, title

from tests.support.sample_alerts import OTHER, STORIES, make_alert, make_evidence, wild_alerts


@pytest.mark.parametrize(
    ("story", "words"),
    [
        ("first", "[HIGH] payroll: alice@example.com read payroll/2026/q3.csv (unexpected)"),
        ("late", "[HIGH] payroll: alice@example.com read payroll/2026/q3.csv (unexpected, late)"),
        ("denied", "[MEDIUM] payroll: user/bob tried to read payroll/2026/board/bonus.xlsx (denied)"),
        ("copy", "[HIGH] payroll: 444455556666:role/etl copied payroll/2026/q3.csv (unexpected)"),
        (
            "batch-delete",
            "[HIGH] payroll: role/cleanup deleted objects in hr-data (unexpected, keys unknown)",
        ),
        ("public-policy", "[CRITICAL] hr-data: role/Admin opened hr-data to everyone"),
        ("trail-stopped", "[CRITICAL] CloudTrail: root stopped trail org-trail"),
        ("rollup", "[HIGH] payroll: alice@example.com accessed 57 objects 1,204 times (so far, unexpected)"),
        (
            "closed",
            "[HIGH] payroll: alice@example.com accessed more than 100 objects about 31,870 times (in total)",
        ),
        ("reopened", "[CRITICAL] payroll: anonymous read payroll/2026/q3.csv (severity raised, unexpected)"),
    ],
    ids=lambda value: value if len(value) < 20 else "",
)
def test_a_title_says_who_did_what_to_what(story, words):
    assert title(STORIES[story], 99) == words


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"grants_accounts": (OTHER,)}, "opened hr-data to 1 other account"),
        ({"grants_public": True, "outcome": "denied"}, "tried to change permissions of hr-data"),
        ({"event_name": "DeleteBucketPublicAccessBlock"}, "removed Block Public Access from hr-data"),
        ({"operation": "other", "event_name": "CreateSession"}, "called CreateSession on hr-data"),
        ({"operation": "write", "key": "in/x", "peer_uri": "s3://a/b"}, "wrote in/x"),
    ],
    ids=["to an account", "denied", "Block Public Access", "other operation", "destination of a copy"],
)
def test_the_action_follows_the_access(changes, words):
    facts = {"operation": "permission", "key": "", "event_name": "PutBucketPolicy", "actor": "root"} | changes
    alert = make_alert(make_evidence(**facts), outcome="success")

    assert headline(alert, 90) == f"root {words} (unexpected)"


def test_a_long_key_is_cut_in_the_middle():
    alert = make_alert(make_evidence(key="payroll/" + "archive/" * 20 + "q3.csv"))

    assert headline(alert, 70) == "alice@example.com read payroll/archive/.../archive/q3.csv (unexpected)"


def test_a_group_without_objects_shows_only_the_count():
    alert = make_alert(kind="rollup", count=3, distinct_keys=0)

    assert (
        headline(alert, 90) == "alice@example.com accessed payroll/2026/q3.csv 3 times (so far, unexpected)"
    )


@given(wild_alerts(), st.integers(80, 99))
def test_every_possible_title_is_a_subject_that_sns_accepts(alert, width):
    subject = title(alert, width)

    assert len(subject) <= width
    assert subject.isascii()
    assert subject.isprintable()
    assert subject.startswith("[")

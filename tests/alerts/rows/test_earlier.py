from __future__ import annotations

import pytest
from s3watch.alerts.rows.earlier import line
from s3watch.earlier import UNKNOWN, Earlier

from tests.support.sample_alerts import make_evidence

FIRST = "first access to payroll by alice@example.com in 90 days that a detection matched"
BEHIND = {"network_kind": "vpce", "vpce": "vpce-0a1b2c3d"}


@pytest.mark.parametrize(
    ("earlier", "changes", "words"),
    [
        (UNKNOWN, {}, ""),
        (Earlier(first_seen=True), {}, FIRST),
        (Earlier(first_seen=True, new_network=True), {}, f"{FIRST}; never before from NL in 90 days"),
        (
            Earlier(True, None, True, True),
            {},
            f"{FIRST}; never before from NL nor by aws-cli 2.31 in 90 days",
        ),
        (Earlier(new_network=True), BEHIND, "never before from vpce-0a1b2c3d in 90 days"),
        (Earlier(new_network=True), {"country": ""}, ""),
    ],
    ids=["unknown", "first", "from a new country", "by a new program, too", "endpoint", "unknown country"],
)
def test_what_is_new_is_said(earlier, changes, words):
    assert line(make_evidence(**{"country": "NL", "earlier": earlier} | changes), "payroll") == words


@pytest.mark.parametrize(
    ("days", "words"), [(0, "less than a day"), (1, "1 day"), (12, "12 days")], ids=["today", "one", "many"]
)
def test_what_is_not_new_is_said_with_when_it_was_last(days, words):
    evidence = make_evidence(earlier=Earlier(first_seen=False, last_seen_days=days))

    assert line(evidence, "payroll") == (
        f"the last access to payroll by alice@example.com that a detection matched was {words} before"
    )

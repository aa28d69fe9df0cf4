"""The comparison of scopes: what they leave of the calls, and what that costs."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch_cli.cost.scope_report import scope_rows
from s3watch_cli.cost.scopes import Comparison, assume, compare

shares = st.floats(0, 1)


def compared(traffic, calls: float = 1e6) -> dict[tuple[str, str], Comparison]:
    return {(one.trail, one.events): one for one in compare(traffic, calls)}


def test_what_is_not_recorded_costs_neither_cloudtrail_nor_a_path():
    whole, narrowed = (compared(assume(0.5, 0.95, 0.01))[by, "bucket"] for by in ("bucket", "prefixes"))

    assert narrowed.cloudtrail.high == pytest.approx(whole.cloudtrail.high / 2, rel=0.05)
    assert narrowed.event_path.high < whole.event_path.high * 0.51
    assert narrowed.log_path.high < whole.log_path.high


def test_of_expected_calls_only_those_are_passed_on_that_every_scope_passes_on():
    assert compared(assume(1, 0.95, 0))["bucket", "unexpected"].passed == pytest.approx(0.05)
    assert compared(assume(1, 0.95, 0.5))["bucket", "unexpected"].passed == pytest.approx(0.525)
    assert compared(assume(0.2, 0.95, 0))["bucket", "objects"].passed == pytest.approx(0.2)


def test_at_95_percent_expected_the_goal_is_reached_in_bursts_and_with_evenly_spread_traffic():
    [row] = [
        row
        for row in scope_rows(assume(1, 0.95, 0.01), (1e6, 1e8))
        if (row["TrailScope"], row["EventScope"]) == ("bucket", "unexpected")
    ]

    assert (row["passed on"], row["events, 1 M"], row["log-files, 1 M"]) == ("5.95 %", "0.04 - 0.09", "0.05")


@given(shares, shares, shares, st.floats(1, 1e10))
def test_a_narrower_scope_never_leaves_or_costs_more(sensitive, expected, kept, calls):
    found = compared(assume(sensitive, expected, kept), calls)

    for by in ("bucket", "prefixes"):
        wide, narrow, narrowest = (found[by, scope] for scope in ("bucket", "objects", "unexpected"))
        assert narrowest.passed <= narrow.passed + 1e-9 <= wide.passed + 2e-9
        assert narrowest.passed <= narrowest.recorded + 1e-9
    assert found["prefixes", "bucket"].cloudtrail.high <= found["bucket", "bucket"].cloudtrail.high + 1e-9


def test_the_command_shows_them_for_numbers_that_are_given(s3watch):
    given = ("--events", "20000000", "--sensitive", "0.25", "--expected", "0.9")
    code, out, err = s3watch("cost", "--scopes", *given)
    rows = [json.loads(line) for line in out.splitlines()]

    assert (code, len(rows)) == (0, 6)
    assert rows[-1] == {
        "TrailScope": "prefixes",
        "EventScope": "unexpected",
        "recorded": "25 %",
        "passed on": "2.72 %",
        "trail": "0.26",
        "events, 20 M": "0.02 - 0.05",
        "log-files, 20 M": "0.01",
    }
    assert "for a million calls" in err


@pytest.mark.parametrize(
    "given",
    [("--scopes", "--option", "trail"), ("--logs", "events", "--option", "trail"), ("--events", "inf")],
    ids=["an option of the scopes", "an option of log files", "no number of events"],
)
def test_what_would_be_ignored_or_mean_nothing_is_refused(s3watch, given):
    code, out, _ = s3watch("cost", *given)

    assert (code, out) == (2, "")

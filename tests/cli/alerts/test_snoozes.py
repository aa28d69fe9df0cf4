"""`s3watch snooze` on moto."""

from __future__ import annotations

import json

import pytest
import typer
from s3watch.alerts.alert import Snooze
from s3watch_cli.alerts import snoozes
from s3watch_cli.alerts.snoozes import read_span

from tests.support.hits import FIRST
from tests.support.sensitive import NOW

ROOT = "arn:aws:sts::123456789012:user/moto"  # moto's answer to GetCallerIdentity


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    monkeypatch.setattr(snoozes.time, "time", lambda: NOW + 60)


def test_a_snooze_is_stored_with_who_and_when_and_printed(run, put, ledger):
    put()
    code, out, err = run("snooze", FIRST, "4h", "--note", "ticket 4711")

    assert (code, json.loads(out)["snoozed"]) == (
        0,
        {
            "until": "2026-11-20T12:15:03Z", "by": ROOT, "time": "2026-11-20T08:15:03Z",
            "note": "ticket 4711",
        },
    )  # fmt: skip
    assert ledger.group(FIRST).snooze == Snooze(NOW + 60 + 4 * 3600, ROOT, NOW + 60, "ticket 4711")
    assert err == (
        'snoozed until 2026-11-20 12:15 UTC, by user/moto on 2026-11-20 08:15 UTC, "ticket 4711"\n'
        "only what is worse than all that was said is told meanwhile\n"
    )


def test_no_time_at_all_ends_it(run, put, ledger):
    put()
    run("snooze", FIRST, "4h")
    code, _, err = run("snooze", FIRST, "0m")

    assert (code, err) == (0, "no longer snoozed\nroll-ups go on\n")
    assert ledger.group(FIRST).held_until == NOW + 60


def test_it_is_shown(run, put):
    put()
    run("snooze", FIRST, "90m")
    _, out, _ = run("show", FIRST, "--format", "table")

    assert "\nSnoozed: until 2026-11-20 09:45 UTC, by user/moto on 2026-11-20 08:15 UTC\n" in out


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("4h", 14400), ("90m", 5400), ("1h30m", 5400), ("0m", 0), ("24h", 86400)],
    ids=str,
)
def test_a_time_is_hours_and_minutes(text, seconds):
    assert read_span(text) == seconds


@pytest.mark.parametrize("text", ["", "4", "h", "25h", "24h1m", "-1h", "4d", "1m1h", "٤h"], ids=ascii)
def test_any_other_is_wrong_usage(text):
    with pytest.raises(typer.BadParameter, match="is no time up to 24h; write 4h, 90m or 0m"):
        read_span(text)


def test_a_long_note_is_wrong_usage_and_stores_nothing(run, put, ledger):
    put()
    code, out, _ = run("snooze", FIRST, "4h", "--note", "x" * 501)

    assert (code, out, ledger.group(FIRST).snooze) == (2, "", None)

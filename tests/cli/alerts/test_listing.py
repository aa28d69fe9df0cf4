"""`s3watch alerts` and `s3watch show` on moto."""

from __future__ import annotations

import json

import pytest
from s3watch.canary import NAME
from s3watch_cli.alerts import listing

from tests.support.hits import FIRST, SECOND
from tests.support.sensitive import NOW

UNKNOWN = "who is subscribed is not known with --table: name the stack instead\n"


def ids(out):
    return [json.loads(line)["alert"] for line in out.splitlines()]


def test_open_alerts_are_listed_the_latest_access_first(run, put):
    put(FIRST, last=NOW - 5)
    put(SECOND, last=NOW)
    put("01D", closed=True, due=None)
    code, out, err = run("alerts")

    assert (code, ids(out), err) == (0, [SECOND, FIRST], "2 alerts found\n")


def test_with_all_closed_ones_are_listed_too(run, put):
    put(FIRST)
    put(SECOND, closed=True, due=None, last=NOW)
    code, out, _ = run("alerts", "--all")

    assert (code, ids(out)) == (0, [SECOND, FIRST])
    assert [json.loads(line)["state"] for line in out.splitlines()] == ["closed", "open"]


@pytest.mark.parametrize(
    "options",
    [
        ("--level", "critical"),
        ("--label", "salaries"),
        ("--actor", "user/bob"),
        ("--actor", "arn:aws:iam::111122223333:user/bob"),
    ],
    ids=["level", "label", "actor", "arn"],
)
def test_a_filter_takes_what_it_names(run, put, options):
    put(FIRST)
    arn = "arn:aws:iam::111122223333:user/bob"
    put(SECOND, level="critical", labels=("payroll", "salaries"), evidence={"actor": "user/bob", "arn": arn})
    code, out, _ = run("alerts", *options)

    assert (code, ids(out)) == (0, [SECOND])


def test_the_canary_is_not_listed(run, put):
    put(FIRST, rules=(NAME,))
    put(SECOND)

    assert ids(run("alerts", "--all")[1]) == [SECOND]


def test_a_level_takes_higher_ones(run, put):
    put(FIRST, level="medium")
    put(SECOND, level="critical", last=NOW)

    assert ids(run("alerts", "--level", "medium")[1]) == [SECOND, FIRST]


def test_no_more_than_the_limit_are_shown_and_how_many_there_are_is_said(run, put):
    for number in range(3):
        put(f"01{number}", last=NOW + number)
    _, out, err = run("alerts", "--limit", "2")

    assert (ids(out), err) == (["012", "011"], "3 alerts found, the latest 2 shown\n")


def test_no_more_open_alerts_are_read_than_a_bound_and_the_rest_is_said(run, put, monkeypatch):
    monkeypatch.setattr(listing, "MOST_READ", 1)
    put("01A")
    put("01B")
    _, out, err = run("alerts")

    assert ids(out) == ["01B"]
    assert err.endswith("\n1 more that are open and of older windows were not read; use --all\n")


def test_a_table_shows_names_without_what_a_terminal_obeys(run, put):
    put(FIRST, evidence={"actor": "ev\x1b[2Jil", "principal": "ev\x1b[2Jil", "key": "a\u202eb"})
    _, out, _ = run("alerts", "--format", "table")

    assert "\x1b" not in out
    assert "\u202e" not in out


@pytest.mark.parametrize(
    "part", [FIRST, FIRST.lower(), FIRST[:11], FIRST[-8:]], ids=["whole", "small", "beginning", "end"]
)
def test_an_alert_is_found_by_its_id_or_a_part_of_it(run, put, part):
    put(FIRST)
    put(SECOND)
    code, out, err = run("show", part)

    assert (code, ids(out), err) == (0, [FIRST], UNKNOWN)


def test_a_beginning_that_all_of_a_window_share_fits_several(run, put):
    put(FIRST)
    put(SECOND)

    assert run("show", FIRST[:8]) == (
        1, "", f"01M7VRMM: 2 alerts fit; give more of the id: {FIRST}, {SECOND}\n"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("JRWD2Z0Q6X0",), "JRWD2Z0Q6X0: no such alert that is open; use --all\n"),
        (("JRWD2Z0Q6X9", "--all"), "JRWD2Z0Q6X9: no such alert or is older than 15 days\n"),
        ((f"{FIRST[:-1]}9",), f"{FIRST[:-1]}9: no such alert or is older than 15 days\n"),
        (("01M7",), "01M7: an id has 26 characters, of which 8 are needed\n"),
    ],
    ids=["closed", "nowhere", "whole id", "too short"],
)
def test_an_alert_that_is_not_there_is_one_line(run, put, words, said):
    put(FIRST, closed=True, due=None)

    assert run("show", *words) == (1, "", said)


def test_a_closed_alert_is_shown_by_its_whole_id_or_with_all(run, put):
    put(FIRST, closed=True, due=None)

    assert ids(run("show", FIRST)[1]) == [FIRST]
    assert ids(run("show", FIRST[-8:], "--all")[1]) == [FIRST]

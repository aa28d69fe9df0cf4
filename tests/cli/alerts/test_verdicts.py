"""`s3watch verdict` on moto."""

from __future__ import annotations

import json

import pytest
from s3watch.alerts.alert import Verdict
from s3watch.ledger.groups import open_group
from s3watch.ledger.messages import announce
from s3watch_cli.alerts import verdicts

from tests.support.hits import FIRST, make_tally
from tests.support.sensitive import NOW

ROOT = "arn:aws:sts::123456789012:user/moto"  # moto's answer to GetCallerIdentity


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    monkeypatch.setattr(verdicts.time, "time", lambda: NOW + 60)


def judge(run, *words):
    """Judge the first alert: the exit code, the row printed, standard error."""
    code, out, err = run("verdict", FIRST, *words)
    return code, json.loads(out) if out else None, err


def test_a_verdict_is_stored_with_who_and_when_and_printed(run, put, ledger):
    put()
    code, row, err = judge(run, "expected", "--note", "month's end")

    said = ledger.group(FIRST).told
    verdict = Verdict("expected", ROOT, NOW + 60, "month's end", False, 1, tuple(said.sums.acts), said.rules)
    assert (code, err) == (0, "closed: only worse news and the end are told\n")
    assert ledger.group(FIRST).verdict == verdict
    assert (row["state"], row["verdict"], row["judged"]) == (
        "closed", "expected",
        {"by": ROOT, "time": "2026-11-20T08:15:03Z", "note": "month's end", "overtaken": False},
    )  # fmt: skip


def test_a_true_positive_stays_open(run, put):
    put()
    code, row, err = judge(run, "true-positive")

    assert (code, row["state"], err) == (0, "open", "it stays open\n")


def test_another_verdict_says_which_it_replaces(run, put):
    put()
    judge(run, "expected", "--note", "a backup")
    _, row, err = judge(run, "true-positive")

    assert (row["verdict"], err) == (
        "true-positive",
        'instead of: expected, by user/moto on 2026-11-20 08:15 UTC, "a backup"\nit stays open\n',
    )


def test_what_is_closed_by_a_verdict_is_listed_with_all_only(run, put):
    put()
    judge(run, "false-positive")

    assert run("alerts")[1] == ""
    assert json.loads(run("alerts", "--all")[1])["verdict"] == "false-positive"


def test_it_is_shown_with_the_verdict_first(run, put):
    put()
    judge(run, "expected", "--note", "month's end")
    _, out, _ = run("show", FIRST, "--format", "table")

    assert '\n\nVerdict: expected, by user/moto on 2026-11-20 08:15 UTC, "month\'s end"\nWho: ' in out
    assert "\nState: closed by the verdict: only worse news and its end are told\n" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("fine",), "'fine' is not one of 'expected', 'false-positive', 'true-positive'."),
        (("expected", "--note", "x" * 501), "the note has 501 characters, and at most 500 are kept"),
    ],
    ids=["another word", "a long note"],
)
def test_wrong_usage_is_told_and_stores_nothing(run, put, ledger, words, said):
    put()
    code, row, err = judge(run, *words)

    assert (code, row) == (2, None)
    assert said in " ".join(err.replace("|", " ").split())
    assert ledger.group(FIRST).verdict is None


@pytest.fixture
def unsent(ledger):
    """Write the first alert with its messages, none of which is sent yet."""
    tally = make_tally()
    opened = open_group(FIRST, "payroll", "hr@example.com", tally, NOW)
    group, messages = announce(opened, "first", NOW, tally.evidence, tally.rules[0])
    ledger.write(None, group, (), NOW, messages=messages)


def test_an_alert_is_not_closed_while_a_message_about_it_is_unread(run, unsent, ledger):
    code, row, err = judge(run, "expected")

    assert (code, row, ledger.group(FIRST).verdict) == (1, None, None)
    assert err == (
        f"a message about {FIRST} waits to be sent, which nobody has read: see `s3watch show`, and judge it"
        " again in a minute\n"
    )


def test_what_is_being_sent_or_for_machines_only_may_be_read_by_now(run, unsent, ledger):
    for topic in ("mail", "chat"):
        ledger.lease(f"{topic}#{FIRST}#1", NOW + 60, NOW + 120)

    assert judge(run, "expected")[0] == 0


def test_a_true_positive_closes_nothing_and_need_not_wait(run, unsent):
    assert judge(run, "true-positive")[0] == 0

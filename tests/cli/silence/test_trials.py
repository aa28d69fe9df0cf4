"""`s3watch promote` on moto."""

from __future__ import annotations

import json

import msgspec
import pytest
from s3watch.detection.exceptions import Exceptions
from s3watch.ledger.silence.day_counts import EXACT, DayCount, Example, count_silenced, day_key
from s3watch.ruleset import Staged

from tests.support.sensitive import NOW, make_hits, make_reads

TRIAL = Staged("reads", "2026-11-01", "me@example.com")
FILE = "# on trial\n- rule: reads\n  since: 2026-11-01\n  owner: me@example.com\n# the end\n"


@pytest.fixture
def staging(project):
    path = project / "rules/staging.yaml"
    path.write_text(FILE, encoding="utf-8")
    return path


def count(ledger, *records):
    silenced = []
    for hit in make_hits(*records):
        Exceptions([], [Staged("unexpected-access", "", "")]).apply(hit, "2026-11-20", silenced)
    count_silenced(ledger, [each._replace(by=TRIAL) for each in silenced], NOW)


def test_a_trial_shows_what_would_have_been_told_day_by_day(run, ledger, staging):
    count(ledger, *make_reads(2), *make_reads(1, 2, eventTime="2026-11-21T08:14:03Z"))
    code, out, err = run("promote", "reads")
    days = [json.loads(line) for line in out.splitlines()]

    assert code == 0
    assert [(one["day"], one["hits"], one["exact"], one["alerts"]) for one in days] == [
        ("2026-11-20", 2, True, 1), ("2026-11-21", 1, True, 1),
    ]  # fmt: skip
    assert days[0]["subjects"] == ["[HIGH] payroll: role/Analyst read payroll/0.csv (unexpected)"]
    assert days[0]["examples"] == [
        {
            "time": "2026-11-20T08:14:03Z", "who": "role/Analyst", "what": "GetObject",
            "object": "s3://hr-data/payroll/0.csv", "subject": days[0]["subjects"][0],
        }
    ]  # fmt: skip
    assert err == (
        "reads: on trial since 2026-11-01, 20 days, by me@example.com: 3 hits on 2 days, in 2 alerts,"
        " if nothing else tells of the same\n"
    )


def test_what_is_not_exact_is_said_so(run, ledger, staging):
    names = frozenset(bytes((number,)) for number in range(EXACT))
    ledger.add_to_day(day_key(TRIAL, "2026-11-20"), DayCount(names, 50, frozenset({b"a"})), NOW)

    assert "about 150 hits on 1 day, in at least 1 alert" in run("promote", "reads")[2]


def test_days_before_the_trial_are_of_another_one(run, ledger, staging):
    ledger.add_to_day(day_key(TRIAL, "2026-10-31"), DayCount(more=1), NOW)
    code, out, err = run("promote", "reads")

    assert (code, out, err.endswith(": no hit that would have alerted\n")) == (0, "", True)


def test_nothing_is_written_unless_it_is_asked_for(run, staging):
    run("promote", "reads")

    assert staging.read_text(encoding="utf-8") == FILE


def test_the_entry_is_removed_and_the_comments_stay(run, staging):
    code, _, err = run("promote", "reads", "--write")

    assert (code, staging.read_text(encoding="utf-8")) == (0, "# on trial\n# the end\n")
    assert err.endswith("rules/staging.yaml: the entry is removed; build and deploy, and reads alerts\n")


def test_what_callers_choose_obeys_no_terminal(run, ledger, staging):
    example = Example(0, "e\x1b[2Jvil", "a", "b", "\x1b[2J\u202eread")
    ledger.add_to_day(
        day_key(TRIAL, "2026-11-20"), DayCount(examples=frozenset({msgspec.json.encode(example)})), NOW
    )
    _, out, _ = run("promote", "reads", "--format", "table")

    assert not {"\x1b", "\u202e"} & set(out)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (FILE, "rules/staging.yaml: `readz` is not on trial; write `reads`\n"),
        ("", "rules/staging.yaml: `readz` is not on trial; no detection is\n"),
    ],
    ids=["another is", "none is"],
)
def test_a_detection_that_is_not_on_trial_is_one_line(run, staging, text, said):
    staging.write_text(text, encoding="utf-8")

    assert run("promote", "readz") == (1, "", said)

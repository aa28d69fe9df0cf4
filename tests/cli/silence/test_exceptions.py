"""`s3watch exceptions` on moto."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from msgspec.structs import replace
from s3watch.detection.exceptions import Exceptions
from s3watch.ledger.silence.day_counts import EXACT, DayCount, count_silenced, day_key
from s3watch.ruleset import RuleException

from tests.cli.silence.conftest import TODAY
from tests.support.sensitive import NOW, make_hits, make_reads

WHY = "  owner: me@example.com\n  reason: agreed\n"
ENTRY = f"- rule: reads\n  actor: role/Analyst\n{WHY}  until: 2027-01-31\n"
AGREED = RuleException("reads", "me@example.com", "agreed", "2027-01-31", actors=("role/Analyst",))


@pytest.fixture
def listed(run, project):
    """The exceptions of a file as a program reads them, and what is noted."""

    def read(text):
        (project / "rules/exceptions.yaml").write_text(text, encoding="utf-8")
        code, out, err = run("exceptions", "rules")
        assert code == 0, err
        return [json.loads(line) for line in out.splitlines()], err

    return read


def test_an_exception_says_how_often_and_when_it_hit_last(ledger, listed):
    silenced = []
    for hit in make_hits(*make_reads(3)):
        Exceptions([replace(AGREED, rule="unexpected-access")]).apply(hit, "2026-11-20", silenced)
    count_silenced(ledger, [each._replace(by=AGREED) for each in silenced], NOW)
    (row,), err = listed(ENTRY)

    assert row == {
        "rule": "reads", "actors": ["role/Analyst"], "objects": [], "owner": "me@example.com",
        "reason": "agreed", "until": "2027-01-31", "days_left": 71, "hits": 3, "exact": True,
        "last": "2026-11-20", "state": "",
    }  # fmt: skip
    assert err == "1 exception\n"


@pytest.mark.parametrize(
    ("ago", "hits"), [(0, 2), (29, 2), (30, 0)], ids=["today", "the first of 30 days", "before"]
)
def test_hits_of_thirty_days_count(ledger, listed, ago, hits):
    day = (TODAY - timedelta(days=ago)).isoformat()
    ledger.add_to_day(day_key(AGREED, day), DayCount(more=2), NOW)

    assert [row["hits"] for row in listed(ENTRY)[0]] == [hits]


def test_more_hits_than_are_known_one_by_one_are_not_said_to_be_exact(ledger, listed):
    names = frozenset(bytes((number,)) for number in range(EXACT))
    ledger.add_to_day(day_key(AGREED, "2026-11-20"), DayCount(names, 7), NOW)
    ((row,), _) = listed(ENTRY)

    assert (row["hits"], row["exact"]) == (EXACT + 7, False)


@pytest.mark.parametrize(
    ("until", "left", "state"),
    [
        ("2026-11-20", 0, "has ended"),
        ("2026-11-21", 0, "has ended"),
        ("2026-11-22", 1, "ends soon"),
        ("2026-12-05", 14, "ends soon"),
        ("2026-12-06", 15, "no hit in 30 days"),
    ],
    ids=["yesterday", "its end", "its last day", "two weeks", "longer"],
)
def test_an_exception_says_what_somebody_has_to_look_at(listed, until, left, state):
    ((row,), _) = listed(ENTRY.replace("2027-01-31", until))

    assert (row["days_left"], row["state"]) == (left, state)


def test_those_that_need_somebody_come_first_and_are_counted(ledger, listed):
    ledger.add_to_day(day_key(AGREED, "2026-11-20"), DayCount(more=1), NOW)
    soon = ENTRY.replace("2027-01-31", "2026-11-25").replace("role/Analyst", "role/Other")
    ended = ENTRY.replace("2027-01-31", "2026-11-01").replace("role/Analyst", "role/Gone")
    rows, err = listed(ENTRY + soon + ended)

    assert [row["actors"] for row in rows] == [["role/Gone"], ["role/Other"], ["role/Analyst"]]
    assert err.splitlines()[-1] == "3 exceptions, 1 ended, 1 within 14 days of the end"


def test_a_table_shows_what_fits_a_terminal(run, project):
    (project / "rules/exceptions.yaml").write_text(ENTRY, encoding="utf-8")
    code, out, _ = run("exceptions", "rules", "--format", "table")

    assert (code, out.split()[:9]) == (
        0, ["rule", "actors", "objects", "owner", "until", "days_left", "hits", "last", "state"]
    )  # fmt: skip


def test_no_exceptions_need_no_table(s3watch, project):
    assert s3watch("exceptions", "rules") == (0, "", "0 exceptions\n")


def test_a_mistake_in_the_file_is_reported_with_its_line(run, project):
    (project / "rules/exceptions.yaml").write_text("- rule: readz\n", encoding="utf-8")
    code, out, err = run("exceptions", "rules")

    assert (code, out, "rules/exceptions.yaml:1: unknown rule `readz`; write `reads`" in err) == (1, "", True)

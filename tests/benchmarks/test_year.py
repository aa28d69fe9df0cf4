import json
from dataclasses import replace
from pathlib import Path

import pytest
from s3watch.facts.access import Access
from s3watch.sources.cloudtrail import decode

from benchmarks import ROOT
from benchmarks.year import judge, report
from benchmarks.year.__main__ import compile_company, main
from benchmarks.year.calls import Call, event_id
from benchmarks.year.judge import Year, calls_of, find_faults, run
from benchmarks.year.life import Life
from benchmarks.year.stories import STORIES

STORY = replace(STORIES[0], level="high", damage="GetObject", warned=True)
ALERT = {"alert": "one", "rule": "unexpected-read", "level": "high", "first": "2026-02-20T10:00:00Z",
         "actor": "role/x", "bucket": "hr-data", "events": ["list"]}  # fmt: skip


def test_every_call_is_a_record_of_its_time_caller_and_object():
    calls = list(calls_of(Life(pace=0.05), 62))
    for number, call in enumerate(calls):
        access = Access(decode(raw := call.write(number)), raw)
        assert (access.record.event_id, access.time, access.record.source_ip) == (
            event_id(number), int(call.time), call.by.address
        )  # fmt: skip
        assert not call.key or access.key == call.key


def test_the_calls_come_in_the_order_of_their_times():
    times = [call.time for call in calls_of(Life(pace=0.05), 60)]
    assert times == sorted(times)


def test_the_same_seed_makes_the_same_year():
    first, second, other = (list(calls_of(Life(seed, 0.05), 3)) for seed in (1, 1, 2))
    assert first == second != other


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_a_story_does_the_damage_that_it_names(story):
    events = [call.event for call in story.calls(0.0)]
    assert not story.damage or story.damage in events
    assert not story.warned or events[0] != story.damage


def test_a_story_that_is_told_before_the_damage_has_no_fault():
    assert list(find_faults(year_with(ALERT, told=10.0), STORY)) == []


@pytest.mark.parametrize(
    ("alert", "told", "fault"),
    [
        (None, 0.0, "not found"),
        (ALERT | {"level": "medium"}, 10.0, "told as medium, not high"),
        (ALERT, 100.0, "told only when the damage was done"),
    ],
    ids=["unseen", "too low", "too late"],
)
def test_a_fault_in_how_a_story_was_told_is_named(alert, told, fault):
    assert list(find_faults(year_with(alert, told), STORY)) == [fault]


def test_an_alert_about_ordinary_calls_alone_is_undue():
    ordinary = ALERT | {"events": ["usual"]}
    year = year_with(ALERT, 10.0)
    year.alerts.append(ordinary)

    assert year.undue == [ordinary]
    assert report.alerts_a_week(year) == pytest.approx(1.0)


def test_some_days_are_run_and_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    failed = main(["--days", "8", "--pace", "0.02", "--report", str(tmp_path / "year.md")])

    assert failed == ("alerts a week of ordinary life, more than 3" in capsys.readouterr().err)
    assert "| alerts a week about ordinary life | 3 |" in (tmp_path / "year.md").read_text()


def test_a_year_counts_each_record_once():
    year = run(compile_company(ROOT / "rules"), Life(pace=0.02), 3)
    assert year.records == len(list(judge.calls_of(Life(pace=0.02), 3)))


def year_with(alert: dict | None, told: float) -> Year:
    """Make a week in which STORY was told by one alert, with its damage at 100."""
    by = next(iter(STORY.calls(0.0))).by
    why = {
        "list": Call(5.0, "ListBuckets", by, why=STORY.name),
        "read": Call(100.0, "GetObject", by, why=STORY.name),
    }
    alerts = [json.loads(json.dumps(alert))] if alert else []
    return Year(7, 2, alerts, 1, {"one": told}, why)

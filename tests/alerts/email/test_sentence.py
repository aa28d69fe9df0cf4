from __future__ import annotations

from datetime import UTC
from zoneinfo import ZoneInfo

from hypothesis import given
from msgspec import structs
from s3watch.alerts.email.sentence import sentence

from tests.support.sample_alerts import STORIES, make_alert, make_evidence, wild_alerts


def test_the_first_sentence_of_every_story(golden_text):
    told = [f"{story}: {sentence(alert, UTC)}" for story, alert in STORIES.items()]
    text = "\n".join(told) + "\n"

    assert text == golden_text("email/sentences.txt", text)


def test_it_shows_local_time_beside_utc():
    assert "08:14:03 UTC (09:14:03 CET) from" in sentence(STORIES["first"], ZoneInfo("Europe/Madrid"))


def test_what_a_caller_writes_about_a_link_stays_as_it_is():
    alert = make_alert(make_evidence(key="x used from y to read"))

    assert sentence(alert, UTC).startswith('Not expected: alice@example.com read "x used from y to read"')


def test_a_use_of_a_link_that_was_denied_is_no_read():
    presigned = STORIES["presigned"].evidence
    alert = make_alert(structs.replace(presigned, outcome="denied"))

    told = "was used from 203.0.113.7 to try to read payroll/2026/q3.csv in hr-data and was denied"
    assert told in sentence(alert, UTC)


@given(wild_alerts())
def test_every_possible_sentence_is_one_visible_line(alert):
    told = sentence(alert, UTC)

    assert told.isprintable()
    assert told.endswith(".")
    assert len(told) < 2000

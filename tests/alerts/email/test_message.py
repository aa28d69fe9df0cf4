from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from s3watch.alerts.email.message import digest, render

from tests.support.sample_alerts import (
    DETECTIONS,
    STORIES,
    make_alert,
    make_evidence,
    wild_alerts,
    wild_detections,
)

CONSOLE = re.compile(r"https://[a-z0-9-]+\.console\.aws\.amazon\.com/[\w./?&=#%~-]*", re.ASCII)


def is_readable(body):
    """Check that every mail program shows it: all visible, lines of RFC 5322, links to the console only."""
    hidden = [char for char in body if unicodedata.category(char).startswith("C") and char != "\n"]
    longest = max(len(line.encode()) for line in body.split("\n"))
    own = CONSOLE.sub("", body)
    return longest <= 998 and not hidden and "http://" not in own and "https://" not in own


@pytest.mark.parametrize("story", STORIES)
def test_a_story_as_a_subscriber_reads_it(story, golden_text):
    subject, body = render(STORIES[story], DETECTIONS)
    text = f"Subject: {subject}\n\n{body}"

    assert text == golden_text(f"email/{story}.txt", text)


def test_a_digest_as_a_subscriber_reads_it(golden_text):
    subject, body = digest(list(STORIES.values()), DETECTIONS)
    text = f"Subject: {subject}\n\n{body}"

    assert text == golden_text("email/digest.txt", text)


def test_a_hostile_callers_alert_as_a_subscriber_reads_it(golden_text):
    key = "x\r\nOwner    ceo@example.com\u202e/' OR '1'='1/https://evil.example/<!here>\"| limit 1`*?\\"
    alert = make_alert(make_evidence(key=key, client="", user_agent="\x1b[2J<b>", actor="al\u200bice"))
    subject, body = render(alert, DETECTIONS)
    text = f"Subject: {subject}\n\n{body}"

    assert text == golden_text("email/hostile.txt", text)


NO_SOURCE = make_evidence(bucket="", key="", event_source="`code` *bold* [x](https://evil.example)")


@example(make_alert(NO_SOURCE, bucket=""), {})
@given(wild_alerts(), wild_detections())
def test_every_possible_message_is_readable(alert, detections):
    subject, body = render(alert, detections)

    assert len(subject) < 100
    assert is_readable(body)
    assert len(body.encode()) < 100_000


@given(st.lists(wild_alerts(), min_size=1, max_size=5), wild_detections())
def test_every_possible_digest_is_readable(alerts, detections):
    subject, body = digest(alerts, detections)

    assert len(subject) < 100
    assert is_readable(body)


def test_without_searches_a_message_ends_with_the_exception():
    _, body = render(STORIES["first"], DETECTIONS, searchable=False)

    assert body.endswith("  until: 2026-12-20\n")


@pytest.mark.parametrize(
    ("resource", "warned"),
    [("payroll-ap", True), ("arn:aws:cloudtrail:eu-west-1:111122223333:trail/audit", False)],
    ids=["an access point's name", "a trail's ARN"],
)
def test_a_message_says_what_an_exception_without_an_object_covers(resource, warned):
    evidence = make_evidence(bucket="", key="", resource=resource)

    _, body = render(make_alert(evidence, bucket=""), DETECTIONS)

    warning = "This names no object: it covers whatever else of this kind alice@example.com does."
    assert (warning in body) is warned

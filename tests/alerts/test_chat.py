from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch.alerts.alert import Review
from s3watch.alerts.chat import code, digest, notification, plain
from s3watch.alerts.chat_token import read
from s3watch.alerts.reader import Reader

from tests.support.sample_alerts import (
    DETECTIONS,
    HOSTILE,
    STORIES,
    make_alert,
    make_detection,
    make_evidence,
    wild_alerts,
    wild_detections,
)

LONG_DETECTIONS = {f"rule-{number}": make_detection(f"rule-{number}", "t" * 300) for number in range(10)}
LINE = re.compile(r"(\*[A-Z][A-Za-z ]{1,11}\* )?`[^`<>\[\]*~|]+`|\.\.\.")  # a label in bold, then only code
MARKUP = re.compile(r"[<>\[\]`*~|]|https?://|@(here|channel|everyone|team)", re.IGNORECASE)


def holds_no_foreign_markup(shown):
    """Check that a caller's text is inside code, and that titles, steps and keywords have no markup."""
    content = shown["content"]
    texts = [
        content["title"],
        *content.get("nextSteps", []),
        *content.get("keywords", []),
        shown["metadata"]["summary"],
    ]
    lines = content["description"].split("\n")
    return all(map(LINE.fullmatch, lines)) and not any(map(MARKUP.search, texts))


def is_within_limits(shown):
    """Check the documented limits of custom notifications."""
    content = shown["content"]
    return (
        0 < len(content["description"]) <= 8000
        and len(content["title"]) <= 250
        and all(0 < len(step) <= 350 for step in content.get("nextSteps", []))
        and all(0 < len(keyword) <= 75 for keyword in content.get("keywords", []))
    )


@pytest.mark.parametrize("story", ["presigned", "rollup"])
def test_a_story_as_a_channel_shows_it(story, golden_text):
    text = json.dumps(notification(STORIES[story], DETECTIONS), indent=2) + "\n"

    assert text == golden_text(f"chat/{story}.json", text)


BUTTONS = Reader(stack="hr-prod", chat_key=b"k" * 32)


def test_a_message_of_a_stack_with_buttons_says_what_they_judge():
    alert = STORIES["first"]
    metadata = notification(alert, DETECTIONS, BUTTONS)["metadata"]

    assert metadata["enableCustomActions"] is True
    assert metadata["additionalContext"].keys() == {"stack", "alert"}
    assert metadata["additionalContext"]["stack"] == "hr-prod"
    assert read(metadata["additionalContext"]["alert"], BUTTONS.chat_key) == (alert.id, alert.sequence)


def test_what_is_judged_and_what_lists_many_has_nothing_to_press():
    told = [notification(STORIES["closed-judged"], DETECTIONS, BUTTONS), digest([make_alert()], {}, BUTTONS)]

    assert [each["metadata"].keys() & {"additionalContext"} for each in told] == [set(), set()]


def test_a_digest_as_a_channel_shows_it(golden_text):
    text = json.dumps(digest(list(STORIES.values()), DETECTIONS), indent=2) + "\n"

    assert text == golden_text("chat/digest.json", text)


def test_the_messages_of_a_group_share_a_thread():
    threads = {
        notification(STORIES[story], DETECTIONS)["metadata"]["threadId"] for story in ("first", "rollup")
    }

    assert threads == {"01KAG3Z5B0M4YQ8ZJ1T6W9XH2V"}


@given(wild_alerts(), wild_detections())
def test_no_alert_shows_a_callers_markup_in_a_channel(alert, detections):
    shown = notification(alert, detections)

    assert holds_no_foreign_markup(shown)
    assert is_within_limits(shown)


@given(st.lists(wild_alerts(), min_size=1, max_size=4), wild_detections())
def test_no_digest_shows_a_callers_markup_in_a_channel(alerts, detections):
    shown = digest(alerts, detections)

    assert holds_no_foreign_markup(shown)
    assert is_within_limits(shown)


def test_a_long_digest_counts_the_rest_by_principal():
    shown = digest([make_alert(make_evidence(key="k" * 1024, principal="user/eve"))] * 400, {})

    assert is_within_limits(shown)
    assert shown["content"]["description"].endswith("\n`and 360 more of user/eve`")


def test_a_long_description_is_cut_at_the_end_of_a_line():
    review = Review(action="opened", before=("b" * 200,) * 8, after=("a" * 200,) * 8)
    evidence = make_evidence(review=review, error_message="e" * 300)
    alert = make_alert(evidence, keys=("k" * 300,) * 5, distinct_keys=5, rules=tuple(LONG_DETECTIONS))
    shown = notification(alert, LONG_DETECTIONS)

    assert is_within_limits(shown)
    assert shown["content"]["description"].endswith("`\n...")


def test_a_digest_gives_the_first_step_of_the_worst_detections():
    shown = digest([STORIES["first"], STORIES["trail-stopped"]], DETECTIONS)

    assert shown["content"]["nextSteps"] == [
        "trail-stopped: Start the trail again: aws cloudtrail start-logging --name NAME",
        "unexpected-read: Ask the person, or the role's owner, about this read.",
        "If one of them was right, with its id: s3watch verdict ID expected",
    ]


@pytest.mark.parametrize("text", HOSTILE)
def test_text_cannot_break_out_of_code(text):
    assert code(text).count("`") == 2


def test_a_title_mentions_nobody():
    assert plain("<@U123> <!here> @channel a@example.com") == "(@U123) (!here) (at)channel a@example.com"

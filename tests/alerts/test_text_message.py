from __future__ import annotations

import pytest
from hypothesis import given
from s3watch.alerts.sns_message import fit_text_message, text_message

from tests.support.sample_alerts import STORIES, wild_alerts

# The ASCII characters that take one place in the GSM alphabet
GSM = frozenset("@$_ !\"#%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")


@pytest.mark.parametrize(
    ("story", "text"),
    [
        ("first", "s3watch HIGH payroll: alice@example.com read payroll/2026/q3.csv (unexpected)"),
        ("denied", "s3watch MEDIUM payroll: user/bob tried to read payroll/2026/board/bonus.xlsx (denied)"),
        ("trail-stopped", "s3watch CRITICAL CloudTrail: root stopped trail org-trail in 111122223333"),
        (
            "rollup",
            "s3watch HIGH payroll: alice@example.com read 57 objects 1,204 times (so far, unexpected)",
        ),
    ],
    ids=["first", "denied", "trail stopped", "roll-up"],
)
def test_a_text_message_says_who_did_what_to_what(story, text):
    assert text_message(STORIES[story]) == text


@given(wild_alerts())
def test_every_possible_text_message_fits_and_is_visible(alert):
    text = text_message(alert)

    assert len(text) <= 140
    assert set(text) <= GSM


def test_brackets_become_single_gsm_characters():
    assert fit_text_message("[HIGH] a~b" + "x" * 200) == "(HIGH) a-b" + "x" * 130

from __future__ import annotations

from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from s3watch.alerts.reader import Analytics, Reader
from s3watch.alerts.searches.section import section

from tests.support.sample_alerts import STORIES, make_alert, make_evidence


@pytest.mark.parametrize("analytics", get_args(Analytics))
def test_a_reader_is_offered_what_can_be_run_there(analytics: Analytics, golden_text):
    parts = section(STORIES["denied"], Reader(ZoneInfo("Europe/Amsterdam"), analytics))
    text = "\n\n".join("\n".join(part) for part in parts) + "\n"

    assert text == golden_text(f"email/searches-{analytics}.txt", text)


def test_there_is_no_section_without_a_search():
    nobody = make_evidence(actor="", principal="", ip="", bucket="", key="", event_name="")

    assert section(make_alert(nobody), Reader()) == []

from __future__ import annotations

import msgspec
import pytest
from s3watch.alerts.alert import Alert

from tests.support.sample_alerts import make_alert

FIRST = make_alert()


@pytest.mark.parametrize(
    ("kind", "is_summary"),
    [("first", False), ("worse", False), ("reopened", False), ("rollup", True), ("closed", True)],
    ids=["first", "worse", "reopened", "rollup", "closed"],
)
def test_roll_ups_and_the_last_message_are_summaries(kind: str, is_summary: bool):
    assert msgspec.structs.replace(FIRST, kind=kind).is_summary == is_summary


def test_an_alert_survives_a_round_trip_through_json():
    assert msgspec.json.decode(msgspec.json.encode(FIRST), type=Alert) == FIRST

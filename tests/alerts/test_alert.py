from __future__ import annotations

import msgspec
import pytest
from s3watch.alerts.alert import Alert

from tests.support.sample_alerts import make_alert

FIRST = make_alert()


@pytest.mark.parametrize(
    ("kind", "is_summary"),
    [("first", False), ("reopened", False), ("rollup", True), ("closed", True)],
    ids=["first", "reopened", "rollup", "closed"],
)
def test_roll_ups_and_the_end_add_up_and_the_others_show_one_access(kind: str, is_summary: bool):
    assert msgspec.structs.replace(FIRST, kind=kind).is_summary == is_summary


def test_an_alert_survives_being_written_as_json():
    assert msgspec.json.decode(msgspec.json.encode(FIRST), type=Alert) == FIRST

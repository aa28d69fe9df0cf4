from __future__ import annotations

import pytest
import yaml
from s3watch.alerts.email.expected_entry import expected_entry, who_else

from tests.support.sample_alerts import DETECTIONS, STORIES, make_alert, make_evidence

ROLE = "role/AWSReservedSSO_Analyst_0123456789abcdef"


@pytest.mark.parametrize(
    ("alert", "entry"),
    [
        (STORIES["first"], {"principal": ROLE, "do": "read"}),
        (STORIES["copy"], {"principal": "444455556666:role/etl", "do": "read"}),
        (STORIES["several-at-once"], {"principal": "user/eve", "do": ["delete", "read", "write"]}),
        (
            make_alert(make_evidence(principal="role/app", vpce="vpce-0a1b2c3d")),
            {"principal": "role/app", "do": "read", "network": "vpce-0a1b2c3d"},
        ),
    ],
    ids=["a read", "another account", "several operations", "an endpoint"],
)
def test_the_entry_expects_what_was_done_and_no_more(alert, entry):
    assert yaml.safe_load("\n".join(expected_entry(alert, DETECTIONS))) == [entry]


@pytest.mark.parametrize(
    "story", ["denied", "anonymous", "batch-delete", "federation-token", "trail-stopped"]
)
def test_there_is_no_entry_where_none_would_end_such_alerts(story):
    assert expected_entry(STORIES[story], DETECTIONS) == []


def test_a_role_of_identity_center_lets_in_everyone_who_has_it():
    words = f"This makes everyone who has {ROLE} expected, not alice@example.com alone."

    assert (who_else(STORIES["first"]), who_else(STORIES["copy"])) == (words, "")

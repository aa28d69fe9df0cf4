from __future__ import annotations

import pytest
from s3watch.earlier import LEARNING, UNKNOWN, Earlier, judge, window_of

DAY = 4  # windows


@pytest.mark.parametrize(
    ("latest", "earlier"),
    [
        ({}, UNKNOWN),
        ({"label": None, "network": None, "client": None}, UNKNOWN),
        ({"label": 2 * DAY, "network": None}, Earlier(first_seen=False, last_seen_days=1)),
        ({"label": None, "client": 0}, Earlier(new_client=False)),
    ],
    ids=["nothing asked", "nothing seen", "seen to the label", "seen by the client"],
)
def test_while_it_learns_only_what_was_seen_is_known(latest, earlier):
    assert judge(3 * DAY, 0, latest) == earlier


@pytest.mark.parametrize(
    ("latest", "earlier"),
    [
        ({"label": None, "network": None, "client": None}, Earlier(True, None, True, True)),
        ({"label": LEARNING - 1, "network": 0, "client": 0}, Earlier(False, 0, False, False)),
        ({"label": LEARNING - DAY, "client": None}, Earlier(False, 1, None, True)),
        ({"network": None}, Earlier(new_network=True)),
    ],
    ids=["all new", "nothing new", "another client", "no label"],
)
def test_once_it_has_learned_what_was_not_seen_is_new(latest, earlier):
    assert judge(LEARNING, 0, latest) == earlier


def test_windows_are_of_six_hours_from_midnight():
    midnight = 1795132800.0  # 2026-11-20T00:00:00Z
    times = (midnight - 1, midnight, midnight + 6 * 3600 - 1, midnight + 6 * 3600)

    assert [window_of(time) - window_of(midnight) for time in times] == [-1, 0, 0, 1]

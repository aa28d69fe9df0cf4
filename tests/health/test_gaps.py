from __future__ import annotations

from datetime import UTC

import pytest
from msgspec.structs import replace
from s3watch.health.gaps import Gap, Recording, find_gap, find_stall
from s3watch.health.parts import Trail

NOW = 1795162443.0
STARTED = NOW - 86400
BEFORE = Recording("s3watch", STARTED)
TRAIL = Trail("s3watch", started=STARTED, delivered=NOW - 600)


@pytest.mark.parametrize(
    ("before", "started", "stopped", "is_gap"),
    [
        (BEFORE, NOW - 600, NOW - 1800, True),
        (Recording("s3watch"), NOW - 600, NOW - 1800, True),
        (BEFORE, STARTED, 0, False),
        (BEFORE, STARTED, STARTED - 3600, False),
        (BEFORE, STARTED, NOW - 1800, False),
        (BEFORE, NOW - 600, 0, False),
        (Recording(), NOW - 600, NOW - 1800, False),
        (Recording("another", STARTED), NOW - 600, NOW - 1800, False),
        (Recording("s3watch"), NOW - 600, 0, False),
    ],
    ids=[
        "stopped and started",
        "since a check that was told no time",
        "never stopped",
        "stopped before",
        "stopped still",
        "started again, and never stopped",
        "before the first check",
        "of another trail",
        "started for the first time",
    ],
)
def test_a_gap_is_what_began_and_ended_since_the_check_before(before, started, stopped, is_gap):
    found = find_gap(before, replace(TRAIL, started=started, stopped=stopped), NOW)

    assert found == (Gap("s3watch", stopped, started, NOW) if is_gap else None)


@pytest.mark.parametrize(
    ("changes", "stalls"),
    [
        ({"delivered": NOW - 3 * 3600}, False),
        ({"delivered": NOW - 3 * 3600 - 1}, True),
        ({"delivered": NOW - 86400, "started": NOW - 3600}, False),
        ({"delivered": NOW - 86400, "is_logging": False}, False),
        ({"delivered": NOW - 86400, "is_there": False}, False),
        ({"delivered": NOW - 86400, "delivery_error": "AccessDenied"}, False),
        ({"delivered": 0}, False),
    ],
    ids=["three hours", "more", "started again", "stopped", "gone", "told by its error", "unknown"],
)
def test_a_trail_stalls_if_it_should_have_written_a_file(changes, stalls):
    assert bool(list(find_stall(replace(TRAIL, **changes), NOW, UTC))) == stalls


def test_what_is_said_of_a_stalled_trail_names_the_time_of_its_last_file():
    (problem,) = find_stall(replace(TRAIL, delivered=NOW - 4 * 3600), NOW, UTC)

    assert problem.what == (
        "the trail s3watch has written no log file since 2026-11-20 04:14 UTC, although it is to record the"
        " canary each hour: what only log files bring is not alerted"
    )

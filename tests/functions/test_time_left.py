"""How long enriching may take, against the time that the functions which do it leave for it."""

from __future__ import annotations

import pytest
from s3watch.aws.clients import BRIEF_CONFIG, LOOK_UP_CONFIG
from s3watch.aws.enrichment.event_history import PAGES
from s3watch.enrichment.patience import MOST_WAITED

from functions.detect import app as detect
from functions.scan_logs import app as scan_logs
from functions.sweep import app as sweep

LEDGER = 20  # seconds that a slow one may take besides: two attempts


@pytest.mark.parametrize(
    ("left", "besides"),
    [(detect.TO_RECORD / 1000, LEDGER), (scan_logs.TO_HAND_BACK / 1000, LEDGER), (sweep.LEFT, 0)],
    ids=["Detect", "ScanLogs", "Sweep"],
)
def test_the_time_that_a_function_leaves_is_enough_for_the_slowest_sources(left: float, besides: int):
    calls = [PAGES * (LOOK_UP_CONFIG.connect_timeout + LOOK_UP_CONFIG.read_timeout)]
    calls.append(BRIEF_CONFIG.connect_timeout + BRIEF_CONFIG.read_timeout)

    assert left >= MOST_WAITED + max(calls) + besides

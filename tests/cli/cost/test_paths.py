"""What an event costs on its way, and that the goals are reached where the docs say so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch_cli.cost import paths, prices
from s3watch_cli.cost.paths import event_path, log_path, receives
from s3watch_cli.cost.tables import MONTHS

from tests.support.cloudformation import deploy

STACK = deploy("template.yaml", WatchedBuckets="hr-data")
shares = st.floats(0, 1)


def test_the_paths_have_the_settings_of_the_template():
    mapping = STACK["DetectQueue"]

    assert (mapping["BatchSize"], mapping["MaximumBatchingWindowInSeconds"]) == (paths.BATCH, paths.WINDOW)
    assert STACK["Detect"]["MemorySize"] == paths.MEMORY
    assert STACK["ScanLogs"]["MemorySize"] == paths.SCAN_MEMORY
    assert STACK["Detect"]["Architectures"] == ["arm64"]


def test_all_queues_that_lambda_polls_are_counted():
    mappings = STACK.of("AWS::Lambda::EventSourceMapping").values()

    assert sum("Queue" in str(one["EventSourceArn"]) for one in mappings) == paths.QUEUES


@pytest.mark.parametrize("function", ["Detect", "ScanLogs"], ids=str)
def test_lambda_logs_no_lines_of_its_own(function):
    assert STACK[function]["LoggingConfig"]["SystemLogLevel"] == "WARN"


@pytest.mark.parametrize(
    ("rate", "requests"),
    [(1e-9, 0.5), (0.05, 0.516), (0.25, 0.582), (2.5, 0.9), (1000, 1)],
    ids=["seldom", "every 20 s", "one for each poll", "ten for each poll", "always"],
)
def test_an_event_that_ends_a_poll_early_adds_half_a_request_and_one_that_finds_none_waiting_a_whole(
    rate, requests
):
    assert receives(rate) == pytest.approx(requests, abs=0.001)


@given(st.floats(1e-12, 1e6))
def test_a_receive_is_never_more_than_a_request_and_never_less_than_half(rate):
    assert 0.5 - 1e-6 <= receives(rate) <= 1


@given(st.floats(1, 1e10), shares, shares)
def test_what_passes_less_never_costs_more(events, one, other):
    few, many = (event_path(events, events * share) for share in sorted((one, other)))

    assert few.low <= many.low * (1 + 1e-9)
    assert few.high <= many.high * 1.05  # a larger batch may make the more of them a little cheaper


def test_of_events_that_are_not_passed_on_the_hits_are_left():
    assert event_path(1e6, 0).high == pytest.approx(paths.alerts(1e6))


def each(cost: paths.Cost, events: float) -> float:
    return cost.high * 1e6 / events


@pytest.mark.parametrize("events", [1e5, *MONTHS, 1e10], ids=str)
def test_with_six_of_a_hundred_passed_on_the_bus_is_under_a_tenth_of_a_dollar_a_million(events):
    assert each(event_path(events, events * 0.0595), events) < 0.10


@pytest.mark.parametrize("events", [1e6, *MONTHS, 1e10], ids=str)
def test_log_files_are_under_a_twentieth_of_a_dollar_a_million(events):
    assert each(log_path(events), events) < 0.05


def test_a_longer_window_would_save_little_because_requests_to_the_queue_are_what_costs(monkeypatch):
    monkeypatch.setattr(paths, "WINDOW", 60)
    patient = event_path(1e8)
    monkeypatch.undo()

    saved = 1 - patient.high / event_path(1e8).high
    assert saved < 0.03
    assert prices.QUEUE_REQUESTS.of(2e8) / event_path(1e8).high > 0.9

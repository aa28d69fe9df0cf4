from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch.errors import SettingError
from s3watch_cli.cost import model, prices
from s3watch_cli.cost.report import (
    BEGIN,
    END,
    TARGETS,
    render,
    rows,
    show_assumptions,
    show_costs,
    show_prices,
    write,
)
from s3watch_cli.cost.tables import MONTHS

from tests.support.cloudformation import deploy
from tests.support.project import ROOT

STACK = deploy("template.yaml", WatchedBuckets="hr-data")


def by_option(events: float, buckets: int = 10) -> dict[str, tuple[float, float]]:
    return {cost.option: (round(cost.low, 2), round(cost.high, 2)) for cost in model.monthly(events, buckets)}


def test_the_model_counts_the_alarms_of_the_template():
    assert len(STACK.of("AWS::CloudWatch::Alarm")) == pytest.approx(model.ALARMS, rel=0.2)


def test_the_bytes_are_those_of_the_sample_events():
    events = [json.loads(path.read_text(encoding="utf-8")) for path in (ROOT / "events").glob("*.json")]
    single = [event for event in events if "eventVersion" in event.get("detail", {})]
    sizes = [len(json.dumps(event, separators=(",", ":"))) for event in single]
    records = [len(json.dumps(event["detail"], separators=(",", ":"))) for event in single]

    assert sum(sizes) / len(sizes) == pytest.approx(model.EVENT_BYTES, rel=0.1)
    assert sum(records) / len(records) == pytest.approx(model.RECORD_BYTES, rel=0.1)


@given(st.floats(1, 1e10), st.integers(1, 1000))
def test_at_least_is_never_more_than_at_most(events, buckets):
    assert all(0 <= cost.low <= cost.high for cost in model.monthly(events, buckets))


@given(st.floats(1, 1e10))
def test_ten_times_the_events_never_cost_less(events):
    few, many = model.monthly(events), model.monthly(10 * events)

    assert all(one.low <= other.low * (1 + 1e-9) for one, other in zip(few, many, strict=True))


def test_cloudtrail_is_charged_by_the_event():
    assert by_option(1e6)["trail"] == (1.09, 1.09)


def test_management_events_are_free_once_and_charged_as_a_further_copy():
    assert by_option(1e6)["management-events"] == (0, 2.0)
    [row] = rows([1e6], options=["management-events"], management=3e6)

    assert row == {
        "option": "management-events",
        "1 M": "0.00 - 60.00",
        "what": ("TrailAlsoRecords=management: 3,000,000 write management events; free as the first copy"),
    }


def test_requests_to_the_queue_are_most_of_the_fast_path():
    low, _ = by_option(1e8)["events"]

    assert prices.QUEUE_REQUESTS.of(1e8 * 1.2) / low > 0.95


def test_log_files_stay_under_their_figure_in_any_month():
    paths = {(events, cost.option): cost for events in MONTHS for cost in model.per_million(events)}

    assert all(paths[events, "log-files"].high < TARGETS["log-files"] for events in MONTHS)


def test_the_fast_path_reaches_its_figure_where_batches_are_full_and_else_does_not():
    paths = [cost for events in MONTHS for cost in model.per_million(events) if cost.option == "events"]

    assert all(cost.low < TARGETS["events"] < cost.high for cost in paths)


def test_without_events_alarms_metrics_and_polling_are_left():
    polls = prices.QUEUE_REQUESTS.of(4 * 5 * 30 * 86400 / 20)
    low, high = by_option(1)["standing"]

    assert round(polls, 2) == 1.04
    assert 39 * 0.1 + polls + 6 * 0.3 < low < high < 39 * 0.1 + polls + 25 * 0.3


def test_request_metrics_are_charged_by_the_bucket():
    assert by_option(1e6, buckets=1)["request-metrics"] == (0.2, 5.0)


def test_guardduty_is_half_price_beyond_500_million():
    assert by_option(1e9)["guardduty"] == (600, 600)


def test_a_row_has_a_column_for_each_month():
    [row] = rows([1e6, 1e9], options=["guardduty"])

    assert row == {
        "option": "guardduty",
        "1 M": "0.80",
        "1000 M": "600",
        "what": "outside s3watch: S3 protection",
    }


def test_the_total_is_of_what_a_deployment_has_by_default():
    on = ("trail", "management-events", "events", "log-files", "standing")
    costs = [cost for cost in model.monthly(1e6, 3) if cost.option in on]
    low, high = sum(cost.low for cost in costs), sum(cost.high for cost in costs)
    *_, total = rows([1e6], 3)

    assert total == {
        "option": "total",
        "1 M": f"{low:.2f} - {high:.2f}",
        "what": "of what is on by default: trail, management-events, events, log-files, standing",
    }


def test_the_total_of_chosen_options_is_of_these():
    *_, total = rows([1e6], options=["guardduty", "macie"])

    assert total == {"option": "total", "1 M": "1.80", "what": "of guardduty, macie"}


def test_an_option_that_is_not_there_is_reported_with_the_nearest():
    with pytest.raises(SettingError, match="unknown option acess-logs; write `access-logs`"):
        show_costs(None, 10, ["acess-logs"], form="ndjson")


def test_a_price_without_a_source_says_that_it_is_to_be_checked(capfd):
    show_prices(form="ndjson")
    shown = {row["unit"]: row["source"] for row in map(json.loads, capfd.readouterr().out.splitlines())}

    assert shown["data events, for each trail"] == "https://aws.amazon.com/cloudtrail/pricing/"
    assert shown["Lambda invocations"] == "check"


def test_assumptions_say_which_of_them_were_measured(capfd):
    show_assumptions(form="ndjson")
    shown = [json.loads(line) for line in capfd.readouterr().out.splitlines()]

    assert {row["from"] for row in shown} == {
        "assumed", "measured", "measured over events/", "measured over 40 recorded ones", "template.yaml"
    }  # fmt: skip


def test_the_tables_of_the_docs_are_those_of_the_model():
    page = (ROOT / "docs/deploying.md").read_text(encoding="utf-8")

    assert page.partition(BEGIN)[2].partition(END)[0].strip() == render().strip(), (
        "docs/deploying.md is stale: run make generate"
    )


def test_writing_the_tables_leaves_the_rest_of_the_page(tmp_path):
    page = tmp_path / "deploying.md"
    page.write_text(f"before\n\n{BEGIN}old\n{END}\nafter\n", encoding="utf-8")

    write(page)
    write(page)

    assert page.read_text(encoding="utf-8") == f"before\n\n{BEGIN}\n{render()}\n{END}\nafter\n"

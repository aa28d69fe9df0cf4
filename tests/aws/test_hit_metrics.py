from __future__ import annotations

import json
from typing import Any

import pytest
from s3watch.aws import hit_metrics
from s3watch.detection.matcher import Hit
from s3watch.facts.access import Access
from s3watch.facts.extraction import extract
from s3watch.ruleset import Condition, Detection, Label
from s3watch.settings import hit_metrics_enabled
from s3watch.sources.cloudtrail import decode

from tests.support.cloudtrail import as_bytes, make_record


def make_access(*labels: str, of_bucket: tuple[str, ...] = ()) -> Access:
    raw = as_bytes(make_record())
    access = extract(decode(raw), raw)[0]
    access.labels = tuple(map(Label, labels))
    access.bucket_labels = tuple(map(Label, of_bucket))
    return access


def make_hit(access: Access, *rules: str) -> Hit:
    detections = (Detection(rule, rule, "high", Condition("exists", values=("true",))) for rule in rules)
    return Hit(access, tuple(detections))


HITS = [
    make_hit(make_access("payroll", "hr"), "unexpected-access", "presigned-read"),
    make_hit(make_access("payroll"), "unexpected-access"),
    make_hit(make_access(of_bucket=("payroll",)), "bucket-policy-opened"),
]


def test_hits_are_counted_by_detection_and_by_label():
    assert hit_metrics.tally(HITS) == {
        ("rule", "unexpected-access"): 2,
        ("rule", "presigned-read"): 1,
        ("rule", "bucket-policy-opened"): 1,
        ("label", "payroll"): 3,
        ("label", "hr"): 1,
    }


def test_correlations_that_fired_are_counted_by_detection_only():
    fired = make_hit(make_access("payroll"), "many-deleted")

    assert hit_metrics.tally(HITS[:1], [fired, fired]) == {
        ("rule", "unexpected-access"): 1,
        ("rule", "presigned-read"): 1,
        ("rule", "many-deleted"): 2,
        ("label", "payroll"): 1,
        ("label", "hr"): 1,
    }


def metrics(printed: str) -> list[tuple[dict[str, str], float]]:
    """Return the metrics that CloudWatch extracts from the lines: dimensions, value."""
    found = []
    for line in map(json.loads, printed.splitlines()):
        [directive] = line["_aws"]["CloudWatchMetrics"]
        [dimensions] = directive["Dimensions"]
        assert (directive["Namespace"], directive["Metrics"][0]["Name"]) == ("S3Watch", "Hits")
        found.append(({name: line[name] for name in sorted(dimensions)}, line["Hits"][0]))
    return found


def test_each_count_is_a_metric_of_the_stack(monkeypatch: pytest.MonkeyPatch, capsys: Any):
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "s3watch")

    hit_metrics.publish(HITS[1:2])

    assert metrics(capsys.readouterr().out) == [
        ({"rule": "unexpected-access", "service": "s3watch"}, 1),
        ({"label": "payroll", "service": "s3watch"}, 1),
    ]


def test_without_hits_nothing_is_written(capsys: Any):
    hit_metrics.publish([])

    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("environment", "measured"),
    [({}, False), ({"S3WATCH_HIT_METRICS": "false"}, False), ({"S3WATCH_HIT_METRICS": "true"}, True)],
    ids=["by default", "switched off", "switched on"],
)
def test_hit_metrics_are_enabled_by_the_template(environment: dict[str, str], measured: bool):
    assert hit_metrics_enabled(environment) is measured

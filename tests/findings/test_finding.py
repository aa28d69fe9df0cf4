from __future__ import annotations

import pytest
from msgspec.structs import replace
from s3watch.errors import RecordError
from s3watch.findings.finding import MOST_LINE, MOST_LINES, Finding, Target, lines, required

FOUND = Finding(
    service="IAM Access Analyzer", kind="exposure", id="f1", type="external access", severity="medium",
    thread="t", stamp="1", updated=100.0, targets=(Target("hr-data"),),
)  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "adds"),
    [
        ({"stamp": "1", "severity": "high"}, False), ({}, False), ({"updated": 99.0, "count": 5}, False),
        ({"severity": "high"}, True), ({"severity": "low"}, True), ({"count": 2}, True),
        ({"state": "resolved"}, True), ({"targets": (Target("hr-data", "k"),)}, True),
        ({"targets": ()}, False),
    ],
    ids=["a copy", "told again", "older", "graver", "milder", "more often", "over", "elsewhere", "of less"],
)  # fmt: skip
def test_an_update_adds_something_or_does_not(changes, adds):
    assert replace(FOUND, **{"stamp": "2"} | changes).adds_to(FOUND) is adds


def test_what_is_over_adds_nothing_to_what_was_over():
    over = replace(FOUND, state="resolved")

    assert not replace(over, stamp="2", state="deleted", count=9).adds_to(over)


def test_a_rule_is_named_by_its_service():
    assert FOUND.rule == "iam-access-analyzer-finding"


def test_details_are_bounded():
    told = lines(["", *("x" * 1000 for _ in range(100))])

    assert (len(told), {len(line) for line in told}) == (MOST_LINES, {MOST_LINE})


def test_what_a_finding_can_not_do_without_is_named():
    with pytest.raises(RecordError, match="a finding without a bucket"):
        required("a bucket", "")

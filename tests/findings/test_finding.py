from __future__ import annotations

import pytest
from msgspec.structs import replace
from s3watch.errors import RecordError
from s3watch.findings.finding import MOST_LINE, MOST_LINES, Finding, Target, lines, required

FOUND = Finding(
    service="IAM Access Analyzer", kind="exposure", id="f1", type="external access", severity="medium",
    thread="t", revision="1", updated=100.0, targets=(Target("hr-data"),),
)  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "adds"),
    [
        ({"revision": "1", "severity": "high"}, False), ({}, False), ({"updated": 99.0, "count": 5}, False),
        ({"severity": "high"}, True), ({"severity": "low"}, True), ({"count": 2}, True),
        ({"state": "resolved"}, True), ({"targets": (Target("hr-data", "k"),)}, True),
        ({"targets": ()}, False),
    ],
    ids=[
        "copy", "nothing new", "older", "more severe", "less severe", "higher count", "closed",
        "more targets", "fewer targets",
    ],
)  # fmt: skip
def test_an_update_adds_something_new_or_does_not(changes, adds):
    assert replace(FOUND, **{"revision": "2"} | changes).adds_to(FOUND) is adds


def test_a_closed_finding_adds_nothing_to_a_closed_one():
    closed = replace(FOUND, state="resolved")

    assert not replace(closed, revision="2", state="deleted", count=9).adds_to(closed)


def test_a_findings_rule_is_named_after_its_service():
    assert FOUND.rule == "iam-access-analyzer-finding"


def test_details_are_bounded():
    kept = lines(["", *("x" * 1000 for _ in range(100))])

    assert (len(kept), {len(line) for line in kept}) == (MOST_LINES, {MOST_LINE})


def test_a_missing_required_member_is_named():
    with pytest.raises(RecordError, match="a finding without a bucket"):
        required("a bucket", "")

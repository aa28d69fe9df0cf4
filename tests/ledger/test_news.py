from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace
from s3watch.alerts.alert import News
from s3watch.ledger.groups import MOST_NAMES, Group
from s3watch.ledger.news import by_gravity, news_of, urgent_kind

from tests.support.hits import EVIDENCE, add, make_group, make_tally, open_first
from tests.support.sensitive import NOW


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        pytest.param({}, None, id="the same again"),
        pytest.param({"act": "list"}, None, id="a lesser act"),
        pytest.param({"act": "write"}, "worse", id="a graver act"),
        pytest.param({"act": "delete"}, "worse", id="a deletion"),
        pytest.param({"act": "opened", "target": "everyone"}, "worse", id="an opening"),
        pytest.param({"level": "critical"}, "worse", id="a higher severity"),
        pytest.param({"level": "low"}, None, id="a lower severity"),
        pytest.param({"rules": ("other",), "alarming": ("other",)}, "worse", id="another detection at high"),
        pytest.param({"rules": ("other",), "alarming": ()}, None, id="another detection below high"),
        pytest.param({"keys": ("payroll/new.csv",), "ips": ("198.51.100.9",)}, None, id="another object"),
        pytest.param({"labels": ("tax",)}, None, id="another label"),
    ],
)
def test_after_a_read_was_reported_this_waits_or_not(changes: dict[str, Any], kind: str | None):
    assert urgent_kind(make_group(), make_tally(**changes)) == kind


def test_the_first_hits_of_a_group_do_not_wait():
    group = replace(make_group(), sequence=0)

    assert urgent_kind(group, make_tally()) == "first"


def after(*acts: tuple[str, str]) -> Group:
    group = make_group()
    for act, target in acts:
        group, _ = add(group, make_tally(act=act, target=target), NOW)
    return group


@pytest.mark.parametrize(
    ("act", "target", "kind"),
    [
        ("opened", "PutBucketPolicy 444455556666", None),
        ("opened", "PutBucketPolicy everyone", "worse"),
        ("protection", "PutBucketLifecycle", "worse"),
        ("copy-out", "CopyObject elsewhere", "worse"),
        ("delete", "", "worse"),
        ("read", "", None),
    ],
    ids=["the same grantee", "another grantee", "protection", "a copy out", "a deletion", "a read"],
)
def test_bait_that_looks_gravest_hides_no_other_lasting_act(act: str, target: str, kind: str | None):
    baited = after(("opened", "PutBucketPolicy 444455556666"))

    assert urgent_kind(baited, make_tally(act=act, target=target)) == kind


def test_what_was_only_tried_is_never_graver():
    denied = replace(EVIDENCE, outcome="denied")
    group = make_group(evidence=denied)

    assert urgent_kind(group, make_tally(evidence=replace(denied, act="delete"), acts=("delete",))) is None


def test_news_are_what_no_message_has_said():
    group, _ = add(make_group(3), make_tally(2, act="list", rules=("listing",), alarming=(), labels=("tax",)))

    assert news_of(group) == News(acts=(("list", 2),), rules=("listing",), labels=("tax",))


def test_acts_come_by_gravity_then_by_number():
    acts = {"read": 40, "copy-out": 1, "list": 90, "delete": 2, "write": 1, "other": 3}

    assert [act for act, _ in by_gravity(acts)] == ["delete", "copy-out", "other", "write", "read", "list"]


def test_graver_acts_after_one_of_a_higher_severity_are_urgent_once():
    group = add(make_group(level="critical"), make_tally(act="delete"))[0]

    assert urgent_kind(group, make_tally(act="delete")) is None


def test_more_detections_than_a_group_keeps_are_told_by_roll_ups():
    names = tuple(f"detection-{number}" for number in range(MOST_NAMES + 1))
    tally = make_tally(rules=names, alarming=names)

    assert urgent_kind(open_first(tally)[0], tally) is None

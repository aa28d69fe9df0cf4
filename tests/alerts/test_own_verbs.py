from __future__ import annotations

from typing import get_args

import pytest
import yaml
from s3watch.alerts.own_verbs import OWN_PARTS, TYPES
from s3watch.alerts.verbs import name_parts, name_service, verbs
from s3watch.facts.requests.own_parts import Kind

from tests.support.project import RULES

OURS = ("own-part-disabled", "own-stack-updated")


def events_of(rule: str) -> set[str]:
    """The events that a detection names."""
    detection = yaml.safe_load((RULES / "detections" / f"{rule}.yml").read_bytes())["detection"]
    named = [
        part["eventName"] for part in detection.values() if isinstance(part, dict) and "eventName" in part
    ]
    return {name for each in named for name in ([each] if isinstance(each, str) else each)}


def test_messages_have_words_for_every_call_that_a_detection_names_and_for_no_other():
    assert set(OWN_PARTS) == {name for rule in OURS for name in events_of(rule)}


def test_every_kind_of_part_has_a_type_for_machines():
    assert tuple(TYPES) == get_args(Kind)


def test_a_call_is_reported_by_one_detection():
    assert events_of(OURS[0]) & events_of(OURS[1]) == set()


@pytest.mark.parametrize(
    ("part", "service"), [("rule", "s3watch"), ("", "CloudTrail")], ids=["ours", "a trail"]
)
def test_what_a_message_is_about_if_not_a_bucket(part: str, service: str):
    assert name_service(part) == service


@pytest.mark.parametrize(
    ("resource", "kind", "name"),
    [
        ("s3watch-Errors-1A2B", "alarm", "s3watch-Errors-1A2B"),
        ("s3watch-Errors-1A2B,s3watch-Dead-1A2B", "alarm", "s3watch-Errors-1A2B and 1 other"),
        ("s3watch-A,s3watch-B,s3watch-C", "alarm", "s3watch-A and 2 others"),
        ("s3watch-A (all),s3watch-B", "alarm", '"s3watch-A (all)" and 1 other'),
        ("a,b", "", "a,b"),
        ("", "", ""),
    ],
    ids=["one", "two", "three", "with our words", "a trail's", "none"],
)
def test_several_parts_are_the_first_and_how_many_more(resource: str, kind: str, name: str):
    assert name_parts(resource, kind) == name


def test_a_call_on_a_part_is_told_by_what_it_did():
    assert verbs("DisableRule", "other") == ("disabled rule", "disable rule")

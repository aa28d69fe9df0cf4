from __future__ import annotations

from uuid import UUID

import pytest
from s3watch.detection import conditions
from s3watch.posture.review_rules import DETECTIONS
from s3watch.ruleset import SEVERITIES

from tests.support.cloudtrail import make_record
from tests.support.project import RULES
from tests.support.sensitive import first_access


@pytest.mark.parametrize("name", sorted(DETECTIONS))
def test_a_review_rule_tells_people_what_it_means_and_what_to_do(name):
    rule = DETECTIONS[name]

    assert (rule.rule, bool(rule.title), bool(rule.why), len(rule.respond) in (1, 2, 3)) == (
        name,
        *[True] * 3,
    )
    assert rule.level in SEVERITIES
    assert all(link.startswith("https://docs.aws.amazon.com/") for link in rule.references)


@pytest.mark.parametrize("name", sorted(DETECTIONS))
def test_a_review_rule_matches_no_access(name):
    matches = conditions.compile(DETECTIONS[name].condition)

    assert matches(first_access(make_record(eventName="PutBucketPolicy"))) is False


def test_every_review_rule_has_an_id_of_its_own():
    assert len({UUID(rule.id) for rule in DETECTIONS.values()}) == len(DETECTIONS)


def test_no_detection_of_the_pack_has_the_name_of_a_review_rule():
    assert not DETECTIONS.keys() & {path.stem for path in (RULES / "detections").glob("*.yml")}

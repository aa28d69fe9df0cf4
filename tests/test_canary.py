from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace
from s3watch.canary import KEY, NAME, add_canary, is_canary
from s3watch.detection.matcher import Hit, Matcher
from s3watch.ruleset import Condition, Detection, Ruleset
from s3watch.sources.cloudtrail import decode

from tests.support.cloudtrail import as_bytes, make_record, make_role
from tests.support.sensitive import RULESET

PRESIGNED = {"additionalEventData": {"AuthenticationMethod": "QueryString", "SignatureVersion": "SigV4"}}
BUCKET, ROLE = "s3watch-canary-0a1b2c", "s3watch-ReadCanaryRole-3D4E"
RULES = add_canary(RULESET, BUCKET, ROLE)


def found(**changes: Any) -> list[tuple[list[str], list[str]]]:
    given = {"bucket": BUCKET, "key": KEY, "userIdentity": make_role(ROLE)} | changes
    raw = as_bytes(make_record(**given))
    hits = [each for each in Matcher(RULES).match(decode(raw), raw) if isinstance(each, Hit)]
    return [([each.rule for each in hit.detections], list(hit.access.label_names)) for hit in hits]


@pytest.mark.parametrize("name", ["GetObject", "PutObject"], ids=str)
def test_a_scheduled_read_and_the_first_write_match_the_canary_alone(name: str):
    assert found(eventName=name) == [([NAME], [NAME])]


@pytest.mark.parametrize(
    "changes",
    [{"userIdentity": make_role("Analyst")}, {"eventName": "DeleteObject"}],
    ids=["another role", "a deletion"],
)
def test_whatever_else_happens_to_it_is_unexpected(changes: dict[str, Any]):
    ((rules, labels),) = found(**changes)

    assert (NAME in rules, "unexpected-access" in rules, labels) == (False, True, [NAME])


def test_the_rest_of_the_catalogue_stays_as_it_was():
    assert found(bucket="hr-data", key="payroll/q3.csv", userIdentity=make_role("Analyst")) == [
        (["unexpected-access"], ["payroll"])
    ]


def test_a_rule_set_without_anything_gets_a_canary_too():
    rules = add_canary(Ruleset(detections=(Detection("any", "", "low", Condition("and")),)), BUCKET, ROLE)

    assert ([label.name for label in rules.labels], rules.patterns[0].prefixes) == ([NAME], (("", 0),))


@pytest.mark.parametrize(
    ("rules", "expected"), [([NAME], True), ([NAME, "other"], False), ([], False)], ids=["it", "more", "none"]
)
def test_an_alert_of_nothing_else_is_the_canary(rules: list[str], expected: bool):
    assert is_canary(rules) is expected


@pytest.mark.parametrize(
    "changes",
    [{"errorCode": "AccessDenied"}, {"errorCode": "NoSuchKey"}, {"key": "canary/other"}, PRESIGNED],
    ids=["denied", "not there", "another key", "a link"],
)
def test_what_its_role_does_otherwise_is_no_canary(changes: dict[str, Any]):
    assert NAME not in [rule for rules, _ in found(**changes) for rule in rules]


def test_a_pattern_over_buckets_does_not_name_it():
    wild = replace(RULESET, wild=(("s3://*", 0),))
    raw = as_bytes(make_record(bucket=BUCKET, key=KEY, userIdentity=make_role(ROLE)))
    (hit,) = Matcher(add_canary(wild, BUCKET, ROLE)).match(decode(raw), raw)

    assert isinstance(hit, Hit)
    assert ([each.rule for each in hit.detections], hit.access.label_names) == ([NAME], (NAME,))

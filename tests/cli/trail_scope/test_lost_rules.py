"""Which detections see less with TrailScope=prefixes: those that could match an object without a label."""

from __future__ import annotations

from datetime import date
from itertools import product
from typing import Any

import pytest
from msgspec.structs import replace
from s3watch.detection.matcher import Hit, Matcher
from s3watch.ruleset import AwsRanges, Condition, Detection, Label, Patterns, Ruleset
from s3watch.sources.cloudtrail import decode
from s3watch_cli.compiler import compile_folder
from s3watch_cli.rules.diagnostics import Diagnostics
from s3watch_cli.trail_scope.lost_rules import NARROWED, find_lost

from tests.support.cloudtrail import as_bytes
from tests.support.project import RULES
from tests.support.trail_records import make_call

PACK = compile_folder(RULES, date(2026, 11, 27), Diagnostics()).ruleset


def is_lost(condition: Condition) -> bool:
    detection = Detection("rule", "Rule", "high", condition)
    return find_lost(Ruleset(detections=(detection,))) == ("rule",)


def leaf(field: str, op: Any = "eq", *values: str) -> Condition:
    return Condition(op, field=field, values=values)


LABEL, READ = leaf("s3.label", "exists", "true"), leaf("s3.operation", "eq", "read")
KEY, POLICY = leaf("s3.key", "suffix", ".pem"), leaf("eventName", "eq", "PutBucketPolicy")


@pytest.mark.parametrize(
    ("condition", "lost"),
    [
        pytest.param(READ, True, id="any read"),
        pytest.param(KEY, True, id="any key of a kind"),
        pytest.param(Condition("and", of=(READ, KEY)), True, id="reads of such keys"),
        pytest.param(Condition("and", of=(READ, LABEL)), False, id="reads of sensitive objects"),
        pytest.param(Condition("or", of=(KEY, LABEL)), True, id="either"),
        pytest.param(Condition("not", of=(LABEL,)), True, id="what is not sensitive"),
        pytest.param(Condition("not", of=(leaf("s3.label", "null"),)), False, id="a label that is there"),
        pytest.param(leaf("s3.expected", "bool", "false"), False, id="unexpected access to a label"),
        pytest.param(leaf("s3.decoy", "bool", "true"), False, id="decoys"),
        pytest.param(leaf("s3.decoy", "bool", "false"), True, id="all but decoys"),
        pytest.param(POLICY, False, id="a management event"),
        pytest.param(leaf("eventName", "eq", "ListObjects"), False, id="listings"),
        pytest.param(leaf("eventName", "eq", "CopyObject"), False, id="copies"),
        pytest.param(leaf("s3.bucket_labels", "exists", "true"), True, id="any call on such buckets"),
        pytest.param(leaf("s3.log_bucket", "bool", "true"), False, id="log files"),
        pytest.param(leaf("eventType", "eq", "AwsVpceEvent"), False, id="what an endpoint saw"),
        pytest.param(Condition("not", of=(leaf("eventType", "eq", "AwsVpceEvent"),)), True, id="all else"),
        pytest.param(leaf("eventType", "eq", "AwsServiceEvent"), True, id="objects of a batch delete"),
        pytest.param(leaf("eventType", "eq", "AwsVpceEvent", "AwsApiCall"), True, id="any call"),
        pytest.param(leaf("eventType", "prefix", "AwsS"), True, id="part of a type"),
    ],
)
def test_a_rule_sees_less_if_it_could_match_an_object_without_a_label(condition, lost):
    assert is_lost(condition) is lost


def test_of_the_shipped_rules_those_on_any_object_see_less():
    assert find_lost(PACK) == (
        "credential-file-read",
        "everyone-may-write",
        "object-lock-weakened",
        "principal-by-unique-id",
        "public-bucket-policy-or-acl",
        "ransom-note-upload",
        "shared-with-foreign-account",
    )


def test_the_docs_name_them():
    page = (RULES.parent / "docs/deploying.md").read_text(encoding="utf-8")

    assert [name for name in find_lost(PACK) if f"`{name}`" not in page] == []


REQUESTS = (
    {}, {"x-amz-acl": "public-read"}, {"x-amz-grant-read": "id=abc"}, {"acl": ""},
    {"x-amz-object-lock-mode": "GOVERNANCE"}, {"x-amz-server-side-encryption-customer-algorithm": "AES256"},
)  # fmt: skip


@pytest.mark.parametrize("key", ["id_rsa", "how-to-decrypt.txt", "x"], ids=str)
def test_no_other_rule_of_the_pack_matches_a_frequent_call_on_an_object_without_a_label(key):
    rules = Ruleset(
        buckets=("hr-data",),
        labels=(Label("payroll"),),
        patterns=(Patterns("hr-data", prefixes=(("payroll/", 0),)),),
        detections=PACK.detections,
    )
    for name, request in product(NARROWED, REQUESTS):
        record = make_call(name, "hr-data", key)
        raw = as_bytes(record | {"requestParameters": record["requestParameters"] | request})
        results = [each for each in Matcher(rules).match(decode(raw), raw) if isinstance(each, Hit)]
        assert {rule.rule for each in results for rule in each.detections} <= set(find_lost(PACK))


def test_a_rule_that_never_alerts_for_want_of_the_ranges_of_aws_loses_nothing():
    detection = Detection("rule", "Rule", "high", leaf("s3.outside_aws", "bool", "true"))
    ruleset = Ruleset(detections=(detection,))

    assert find_lost(ruleset) == ()
    assert find_lost(replace(ruleset, aws_ranges=AwsRanges("2026-11-20-08-00-00"))) == ("rule",)

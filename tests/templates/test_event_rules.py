"""What EventScope deploys: fewer rules' worth of calls, and never fewer buckets."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.cloudformation import Stack, deploy
from tests.support.event_patterns import passes
from tests.templates.test_event_patterns import BUCKETS, HITS, MISSES

SCOPES = pytest.mark.parametrize("scope", ["objects", "unexpected"], ids=str)
RULE = "AWS::Events::Rule"


def narrowed(scope: str, **given: str) -> Stack:
    return deploy("template.yaml", **({"WatchedBuckets": BUCKETS, "EventScope": scope} | given))


def test_whole_buckets_need_no_rules_of_their_own():
    stack = deploy("template.yaml", WatchedBuckets=BUCKETS)

    assert not [name for name in stack.resources if name.startswith("EventRules")]
    assert "EventsPassed" not in stack.outputs


@SCOPES
@pytest.mark.parametrize("event", HITS.values(), ids=HITS)
def test_a_deployment_that_no_rules_were_written_for_passes_what_whole_buckets_do(event: str, scope: str):
    patterns = [rule["EventPattern"] for rule in narrowed(scope).of(RULE).values() if "EventPattern" in rule]

    assert any(passes(json.loads(event), pattern) for pattern in patterns)


@SCOPES
@pytest.mark.parametrize("event", MISSES.values(), ids=MISSES)
def test_and_nothing_that_they_do_not(event: str, scope: str):
    stack = narrowed(scope)
    patterns: list[Any] = [stack[name]["EventPattern"] for name in ("S3Rule", "EventRules/WholeBuckets")]

    assert not any(passes(json.loads(event), pattern) for pattern in patterns)


@SCOPES
def test_without_the_filter_s3_rule_still_leaves_the_calls_to_the_others(scope: str):
    stack = narrowed(scope, FilterByBucket="false")

    assert len(stack["S3Rule"]["EventPattern"]["detail"]["$or"]) == 2
    assert "detail" not in stack["EventRules/WholeBuckets"]["EventPattern"]


def test_they_have_the_same_queue_retries_and_dead_letters_and_are_there_first():
    stack = narrowed("unexpected")

    assert stack["EventRules/WholeBuckets"]["Targets"] == stack["S3Rule"]["Targets"]
    assert stack.outputs["EventsPassed"] in stack["S3Rule"]["Description"]


def test_their_names_are_those_that_the_queue_lets_in():
    stack = narrowed("unexpected")
    (statement,) = (
        one
        for one in stack["EventQueuesPolicy"]["PolicyDocument"]["Statement"]
        if one["Sid"] == "OurRulesSend"
    )
    *_, allowed = statement["Condition"]["ArnEquals"]["aws:SourceArn"]

    assert allowed == "arn:aws:events:eu-west-1:111122223333:rule/s3watch-calls-*"
    assert stack["EventRules/WholeBuckets"]["Name"] == "s3watch-calls-whole"


def test_silence_alarms_nobody_where_calls_are_left_out():
    with pytest.raises(AssertionError, match="set SilenceHours=0, since silence shows nothing"):
        narrowed("unexpected", SilenceHours="6")

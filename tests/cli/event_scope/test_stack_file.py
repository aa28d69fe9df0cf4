from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from s3watch.errors import SettingError
from s3watch.ruleset import Condition, Detection, Label, Patterns, Ruleset
from s3watch_cli.event_scope.patterns import LONGEST, Pattern, Scope, derive
from s3watch_cli.event_scope.stack_file import HOME, MOST_DEPLOYMENTS, Narrowed, render

from tests.cli.event_scope.test_recorded import examples
from tests.support.cloudformation import Stack, deploy
from tests.support.cloudtrail import make_record, make_resources
from tests.support.event_scopes import PACK, hitting, lost, make_event_of, of_bucket, passes

RULE = "AWS::Events::Rule"
QUEUES = {"EventQueue": "queue", "DeadLetterQueue": "dead-letters", "Topic": "topic"}


def narrow(buckets: Iterable[str], scope: Scope = "unexpected", ruleset: Ruleset = PACK) -> Narrowed:
    return Narrowed(scope, tuple(buckets), derive(ruleset, buckets, scope, HOME).patterns)


def make_stack(folder: Path, *deployments: Narrowed, **given: str) -> Stack:
    """The stack that a file of some deployments makes; it is that of `hr-data`, unless said otherwise."""
    text = render(deployments)
    path = folder / f"{hash(text)}.yaml"  # `deploy` reads a path once
    path.write_text(text, encoding="utf-8")
    own = {"Name": "s3watch", "EventScope": "unexpected", "WatchedBuckets": "hr-data"} | given
    arns = ",".join(f"arn:aws:s3:::{bucket}" for bucket in own["WatchedBuckets"].split(","))
    return deploy(str(path), **QUEUES, **({"BucketArns": arns, "FilterByBucket": "true"} | own))


def patterns_of(stack: Stack) -> list[Pattern]:
    patterns = (rule["EventPattern"] for rule in stack.of(RULE).values())
    return [json.loads(each) if isinstance(each, str) else each for each in patterns]


@pytest.mark.parametrize("scope", ["objects", "unexpected"], ids=str)
@pytest.mark.parametrize("partition", ["aws", "aws-us-gov"], ids=str)
def test_deployed_patterns_lose_no_hit_of_the_packs_own_tests(tmp_path, scope: Any, partition: str):
    stack = make_stack(tmp_path, narrow(PACK.buckets, scope), EventScope=scope, Partition=partition)
    patterns = [json.loads(json.dumps(each).replace("aws-us-gov", "aws")) for each in patterns_of(stack)]

    assert "WholeBuckets" not in stack.resources
    assert lost(hitting(PACK, examples(), of_bucket(PACK.buckets)), patterns) == []


def test_the_account_and_the_region_are_those_of_the_deployment(tmp_path):
    text = json.dumps(patterns_of(make_stack(tmp_path, narrow(PACK.buckets))))

    assert '{"anything-but": ["111122223333"]}' in text
    assert "arn:aws:kms:eu-west-1:111122223333:" in text
    assert not {"\\u007f", "${"} & {text[at : at + 6] for at in range(len(text))} - {""}


@pytest.mark.parametrize(
    "given",
    [
        {"WatchedBuckets": "hr-data,finance-exports"},
        {"WatchedBuckets": "finance-exports"},
        {"EventScope": "objects"},
    ],
    ids=["one more bucket", "another bucket", "another scope"],
)
def test_a_deployment_that_the_file_is_not_written_for_passes_whole_buckets(tmp_path, given: dict[str, str]):
    stack = make_stack(tmp_path, narrow(["hr-data"]), **given)
    (pattern,) = patterns_of(stack)
    watched = given.get("WatchedBuckets", "hr-data").split(",")

    assert pattern["detail"]["$or"] == of_bucket(watched)["detail"]["$or"][:2]
    assert "run `s3watch event-scope --write`" in stack.outputs["Passed"]


def test_where_no_environment_is_narrowed_every_deployment_passes_whole_buckets(tmp_path):
    assert list(make_stack(tmp_path).of(RULE)) == ["WholeBuckets"]


def test_without_the_filter_whole_buckets_need_no_room_for_their_names(tmp_path):
    (pattern,) = patterns_of(make_stack(tmp_path, FilterByBucket="false"))

    assert "detail" not in pattern


def any_labelled(name: str = "a") -> Detection:
    return Detection(name, "A rule", "low", Condition("exists", field="s3.label", values=("true",)))


def make_ruleset(*detections: Detection) -> Ruleset:
    entries = Patterns("hr-data", prefixes=(("payroll/", 0),))
    return Ruleset(labels=(Label("payroll"),), patterns=(entries,), detections=detections)


def test_each_deployment_gets_its_own_rules_and_shares_what_is_the_same(tmp_path):
    simple = make_ruleset(any_labelled())
    of_all = (
        narrow(["hr-data"], ruleset=simple),
        narrow(["hr-data"], "objects", simple),
        narrow(["hr-data", "logs"], "objects", simple),
    )
    first, second, third = (
        {*make_stack(tmp_path, *of_all, EventScope=one.scope, WatchedBuckets=",".join(one.buckets)).of(RULE)}
        for one in of_all
    )

    assert first == second == {*make_stack(tmp_path, of_all[0]).of(RULE)}
    assert third == {
        *make_stack(tmp_path, of_all[2], EventScope="objects", WatchedBuckets="hr-data,logs").of(RULE)
    }
    assert not first & third


def test_a_rule_keeps_its_name_while_its_pattern_stays_the_same(tmp_path):
    rulesets = (make_ruleset(any_labelled()), make_ruleset(any_labelled(), any_labelled("b")), make_ruleset())
    one, same, other = (
        {rule["Name"] for rule in make_stack(tmp_path, narrow(["hr-data"], ruleset=each)).of(RULE).values()}
        for each in rulesets
    )

    assert one == same
    assert not one & other
    assert all(len(name) <= len("s3watch-review-bucket") for name in one)


@pytest.mark.parametrize(
    "key",
    [
        "a'b",
        'a"b',
        "${AWS::AccountId}",
        "${!x}",
        "a\\b",
        "\N{KELVIN SIGN}",
        "\N{OLD KEY}",
        "# a: b",
        "\t",
        "%(x)s",
    ],
    ids=ascii,
)
def test_whatever_a_key_holds_reaches_the_pattern(tmp_path, key: str):
    entries = Patterns("hr-data", exact=((key, 0),))
    ruleset = Ruleset(labels=(Label("payroll"),), patterns=(entries,), detections=(any_labelled(),))
    patterns = patterns_of(make_stack(tmp_path, narrow(["hr-data"], ruleset=ruleset)))

    def passed(key: str) -> bool:
        return passes(make_event_of(make_record(key=key, resources=make_resources("hr-data", key))), patterns)

    assert (passed(key), passed("other")) == (True, False)


def test_patterns_are_short_enough_wherever_they_are_deployed(tmp_path):
    stack = make_stack(tmp_path, narrow(PACK.buckets), Partition="aws-us-gov", Region="ap-southeast-2")
    texts = [rule["EventPattern"] for rule in stack.of(RULE).values()]

    assert max(map(len, texts)) <= LONGEST
    assert len(texts) > 1


def test_each_rule_sends_to_the_queue_and_has_an_alarm(tmp_path):
    stack = make_stack(tmp_path, narrow(["hr-data"]))
    alarms = {alarm["Dimensions"][0]["Value"] for alarm in stack.of("AWS::CloudWatch::Alarm").values()}

    assert alarms == {*stack.of(RULE)}
    for rule in stack.of(RULE).values():
        (target,) = rule["Targets"]
        assert (target["Arn"], target["DeadLetterConfig"]) == ("queue", {"Arn": "dead-letters"})


def test_more_environments_than_a_condition_takes_are_refused():
    deployments = [Narrowed("objects", (f"bucket-{number}",), ()) for number in range(MOST_DEPLOYMENTS + 1)]

    assert render(deployments[1:])
    with pytest.raises(SettingError, match="at most 10 environments can have another EventScope than bucket"):
        render(deployments)


def test_more_rules_than_a_template_takes_are_refused():
    deployments = [
        Narrowed("objects", (str(number),), [{"detail": {"at": [number, each]}} for each in range(80)])
        for number in range(4)
    ]

    with pytest.raises(SettingError, match="320 rules of EventBridge, too many for one template"):
        render(deployments)

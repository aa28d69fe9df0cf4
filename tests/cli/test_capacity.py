from __future__ import annotations

import json

import pytest
from s3watch_cli import capacity
from s3watch_cli.capacity import ENVIRONMENT, PATTERN, excesses, partition
from yaml import YAMLError

from tests.support.cloudformation import deploy
from tests.support.project import ROOT

TEMPLATE = ROOT / "template.yaml"
UNFILTERED = {"FilterByBucket": "false"}
BOUNDARY = "it must be the ARN of an IAM policy, such as arn:aws:iam::111122223333:policy/Boundary"
ADMIN = "arn:aws:iam::111122223333:role/Deploy"
OTHER_TRAIL = UNFILTERED | {"ExistingTrail": "audit"}


def refusals(count, characters, region="eu-west-1", stack="s3watch", **given):
    """What stacks with so many buckets would be refused for."""
    buckets = ",".join(f"{number:0{characters}x}" for number in range(count))
    found = excesses(TEMPLATE, {"WatchedBuckets": buckets, **given}, region, stack)
    return [excess.what for excess in found]


def compact(value):
    return len(json.dumps(value, separators=(",", ":")))


@pytest.mark.parametrize("region", ["eu-west-1", "us-gov-west-1", "cn-north-1"], ids=str)
def test_a_pattern_is_measured_as_it_is_deployed(region):
    given = {"WatchedBuckets": ",".join(f"bucket-number-{number:03d}" for number in range(40))}
    deployed = deploy("template.yaml", **given, Partition=partition(region), Region=region)
    rules = deployed.of("AWS::Events::Rule")
    lengths = {name: compact(rule["EventPattern"]) for name, rule in rules.items() if "EventPattern" in rule}

    told = [excess.what for excess in excesses(TEMPLATE, given, region)]

    too_long = {name: length for name, length in lengths.items() if length > PATTERN}
    assert told == [
        f"the event pattern of {name} has {length} characters, and EventBridge allows {PATTERN}"
        for name, length in too_long.items()
    ]
    assert "S3Rule" in too_long


def test_a_pattern_that_is_text_is_as_long_as_it_is(tmp_path):
    rule = {"Type": "AWS::Events::Rule", "Properties": {"EventPattern": '"' * PATTERN}}
    template = tmp_path / "template.yaml"
    template.write_text(json.dumps({"Parameters": {}, "Resources": {"Rule": rule}}), encoding="utf-8")

    assert list(excesses(template, {})) == []


@pytest.mark.parametrize(
    ("region", "most"),
    [("eu-west-1", 27), ("cn-north-1", 25), ("us-gov-west-1", 24), ("", 24)],
    ids=["aws", "China", "GovCloud", "a Region that is not known"],
)
def test_a_pattern_has_room_for_as_many_buckets_as_the_partitions_arns_let_it(region, most):
    assert refusals(most, 20, region) == []
    assert [what for what in refusals(most + 1, 20, region) if "the event pattern of S3Rule" in what]


@pytest.mark.parametrize(
    ("given", "characters", "most", "told"),
    [
        (
            UNFILTERED,
            20,
            120,
            "the parameter BucketArns of Trail has 4113 bytes, and CloudFormation allows 4096",
        ),
        (OTHER_TRAIL, 20, 142, "the environment of Notify has 4113 bytes, and Lambda allows 4096"),
        (OTHER_TRAIL, 3, 438, "the policy of ReviewBucketRole has 10242 characters, and IAM allows 10240"),
    ],
    ids=["the trail's parameter", "a function's environment", "a role's policy"],
)
def test_without_the_filter_other_limits_count(given, characters, most, told):
    assert refusals(most, characters, **given) == []
    assert told in refusals(most + 1, characters, **given)


def test_an_environment_is_not_shorter_than_what_is_deployed():
    """Names that only a deployment knows count as the longest that they can be."""
    longest = "x" * 50
    buckets = ",".join(f"bucket-number-{number:03d}" for number in range(150))
    stack = deploy("template.yaml", WatchedBuckets=buckets, StackName=longest, **OTHER_TRAIL)
    arn = f"arn:aws-us-gov:sns:us-gov-west-1:111122223333:{longest}-OperationsTopic-1A2B3C4D5E6F"
    functions = stack.of("AWS::Lambda::Function").items()
    deployed = {
        name: {
            key: arn if value in stack.resources or "/" in value else value
            for key, value in variables.items()
        }
        for name, made in functions
        for variables in [made["Environment"]["Variables"]]
    }

    told = [
        excess.what
        for excess in excesses(TEMPLATE, {"WatchedBuckets": buckets, **OTHER_TRAIL}, "eu-west-1", longest)
    ]

    too_long = [name for name, variables in deployed.items() if compact(variables) > ENVIRONMENT]
    assert {f"the environment of {name} has" for name in too_long} <= {
        what.rpartition(" has")[0] + " has" for what in told
    }


def test_a_trail_has_a_limit_on_the_values_of_its_selectors(monkeypatch):
    monkeypatch.setattr(capacity, "SELECTORS", 5)  # the parameter is full before 500 of them

    assert "the selector of Trail/Trail has 18 values, and CloudTrail allows 5" in refusals(3, 20)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"stack": "x" * 51}, "Reviews/Name is `" + "x" * 51 + "`"),
        ({"stack": "a--b"}, "Trail/TrailName is `a--b`"),
        ({"SensitiveObjects": "hr-data"}, "SensitiveObjects is `hr-data`"),
        ({"Remediate": "yes"}, "Remediate is `yes`"),
        ({"LogBucketAdmins": ADMIN + ",foo"}, "LogBucketAdmins is `foo`"),
        ({"LogFileTopics": "bad"}, "LogFileTopics is `bad`"),
        ({"VpcSubnets": "x", "VpcSecurityGroups": "sg-1"}, "VpcSubnets is `x`"),
        ({"AccessThreshold": "0"}, "AccessThreshold is `0`"),
        ({"MaxConcurrency": "1001"}, "MaxConcurrency is `1001`"),
        ({"TrailRetentionDays": "a year"}, "TrailRetentionDays is `a year`"),
        ({"AlarmPeriod": "7"}, "AlarmPeriod is `7`"),
        (
            {"stack": "security-monitoring-s3watch", "region": "us-gov-west-1", "AccessLogDays": "90"},
            (
                "AccessLogFiles/BucketName is"
                " `security-monitoring-s3watch-access-logs-111111111111-us-gov-west-1`"
            ),
        ),
    ],
    ids=[
        "a long name",
        "a name that no trail may have",
        "an object",
        "another word",
        "one of a list",
        "a list",
        "a list of ids",
        "less than the least",
        "more than the most",
        "no number",
        "another number",
        "a long name of a bucket",
    ],
)
def test_what_the_templates_refuse_is_refused_before_anything_is_made(given, told):
    assert told in refusals(2, 20, **given)


@pytest.mark.parametrize(
    ("stack", "region"),
    [
        ("s3watch", "ap-southeast-2"),
        ("S3Watch", "ap-southeast-2"),
        ("security-monitoring-s3watch", "eu-west-1"),
        ("Security-Monitoring-S3Watch", "ap-southeast-2"),
    ],
    ids=str,
)
def test_names_that_can_be_deployed_are_not_refused(stack, region):
    assert refusals(2, 20, region, stack, AccessLogDays="90", Analytics="log-group", Remediate="acl") == []


@pytest.mark.parametrize(
    "given",
    [
        {"LogBucketAdmins": f"{ADMIN}, arn:aws:iam::444455556666:role/*"},
        {"VpcSubnets": "subnet-1,subnet-2", "VpcSecurityGroups": "sg-1"},
        {"AlarmPeriod": "300", "AccessThreshold": "1", "MaxConcurrency": "1000", "SilenceHours": "0"},
        {"LogFileTopics": "", "VpcSubnets": "", "VpcSecurityGroups": ""},
    ],
    ids=["a list with a blank", "both lists of a VPC", "numbers", "empty lists"],
)
def test_lists_and_numbers_that_can_be_deployed_are_not_refused(given):
    assert refusals(2, 20, **given) == []


@pytest.mark.parametrize(
    ("given", "instead"),
    [
        (
            {"LogFileTopics": "topic"},
            "it must be ARNs of SNS topics, such as arn:aws:sns:eu-west-1:111122223333:trail",
        ),
        ({"PermissionsBoundary": "Boundary"}, BOUNDARY),
        ({"AlarmPeriod": "7"}, "write one of 60, 120, 300, 600, 900, 1800, 3600, 21600, 86400"),
        ({"AccessThreshold": "0"}, "write a number of at least 1"),
        ({"MaxConcurrency": "1001"}, "write a number of at most 1000"),
        ({"MaxConcurrency": "ten"}, "write a number"),
    ],
    ids=["a list", "words", "one of some numbers", "less than the least", "more than the most", "no number"],
)
def test_a_refusal_says_what_to_write(given, instead):
    [excess] = excesses(TEMPLATE, {"WatchedBuckets": "hr-data", **given}, "eu-west-1", "s3watch")

    assert excess.instead == instead


def write(folder, text, name="template.yaml"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_template_without_patterns_has_none_that_is_long(tmp_path):
    template = write(tmp_path, "Resources: {Topic: {Type: AWS::SNS::Topic}}")

    assert list(excesses(template, {})) == []


@pytest.mark.parametrize(
    ("source", "unknown"), [("!ImportValue x", "Fn::ImportValue"), ("!Ref Topic", "Topic")], ids=str
)
def test_what_is_not_worked_out_is_an_error_and_no_wrong_number(tmp_path, source, unknown):
    template = write(
        tmp_path,
        f"Resources: {{R: {{Type: AWS::Events::Rule, Properties: {{EventPattern: {{source: {source}}}}}}}}}",
    )

    with pytest.raises(ValueError, match=unknown):
        list(excesses(template, {}))


def test_a_nested_stacks_patterns_are_made_of_what_it_is_handed(tmp_path):
    write(
        tmp_path,
        "Parameters: {Buckets: {Type: CommaDelimitedList}}\n"
        "Resources: {R: {Type: AWS::Events::Rule, Properties: {EventPattern: {name: !Ref Buckets}}}}",
        "nested.yaml",
    )
    template = write(
        tmp_path,
        "Parameters: {Watched: {Type: CommaDelimitedList}}\n"
        "Resources: {N: {Type: AWS::Serverless::Application, Properties: {Location: nested.yaml, Parameters: "
        '{Queue: !GetAtt Queue.Arn, Buckets: !Join [",", !Ref Watched]}}}}',
    )
    buckets = ["b" * 20] * 100

    [excess] = excesses(template, {"Watched": ",".join(buckets)})

    length = compact({"name": buckets})
    assert (
        excess.what == f"the event pattern of N/R has {length} characters, and EventBridge allows {PATTERN}"
    )


@pytest.mark.parametrize(
    "text",
    [
        "", "5", "Resources: 1", "Resources: {R: x}",
        "Resources: {R: {Type: AWS::Events::Rule, Properties: {EventPattern: {Fn::If: 1}}}}",
        "Resources: {R: {Type: AWS::Events::Rule, Properties: {EventPattern: {Fn::If: [No, 1, 2]}}}}",
        "Resources: {R: {Type: AWS::Events::Rule, Properties: {EventPattern: &a [*a]}}}",
        "Resources: {R: {Type: AWS::Serverless::Application, Properties: {Location: template.yaml}}}",
        f"Resources: {'[' * 5000}",
    ],
    ids=["nothing", "a number", "no resources", "no resource", "no arguments", "no such condition", "itself",
         "a stack in itself", "deep"],
)  # fmt: skip
def test_what_is_no_template_is_an_error_of_a_kind(tmp_path, text):
    with pytest.raises((ValueError, YAMLError)):
        list(excesses(write(tmp_path, text), {}))

from __future__ import annotations

import json

import pytest
from s3watch_cli.event_pattern import LIMIT, longest_pattern
from yaml import YAMLError

from tests.support.cloudformation import deploy
from tests.support.project import ROOT

TEMPLATE = ROOT / "template.yaml"


def buckets(count):
    return ",".join(f"bucket-of-20-letters{number:02d}"[:20] for number in range(count))


def test_the_length_is_that_of_the_pattern_as_it_is_deployed():
    parameters = {"WatchedBuckets": "hr-data,finance-exports"}
    deployed = deploy("template.yaml", **parameters).of("AWS::Events::Rule").values()
    patterns = [rule["EventPattern"] for rule in deployed if "EventPattern" in rule]

    longest = max(len(json.dumps(pattern, separators=(",", ":"))) for pattern in patterns)

    assert longest_pattern(TEMPLATE, parameters) == longest


@pytest.mark.parametrize(
    ("count", "filtered", "fits"),
    [(27, "true", True), (28, "true", False), (100, "false", True)],
    ids=["the most", "one too many", "not filtered"],
)
def test_27_buckets_of_20_letters_fit_unless_nothing_is_filtered(count, filtered, fits):
    length = longest_pattern(TEMPLATE, {"WatchedBuckets": buckets(count), "FilterByBucket": filtered})

    assert (length <= LIMIT) is fits


def write(folder, text, name="template.yaml"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_template_without_patterns_has_none_that_is_long(tmp_path):
    template = write(tmp_path, "Resources: {Topic: {Type: AWS::SNS::Topic}}")

    assert longest_pattern(template, {}) == 0


@pytest.mark.parametrize(
    ("source", "unknown"), [("!ImportValue x", "Fn::ImportValue"), ("!Ref Topic", "Topic")], ids=str
)
def test_what_is_not_worked_out_is_an_error_and_no_wrong_number(tmp_path, source, unknown):
    template = write(tmp_path, f"Resources: {{R: {{Properties: {{EventPattern: {{source: {source}}}}}}}}}")

    with pytest.raises(ValueError, match=unknown):
        longest_pattern(template, {})


@pytest.mark.parametrize(
    "text",
    [
        "", "5", "Resources: 1", "Resources: {R: x}",
        "Resources: {R: {Properties: {EventPattern: {Fn::If: 1}}}}",
        "Resources: {R: {Properties: {EventPattern: {Fn::If: [No, 1, 2]}}}}",
        "Resources: {R: {Properties: {EventPattern: &a [*a]}}}",
        "Resources: {R: {Type: AWS::Serverless::Application, Properties: {Location: template.yaml}}}",
        f"Resources: {'[' * 5000}",
    ],
    ids=["nothing", "a number", "no resources", "no resource", "no arguments", "no such condition", "itself",
         "a stack in itself", "deep"],
)  # fmt: skip
def test_what_is_no_template_is_an_error_of_a_kind(tmp_path, text):
    template = write(tmp_path, text)

    with pytest.raises((ValueError, YAMLError)):
        longest_pattern(template, {})


def test_a_nested_stacks_patterns_are_made_of_what_it_is_handed(tmp_path):
    write(
        tmp_path,
        "Parameters: {Buckets: {Type: CommaDelimitedList}}\n"
        "Resources: {R: {Properties: {EventPattern: {name: !Ref Buckets}}}}",
        "nested.yaml",
    )
    template = write(
        tmp_path,
        "Parameters: {Watched: {Type: CommaDelimitedList}}\n"
        "Resources: {N: {Type: AWS::Serverless::Application, Properties: {Location: nested.yaml, Parameters: "
        '{Queue: !GetAtt Queue.Arn, Buckets: !Join [",", !Ref Watched]}}}}',
    )

    assert longest_pattern(template, {"Watched": "a,b"}) == len('{"name":["a","b"]}')

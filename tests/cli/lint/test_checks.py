from __future__ import annotations

import pytest
from s3watch.facts.operations import S3_EVENTS
from s3watch_cli.lint.checks import lint
from s3watch_cli.lint.cloudtrail_fields import FIELDS, is_documented
from s3watch_cli.lint.event_names import DELIVERED, EVENT_OF_CALL, OWN_SOURCES, TRAIL_EVENTS
from s3watch_cli.rules.diagnostics import Diagnostics

from tests.support.cloudformation import deploy
from tests.support.rule_folders import rule


def lint_findings(detection, labels=()):
    diagnostics = Diagnostics()
    found = rule(detection, diagnostics)
    lint(found, labels, diagnostics)
    return [mistake.what for mistake in diagnostics.mistakes], [
        warning.what for warning in diagnostics.warnings
    ]


def test_a_rule_in_order_has_no_findings():
    assert lint_findings(
        "selection:\n  eventSource: s3.amazonaws.com\n  eventName: [GetObject, 'Put*', StopLogging]\n"
        "  s3.operation: [READ, 'l*']\n  s3.label: Payroll\n  requestParameters.anything: x\n"
        "filter:\n  eventSource: kms.amazonaws.com\n  eventName: Decrypt\n"
        "condition: selection and not filter",
        ["payroll"],
    ) == ([], [])


@pytest.mark.parametrize(
    ("clause", "mistakes", "warnings"),
    [
        ("eventName: PutBucketLifecycleConfiguration", 1, 0),
        ("eventName: [PutBucketLifecycleConfiguration, PutBucketPolicy]", 0, 1),
        ("eventName: PutGroupPolicy", 0, 1),
        ("eventName: ListBuckets", 0, 1),
        ("eventSource: ec2.amazonaws.com", 0, 1),
        ("eventSource: [ec2.amazonaws.com, s3.amazonaws.com]", 0, 1),
        ("eventSource: s3.amazon.com", 1, 0),
        ("s3.operaton: read", 1, 0),
        ("s3.last_seen_days|gt: 30", 1, 0),
        ("s3.operation: reads", 1, 0),
        ("s3.mfa: 'yes'", 1, 0),
        ("s3.label: payrol", 0, 1),
        ("userIdentity.username: a", 1, 0),
        ("custom.field: a", 0, 1),
        ("eventContext.tagContext: a", 0, 1),
    ],
    ids=str,
)
def test_what_cannot_be_meant_is_a_mistake_and_what_may_be_is_a_warning(clause, mistakes, warnings):
    found = lint_findings(f"selection: {{{clause}}}\ncondition: selection", ["payroll"])

    assert (len(found[0]), len(found[1])) == (mistakes, warnings)


def test_another_services_events_are_reported_once_and_not_name_by_name():
    assert lint_findings(
        "selection:\n  eventSource: ec2.amazonaws.com\n  eventName: [RunInstances, CreateImage]\n"
        "condition: selection"
    ) == ([], ["s3watch receives no events of `ec2.amazonaws.com`"])


def test_they_arrive_if_they_are_on_the_stacks_own_parts():
    assert lint_findings(
        "selection:\n  s3.own_part: role\n  eventSource: iam.amazonaws.com\n  eventName: AttachRolePolicy\n"
        "condition: selection"
    ) == ([], [])


@pytest.mark.parametrize("name", ["DeleteRole", "AddPermission", "Subscribe"], ids=str)
def test_calls_on_any_role_topic_or_queue_do_not_arrive(name: str):
    mistakes, warnings = lint_findings(f"selection: {{eventName: {name}}}\ncondition: selection")

    assert (mistakes, len(warnings)) == ([], 1)


def test_an_event_of_another_service_is_reported_by_its_source_alone_if_that_is_named():
    assert lint_findings(
        "selection:\n  eventSource: [s3.amazonaws.com, events.amazonaws.com]\n"
        "  eventName: [DeleteObject, DisableRule]\ncondition: selection"
    ) == ([], ["s3watch receives no events of `events.amazonaws.com`"])


def test_calls_to_iam_that_log_files_may_have_are_no_dead_rule():
    assert lint_findings(
        "selection:\n  eventSource: iam.amazonaws.com\n  eventName: [PutUserPolicy, AttachRolePolicy]\n"
        "condition: selection"
    ) == ([], [])


def test_what_people_write_for_an_event_is_none_and_what_they_mean_is_one():
    assert [name for name in EVENT_OF_CALL if name in S3_EVENTS] == []
    assert [name for name in EVENT_OF_CALL.values() if name not in S3_EVENTS] == []


def test_the_events_and_sources_are_those_that_the_template_delivers():
    rules = deploy("template.yaml", WatchedBuckets="hr-data").of("AWS::Events::Rule").values()
    to_detect = [rule for rule in rules if "EventQueue" in str(rule["Targets"])]
    patterns = [rule["EventPattern"] for rule in to_detect if "EventPattern" in rule]
    trail = next(pattern for pattern in patterns if "aws.cloudtrail" in pattern["source"])
    names = [
        name for way in trail["detail"]["$or"] for name in way.get("eventName", ()) if isinstance(name, str)
    ]
    sources = {source for pattern in patterns for source in pattern["source"]}

    assert sorted(set(names) - set(S3_EVENTS)) == sorted(TRAIL_EVENTS)
    assert {f"{source.removeprefix('aws.')}.amazonaws.com" for source in sources} == OWN_SOURCES


def test_data_events_and_changes_are_delivered_but_no_looking_at_settings():
    names = {"GetObject", "ListObjects", "PutBucketPolicy", "DeleteBucket", "StopLogging"}

    assert names <= DELIVERED
    assert DELIVERED.isdisjoint({"GetBucketPolicy", "ListBuckets", "GetBucketAcl"})


@pytest.mark.parametrize(
    ("field", "documented"),
    [
        ("userIdentity.sessionContext.sessionIssuer.arn", True),
        ("requestParameters.x-amz-acl", True),
        ("additionalEventData.SignatureVersion", True),
        ("userIdentity.sessionContext.webIdFederationData.attributes.sub", True),
        ("userIdentity.nickname", False),
        ("requestParametersX.key", False),
    ],
    ids=str,
)
def test_fields_are_those_that_aws_documents(field, documented):
    assert is_documented(field) is documented
    assert "eventName" in FIELDS

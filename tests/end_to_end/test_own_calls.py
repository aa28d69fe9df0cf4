"""Who acts on a part of s3watch itself is alerted as it happens; what a deployment changes is not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from s3watch_cli.rule_tests.example_records import make_record

from tests.support.local_aws import Deployment, eventually

pytestmark = pytest.mark.local_aws
BY_CLOUDFORMATION = {"userIdentity.invokedBy": "cloudformation.amazonaws.com"}


def record(deployed: Deployment, event_name: str, caller: str, number: int, **changes: Any) -> None:
    """Have CloudTrail record a call; `changes` replace members of the request."""
    others = changes.pop("others", {})
    request = {f"requestParameters.{member}": value for member, value in changes.items()}
    at = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    call = make_record({"base": event_name, "as": caller, "at": at, "set": request | others}, number)
    source = call["eventSource"].removesuffix(".amazonaws.com")
    deployed.cloud.service_event(f"aws.{source}", "AWS API Call via CloudTrail", call)


def resource(deployed: Deployment, name: str) -> str:
    stacks = deployed.cloud.client("cloudformation")
    found = stacks.describe_stack_resource(StackName=deployed.stack, LogicalResourceId=name)
    return str(found["StackResourceDetail"]["PhysicalResourceId"])


def test_a_rule_that_is_disabled_brings_a_mail_that_says_by_whom(deployed: Deployment):
    rule, events = resource(deployed, "S3Rule"), deployed.cloud.client("events")
    events.disable_rule(Name=rule)
    record(deployed, "DisableRule", "user/mallory", 1, name=rule)
    (mail,) = eventually(lambda: deployed.mails("s3watch", "mallory"), within=60)
    events.enable_rule(Name=rule)

    assert mail.subject == f"[HIGH] s3watch: user/mallory disabled rule {rule} in 111122223333"
    assert f"aws events enable-rule --region eu-west-1 --name {rule}" in mail.body


def test_a_mapping_that_is_named_by_its_id_alone_is_told_by_its_function(deployed: Deployment):
    function = f"{deployed.stack}-detect"
    answer = {
        "responseElements.functionArn": f"arn:aws:lambda:eu-west-1:111122223333:function:{function}",
        "responseElements.eventSourceArn": "arn:aws:sqs:eu-west-1:111122223333:somewhere",
    }
    record(deployed, "UpdateEventSourceMapping20150331", "user/trudy", 2, others=answer)

    assert eventually(lambda: deployed.mails("s3watch", "trudy", function), within=60)


def test_a_deployment_is_one_mail_by_whom_it_was(deployed: Deployment):
    stack = deployed.stack
    record(
        deployed,
        "UpdateFunctionCode20150331v2",
        "role/deployer",
        3,
        functionName=f"{stack}-detect",
        others=BY_CLOUDFORMATION,
    )
    record(
        deployed, "PutRule", "role/deployer", 4, name=resource(deployed, "S3Rule"), others=BY_CLOUDFORMATION
    )
    record(deployed, "ExecuteChangeSet", "role/deployer", 5, stackName=stack)
    eventually(lambda: deployed.mails("role/deployer"), within=60)

    subjects = [mail.subject for mail in deployed.mails("role/deployer")]
    assert subjects == [f"[MEDIUM] s3watch: role/deployer updated stack {stack} in 111122223333"]

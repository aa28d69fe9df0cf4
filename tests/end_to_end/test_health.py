"""What keeps a deployment from seeing is told when it begins and ends; once a day it says that it lives."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from s3watch.aws.own_parts.volume_store import VolumeStore
from s3watch.health.volumes import hours_to_count
from s3watch.text import clean

from local.messaging.inbox import Message
from tests.support.local_aws import ADDRESS, Deployment, eventually

pytestmark = pytest.mark.local_aws


@pytest.fixture
def check(existing: Deployment) -> Callable[..., list[Message]]:
    """Run the check; returns the mails that it sends to the operations topic."""

    def received() -> list[Message]:
        topic = existing.outputs["OperationsTopic"]
        return [mail for mail in existing.cloud.inbox("email") if mail.topic == topic]

    def run(**event: Any) -> list[Message]:
        before = len(received())
        answer = existing.cloud.client("lambda").invoke(
            FunctionName=f"{existing.stack}-check-health", Payload=json.dumps(event)
        )
        assert "FunctionError" not in answer, answer["Payload"].read()
        return received()[before:]

    run()  # takes what is there for what there is
    return run


def queue(existing: Deployment) -> str:
    return existing.outputs["EventQueue"].rpartition("/")[2]


def told(mails: list[Message]) -> list[tuple[str, str]]:
    return [(mail.subject or "", mail.body.splitlines()[0]) for mail in mails]


def test_where_nothing_is_wrong_nothing_is_told(check: Callable[..., list[Message]]):
    assert check() == []


def test_a_stopped_trail_is_told_once_and_so_is_that_it_works_again(
    existing: Deployment, check: Callable[..., list[Message]]
):
    trails = existing.cloud.client("cloudtrail")
    trails.stop_logging(Name=existing.stack)
    what = f"the trail {existing.stack} is stopped: nothing is recorded or alerted"

    assert told(check()) == [(f"[{existing.stack}] {what}", f"- {what}")]
    assert check() == []
    time.sleep(1)  # times of the trail are full seconds
    trails.start_logging(Name=existing.stack)
    (mail,) = check()
    gap, _, *lines = mail.body.splitlines()
    over = next(line for line in lines if line.startswith("- over after "))
    assert (gap.startswith(f"- the trail {existing.stack} recorded nothing from "), over.endswith(what)) == (
        True, True
    )  # fmt: skip
    assert check() == []


def test_a_trail_that_was_stopped_between_two_checks_is_told_once_and_in_the_summary(
    existing: Deployment, check: Callable[..., list[Message]]
):
    trails, what = existing.cloud.client("cloudtrail"), f"the trail {existing.stack} recorded nothing from "
    trails.stop_logging(Name=existing.stack)
    time.sleep(1)  # times of the trail are full seconds
    trails.start_logging(Name=existing.stack)
    status = trails.get_trail_status(Name=existing.stack)
    ((_, line),) = told(check())
    first, last = (status[name].astimezone(UTC) for name in ("StopLoggingTime", "StartLoggingTime"))

    assert line.startswith(f"- {what}{first:%Y-%m-%d %H:%M:%S} to ")
    assert f"{last:%H:%M:%S} UTC" in line
    (summary,) = check(summary=True)
    assert what in summary.body


def test_a_narrowed_trail_is_told(existing: Deployment, check: Callable[..., list[Message]]):
    trails = existing.cloud.client("cloudtrail")
    before = trails.get_event_selectors(TrailName=existing.stack)["AdvancedEventSelectors"]
    kept = [each for each in before if "AWS::S3::Object" not in json.dumps(each)]
    trails.put_event_selectors(TrailName=existing.stack, AdvancedEventSelectors=kept)
    ((_, line),) = told(check())
    lost = f"hr-data, finance-exports, {existing.outputs['CanaryBucket']}"
    assert line == f"- the trail {existing.stack} does not record all calls on {lost}"

    trails.put_event_selectors(TrailName=existing.stack, AdvancedEventSelectors=before)
    assert len(check()) == 1


def test_a_disabled_rule_is_told(existing: Deployment, check: Callable[..., list[Message]]):
    events, stacks = existing.cloud.client("events"), existing.cloud.client("cloudformation")
    found = stacks.describe_stack_resource(StackName=existing.stack, LogicalResourceId="S3Rule")
    rule = found["StackResourceDetail"]["PhysicalResourceId"]
    events.disable_rule(Name=rule)
    ((_, line),) = told(check())
    assert line == f"- the rule {rule} of EventBridge is disabled: it sends nothing to {queue(existing)}"

    events.enable_rule(Name=rule)
    assert len(check()) == 1


def test_a_disabled_mapping_is_told(existing: Deployment, check: Callable[..., list[Message]]):
    functions, name = existing.cloud.client("lambda"), f"{existing.stack}-detect"
    (mapping,) = functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
    functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    ((_, line),) = told(check())
    assert line == f"- {name} does not read {queue(existing)} (Disabled)"

    functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)
    assert len(check()) == 1


def test_a_stopped_function_is_told(existing: Deployment, check: Callable[..., list[Message]]):
    functions, name = existing.cloud.client("lambda"), f"{existing.stack}-notify"
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    ((_, line),) = told(check())
    assert line == f"- {name} is stopped: its reserved concurrency is 0, so that nothing can invoke it"

    functions.delete_function_concurrency(FunctionName=name)
    assert len(check()) == 1


def test_whoever_may_invoke_a_function_anew_is_told(
    existing: Deployment, check: Callable[..., list[Message]]
):
    functions, name = existing.cloud.client("lambda"), f"{existing.stack}-detect"
    functions.add_permission(
        FunctionName=name, StatementId="other", Action="lambda:InvokeFunction", Principal="444455556666"
    )
    ((_, line),) = told(check())
    assert line == f"- who may invoke the function {name} was changed, and nobody deployed that"

    functions.remove_permission(FunctionName=name, StatementId="other")
    assert len(check()) == 1


def test_a_role_that_has_got_a_policy_is_told_until_it_is_as_before(
    existing: Deployment, check: Callable[..., list[Message]]
):
    functions, iam = existing.cloud.client("lambda"), existing.cloud.client("iam")
    found = functions.get_function_configuration(FunctionName=f"{existing.stack}-detect")
    role, admin = found["Role"].rpartition("/")[2], "arn:aws:iam::aws:policy/AdministratorAccess"
    iam.attach_role_policy(RoleName=role, PolicyArn=admin)
    what = f"the policy {admin} of the role {role} is new: nobody deployed that"

    assert [line for _, line in told(check())] == [f"- {what}"]
    assert check() == []
    iam.detach_role_policy(RoleName=role, PolicyArn=admin)
    ((_, line),) = told(check())
    assert (line.startswith("- over after "), line.endswith(what)) == (True, True)


def test_a_lost_subscription_is_told(existing: Deployment, check: Callable[..., list[Message]]):
    sns, topic = existing.cloud.client("sns"), existing.outputs["AlertTopic"]
    (own,) = [
        each["SubscriptionArn"]
        for each in sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
        if each["Endpoint"] == ADDRESS
    ]
    sns.unsubscribe(SubscriptionArn=own)
    (mail,) = check()
    assert f"- {clean(ADDRESS)} is not subscribed to alerts any more" in mail.body

    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=ADDRESS)
    check()
    assert check() == []


def test_the_summary_of_a_day_comes_whatever_it_had(
    existing: Deployment, check: Callable[..., list[Message]]
):
    (mail,) = check(summary=True)

    assert "no problem" in (mail.subject or "")
    assert mail.body.startswith("Alerts: ")
    assert "Problems: none" in mail.body


def test_a_bucket_whose_calls_stay_away_from_the_log_files_is_told(
    existing: Deployment, check: Callable[..., list[Message]]
):
    table, now = existing.outputs["Ledger"], time.time()
    volumes = VolumeStore(existing.cloud.client("dynamodb"), table, ["finance-exports"])
    for hours in range(24, 24 * 8 + 4):  # seven days of 50 calls an hour, then a day of whatever tests did
        at = now - hours * 3600
        volumes.add({f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H}finance-exports": 9_000}, at)
    ((_, line),) = told(check())

    assert line.startswith("- finance-exports has ")
    assert " in 3 hours of log files, and had 27,000 or more on six of 7 days before: none of " in line


def test_calls_are_counted_as_their_log_files_come(existing: Deployment):
    volumes = VolumeStore(existing.cloud.client("dynamodb"), existing.outputs["Ledger"], ["finance-exports"])
    hours = sorted(hours_to_count(time.time()))

    def counted() -> int:
        return sum(calls.get("finance-exports", 0) for calls in volumes.read(hours).values())

    before = counted()
    for _ in range(3):
        existing.cloud.client("s3").list_objects_v2(Bucket="finance-exports")
    assert eventually(lambda: counted() >= before + 3, within=60)

"""Who changes a part of the deployment without deploying it, or turns access logs off, is told of."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.support.local_aws import OPERATIONS, Deployment

pytestmark = pytest.mark.local_aws


@pytest.fixture
def check(complete: Deployment) -> Callable[[], list[str]]:
    """Run the check; returns what the mails to the operations address say in their first lines."""

    def run() -> list[str]:
        before = len(complete.mails(to=OPERATIONS))
        answer = complete.cloud.client("lambda").invoke(FunctionName=f"{complete.stack}-check-health")
        assert "FunctionError" not in answer, answer["Payload"].read()
        return [mail.body.splitlines()[0] for mail in complete.mails(to=OPERATIONS)[before:]]

    run()  # takes what is there for what was deployed
    return run


def test_a_function_that_was_changed_is_told_until_it_is_as_before(
    complete: Deployment, check: Callable[[], list[str]]
):
    functions, name = complete.cloud.client("lambda"), f"{complete.stack}-detect"
    before = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    other = before | {"S3WATCH_WATCHED_BUCKETS": "nothing"}
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": other})
    what = f"the function {name} was changed, and nobody deployed that"

    assert check() == [f"- {what}"]
    assert check() == []
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": before})
    (line,) = check()
    assert (line.startswith("- over after "), line.endswith(what)) == (True, True)


def test_where_roles_may_not_be_read_that_is_one_line_and_functions_are_compared(
    complete: Deployment, check: Callable[[], list[str]]
):
    functions, iam = complete.cloud.client("lambda"), complete.cloud.client("iam")
    name, own = f"{complete.stack}-notify", f"{complete.stack}-check-health"
    role = functions.get_function_configuration(FunctionName=own)["Role"].rpartition("/")[2]
    kept = iam.get_role_policy(RoleName=role, PolicyName="own-roles")["PolicyDocument"]
    iam.delete_role_policy(RoleName=role, PolicyName="own-roles")
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    assert len(check()) == 1
    *_, mail = complete.mails(to=OPERATIONS)
    iam.put_role_policy(RoleName=role, PolicyName="own-roles", PolicyDocument=json.dumps(kept))
    functions.delete_function_concurrency(FunctionName=name)
    check()
    *_, after = complete.mails(to=OPERATIONS)

    assert f"- {name} is stopped: its reserved concurrency is 0" in mail.body
    assert mail.body.count("nobody can say whether all is well: IAM: ") == 1
    assert (after.body.count("- over after "), "own-roles" in after.body) == (2, False)


def test_messages_that_are_kept_from_a_function_are_told(
    complete: Deployment, check: Callable[[], list[str]]
):
    functions, name = complete.cloud.client("lambda"), f"{complete.stack}-detect"
    (mapping,) = functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
    filters = {"Filters": [{"Pattern": '{"body": {"source": ["none"]}}'}]}
    functions.update_event_source_mapping(UUID=mapping["UUID"], FilterCriteria=filters)
    what = f"the event-source mapping of {name} from {complete.stack}-events was changed"

    assert check() == [f"- {what}, and nobody deployed that"]
    functions.update_event_source_mapping(UUID=mapping["UUID"], FilterCriteria={})
    assert len(check()) == 1


def test_a_rule_that_passes_on_something_else_or_sends_nowhere_is_told(
    complete: Deployment, check: Callable[[], list[str]]
):
    events, stacks = complete.cloud.client("events"), complete.cloud.client("cloudformation")
    found = stacks.describe_stack_resource(StackName=complete.stack, LogicalResourceId="TrailRule")
    rule = found["StackResourceDetail"]["PhysicalResourceId"]
    pattern = events.describe_rule(Name=rule)["EventPattern"]
    targets = events.list_targets_by_rule(Rule=rule)["Targets"]
    events.put_rule(Name=rule, EventPattern='{"source": ["none"]}')

    assert check() == [f"- the rule {rule} of EventBridge was changed, and nobody deployed that"]
    events.put_rule(Name=rule, EventPattern=pattern)
    assert len(check()) == 1
    events.remove_targets(Rule=rule, Ids=[target["Id"] for target in targets])
    assert check() == [f"- the rule {rule} of EventBridge is not there any more: nobody deployed that"]
    events.put_targets(Rule=rule, Targets=targets)
    assert len(check()) == 1


def test_access_logs_that_are_turned_off_are_told(complete: Deployment, check: Callable[[], list[str]]):
    s3, target = complete.cloud.client("s3"), complete.outputs["AccessLogBucket"]
    before = s3.get_bucket_logging(Bucket="hr-data").get("LoggingEnabled")
    enabled = {"LoggingEnabled": {"TargetBucket": target, "TargetPrefix": "hr-data/"}}
    s3.put_bucket_logging(Bucket="hr-data", BucketLoggingStatus=enabled)
    check()
    s3.put_bucket_logging(Bucket="hr-data", BucketLoggingStatus={})

    assert check() == ["- hr-data does not write server access logs to the bucket of this deployment"]
    s3.put_bucket_logging(Bucket="hr-data", BucketLoggingStatus={"LoggingEnabled": before} if before else {})

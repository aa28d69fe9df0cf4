"""Action by action: each boto3 call of a function, the actions it needs, and the statement that allows them.

The table is tests/support/permissions.py: no call in the code is missing, each row is allowed on its
resource, and nothing else is. That rows are under the right function is shown by runs, in the simulation and
against moto (tests/functions/conftest.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from tests.simulation import scheduler, system
from tests.simulation.generate import random_plan
from tests.simulation.plan import Plan
from tests.simulation.world import World, run
from tests.support.cloudformation import Stack, deploy
from tests.support.permissions import CALLS, LOGS, actions, named_calls, takes_resource

KEY = "arn:aws:kms:eu-west-1:111122223333:key/0a1b2c3d"
# Calls that only the command line makes, and calls of one service that are named like another's.
ELSEWHERE = {
    "s3.delete_public_access_block",
    "s3control.delete_public_access_block",
    "s3control.get_bucket_policy",
    "s3control.get_bucket_replication",
    "s3control.get_bucket_tagging",
    "s3control.get_bucket_versioning",
    "s3control.put_public_access_block",
}
# What Lambda itself does with the role: it reads the queue or stream, and sets aside what of it failed.
QUEUE = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
STREAM = tuple(
    f"dynamodb:{call}" for call in ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")
)
BY_LAMBDA = {
    "Detect": QUEUE, "ScanLogs": QUEUE, "RelayFinding": QUEUE, "ReviewBucket": QUEUE,
    "Notify": (*STREAM, "sqs:SendMessage"), "Sweep": (), "CheckHealth": (),
    "ReadCanary": ("s3:ListBucket",),  # else S3 answers AccessDenied where there is no such object
    "TakeVerdict": (),
}  # fmt: skip
# Logs, and the customer's key, which test_key_policy.py holds against the calls.
ALWAYS = {"logs:CreateLogStream", "logs:PutLogEvents", "kms:Decrypt", "kms:GenerateDataKey"}
OPTIONS = {
    "WatchedBuckets": "hr-data",
    "ChatRole": "arn:aws:iam::111122223333:role/Channel",
    "AccessLogDays": "90",
    "LogBuckets": "arn:aws:s3:::org-logs",
    "LogFileKeys": KEY,
    "KmsKeyArn": KEY,
    "VpcSubnets": "subnet-0a1b",
    "VpcSecurityGroups": "sg-0a1b",
}
STACKS = {kind: deploy("template.yaml", **OPTIONS, Remediate=kind) for kind in ("off", "acl", "block")}
REMEDIATION = {"s3.put_bucket_acl": "acl", "s3.put_public_access_block": "block"}
ROWS = [(function, call) for function, calls in CALLS.items() for call in calls]


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def granted(stack: Stack, function: str) -> Iterator[tuple[str, Any]]:
    """Every action that a function's role allows, with the resource of its statement."""
    shared = stack["Enrichment/Policy"]
    enriching = [shared] if f"{function}Role" in shared["Roles"] else []
    for policy in (*stack.policies(f"{function}Role"), *enriching):
        for statement in policy["PolicyDocument"]["Statement"]:
            limited = statement.keys() & {"Condition"} and function != "TakeVerdict"  # test_chat_verdicts.py
            assert (statement["Effect"], bool(limited)) == ("Allow", False)
            yield from ((action, statement["Resource"]) for action in as_list(statement["Action"]))


def needed(function: str, remediation: str) -> set[str]:
    calls = [call for call in CALLS[function] if REMEDIATION.get(call, remediation) == remediation]
    return {action for call in calls for action in actions(call, function)} | set(BY_LAMBDA[function])


def test_the_table_has_a_row_for_each_call_in_the_code_and_no_other():
    rows = {call for _, call in ROWS if not call.startswith("s3express.")}

    assert named_calls() == rows | ELSEWHERE


@pytest.mark.parametrize(("function", "call"), ROWS, ids=[f"{function} {call}" for function, call in ROWS])
def test_a_statement_of_the_role_allows_the_call_on_its_resource(function: str, call: str):
    allowed = list(granted(STACKS[REMEDIATION.get(call, "off")], function))
    resources = CALLS[function][call] if CALLS[function][call] is LOGS else [CALLS[function][call]]

    for action, resource in product(actions(call, function), resources):
        on = [given for name, given in allowed if name == action]
        assert any(resource == given or resource in as_list(given) for given in on), (action, resource, on)


@pytest.mark.parametrize("remediation", STACKS)
@pytest.mark.parametrize("function", CALLS)
def test_nothing_is_allowed_that_nothing_needs(function: str, remediation: str):
    allowed = {action for action, _ in granted(STACKS[remediation], function)}

    assert allowed - ALWAYS == needed(function, remediation)


@pytest.mark.parametrize("role", [f"{function}Role" for function in CALLS] + ["Analysis/LogRole"])
def test_an_action_is_allowed_on_all_resources_only_if_it_takes_none(role: str):
    stack = deploy("template.yaml", **OPTIONS, Remediate="acl", Analytics="log-group")
    statements = [one for policy in stack.policies(role) for one in policy["PolicyDocument"]["Statement"]]
    pairs = [(action, one["Resource"]) for one in statements for action in as_list(one["Action"])]

    assert [pair for pair in pairs if takes_resource(pair[0]) == (pair[1] == "*")] == []


ROLES = {"detect": "Detect", "scan": "ScanLogs", "notify": "Notify", "sweep": "Sweep"}
SERVICES = {  # the others are topics
    "store": "dynamodb", "queue": "sqs", "files": "s3", "control": "s3control", "iam": "iam",
    "history": "cloudtrail",
}  # fmt: skip
PLANS = [random_plan(seed) for seed in (4, 5, 14, 24, *range(30, 40))]  # the first ones show every call


def calls_in(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> set[tuple[str, str]]:
    """What each function calls in a simulated run."""
    made, call = set[tuple[str, str]](), World.call

    def noting(world: World, service: str, operation: str, *more: Any, **about: Any) -> Any:
        made.add((ROLES[scheduler.current().role], f"{SERVICES.get(service, 'sns')}.{operation}"))
        return call(world, service, operation, *more, **about)

    monkeypatch.setattr(World, "call", noting)
    run(plan)
    return made


def test_functions_make_the_calls_of_the_table_in_simulated_runs(monkeypatch: pytest.MonkeyPatch):
    with system.installed():
        made = set[tuple[str, str]]().union(*(calls_in(plan, monkeypatch) for plan in PLANS))

    made |= {("Detect", "sqs.send_message"), ("ScanLogs", "sqs.send_message")}  # nothing there is unreadable
    assert made == {(function, call) for function, call in ROWS if function in ROLES.values()}

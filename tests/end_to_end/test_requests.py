"""What AWS would charge for: requests counted on the local AWS, held against the model of `s3watch cost`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from s3watch.watched import add_watched
from s3watch_cli.compiler import compile_folder
from s3watch_cli.cost import paths, prices
from s3watch_cli.event_scope.parameters import Home
from s3watch_cli.event_scope.patterns import derive
from s3watch_cli.rules.diagnostics import Diagnostics

from local.demo.callers import READ, WRITE, Callers
from local.demo.scenario import BUCKET, BUCKETS, OBJECT
from local.settings import ACCOUNT, REGION
from tests.support.local_aws import DEFAULTS, Deployment, deploy, eventually, start_with_buckets
from tests.support.project import RULES

pytestmark = pytest.mark.local_aws
QUEUE, LOG_QUEUE = "s3watch-events", "s3watch-log-files"
CALLS, UNEXPECTED = 200, 10
WRITES = ("dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:TransactWriteItems", "dynamodb:BatchWriteItem")


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """s3watch, deployed in an account without other traffic."""
    with start_with_buckets(tmp_path_factory.mktemp("counted")) as cloud:
        yield deploy(cloud, "s3watch", DEFAULTS)


@pytest.fixture(scope="module")
def clients(counted: Deployment) -> tuple[Any, Any]:
    """Clients of somebody expected, and of somebody who is not."""
    callers = Callers(counted.cloud)
    keys = callers.role("payroll-app", (*READ, *WRITE), session="job"), callers.user("mallory", READ)
    expected, unexpected = (counted.cloud.client("s3", each, ip="203.0.113.7") for each in keys)
    return expected, unexpected


def requests(counted: Deployment, *names: str) -> dict[str, int]:
    told = counted.cloud.requests()
    return {name: told.get(name, 0) for name in names}


def messages(counted: Deployment) -> dict[str, int]:
    """The requests to the queue of events, and invocations of what it feeds."""
    verbs = (f"sqs:{verb} {QUEUE}" for verb in ("SendMessage", "ReceiveMessage", "DeleteMessageBatch"))
    return requests(counted, *verbs, "lambda:Invoke s3watch-detect")


def quiet(counted: Deployment, at_least: int, before: dict[str, int]) -> dict[str, int]:
    """The requests since `before`, once so many messages were received and all are deleted."""

    def settled() -> bool:
        now = messages(counted)
        sent = now[f"sqs:SendMessage {QUEUE}"] - before[f"sqs:SendMessage {QUEUE}"]
        queue = counted.cloud.client("sqs").get_queue_attributes(
            QueueUrl=counted.outputs["EventQueue"], AttributeNames=["All"]
        )["Attributes"]
        waiting = int(queue["ApproximateNumberOfMessages"]) + int(
            queue["ApproximateNumberOfMessagesNotVisible"]
        )
        return sent >= at_least and not waiting

    eventually(settled, within=60)
    return {name: number - before[name] for name, number in messages(counted).items()}


def make_calls(clients: tuple[Any, Any]) -> None:
    """Reads and writes of payroll, of which 95 of 100 are expected."""
    expected, unexpected = clients
    for number in range(CALLS - UNEXPECTED):
        if number % 5:
            expected.get_object(Bucket=BUCKET, Key=OBJECT)["Body"].read()
        else:
            expected.put_object(Bucket=BUCKET, Key=f"payroll/2026/{number}.csv", Body=b"x")
    for _ in range(UNEXPECTED):
        unexpected.get_object(Bucket=BUCKET, Key=OBJECT)["Body"].read()


def cost_of(found: dict[str, int]) -> float:
    """What the requests cost, and invocations beside, in US dollars."""
    calls = found.pop("lambda:Invoke s3watch-detect")
    compute = paths.called(calls, CALLS * paths.EVENT_SECONDS, paths.MEMORY, paths.DETECT_LOG_BYTES)
    return prices.QUEUE_REQUESTS.of(sum(found.values())) + compute


def test_whole_buckets_cost_what_the_model_says(counted: Deployment, clients: tuple[Any, Any]):
    before = messages(counted)
    make_calls(clients)
    found = quiet(counted, CALLS, before)

    assert found[f"sqs:SendMessage {QUEUE}"] == CALLS
    assert found[f"sqs:ReceiveMessage {QUEUE}"] <= CALLS / 4  # the calls come in bursts
    assert found[f"sqs:DeleteMessageBatch {QUEUE}"] == found[f"sqs:ReceiveMessage {QUEUE}"]
    model = paths.event_path(1e6)
    assert model.low - paths.alerts(1e6) <= cost_of(found) * 1e6 / CALLS <= model.high


def narrow(counted: Deployment) -> None:
    """Pass on what EventScope=unexpected does, by its patterns, instead of whole buckets."""
    events = counted.cloud.client("events")
    stacks = counted.cloud.client("cloudformation")
    told = stacks.describe_stack_resource(StackName=counted.stack, LogicalResourceId="S3Rule")
    events.disable_rule(Name=told["StackResourceDetail"]["PhysicalResourceId"])
    shipped = compile_folder(RULES, date(2026, 11, 27), Diagnostics()).ruleset
    rules = add_watched(shipped, tuple(BUCKETS))
    for number, pattern in enumerate(derive(rules, BUCKETS, "unexpected", Home(ACCOUNT, REGION)).patterns):
        events.put_rule(Name=f"narrowed-{number}", EventPattern=json.dumps(pattern))
        arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{QUEUE}"
        events.put_targets(Rule=f"narrowed-{number}", Targets=[{"Id": "queue", "Arn": arn}])


def test_unexpected_calls_alone_cost_less_than_a_tenth_of_a_dollar_for_a_million(
    counted: Deployment, clients: tuple[Any, Any]
):
    narrow(counted)
    before = messages(counted)
    make_calls(clients)
    found = quiet(counted, UNEXPECTED, before)

    assert found[f"sqs:SendMessage {QUEUE}"] == UNEXPECTED
    assert cost_of(found) * 1e6 / CALLS + paths.alerts(1e6) < 0.10


def test_a_log_file_takes_as_many_requests_as_the_model_says(counted: Deployment, clients: tuple[Any, Any]):
    names = [f"sqs:{verb} {LOG_QUEUE}" for verb in ("SendMessage", "ReceiveMessage", "DeleteMessageBatch")]
    names += ["lambda:Invoke s3watch-scan-logs", f"s3:GET {counted.outputs['LogBucket']}"]
    before = requests(counted, *names)
    clients[0].get_object(Bucket=BUCKET, Key=OBJECT)["Body"].read()

    def read() -> list[int]:
        now = requests(counted, *names)
        since = [now[name] - before[name] for name in names]
        return since if since[2] else []

    assert set(eventually(read)) == {1}


def test_expected_calls_write_nothing_into_the_ledger(counted: Deployment, clients: tuple[Any, Any]):
    before = requests(counted, *WRITES)
    scanned = counted.cloud.requests().get("lambda:Invoke s3watch-scan-logs", 0)
    for _ in range(20):
        clients[0].get_object(Bucket=BUCKET, Key=OBJECT)["Body"].read()

    eventually(lambda: counted.cloud.requests().get("lambda:Invoke s3watch-scan-logs", 0) > scanned)
    now = requests(counted, *WRITES)
    # but how many calls a log file has: one for each
    now["dynamodb:UpdateItem"] -= counted.cloud.requests()["lambda:Invoke s3watch-scan-logs"] - scanned
    assert now == before

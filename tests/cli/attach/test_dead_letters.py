"""`s3watch redrive` on the local AWS's SQS."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from local.cloud import Cloud
from local.settings import client_environment

STACK = """\
Resources:
  Events: {Type: AWS::SQS::Queue, Properties: {QueueName: redriven-events}}
  DeadLetters: {Type: AWS::SQS::Queue, Properties: {QueueName: redriven-dead-letters}}
  Findings: {Type: AWS::SQS::Queue, Properties: {QueueName: redriven-findings}}
  FindingDeadLetters: {Type: AWS::SQS::Queue, Properties: {QueueName: redriven-findings-dead-letters}}
Outputs:
  EventQueue: {Value: !Ref Events}
  FindingQueue: {Value: !Ref Findings}
"""


@pytest.fixture
def sqs(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A stack with two queues and their dead letters."""
    for name, value in client_environment(cloud.settings.endpoint).items():
        monkeypatch.setenv(name, value)
    stacks = cloud.client("cloudformation")
    stacks.create_stack(StackName="redriven", TemplateBody=STACK)
    yield cloud.client("sqs")
    stacks.delete_stack(StackName="redriven")


@pytest.fixture
def run(sqs: Any, s3watch: Callable[..., Any]) -> Callable[..., Any]:
    """Run `s3watch redrive` on it: exit code, rows, standard error."""

    def on_stack(*words: str) -> tuple[int, list[dict[str, Any]], str]:
        code, out, err = s3watch("redrive", *words, "--stack", "redriven")
        return code, [json.loads(line) for line in out.splitlines()], err

    return on_stack


def url(sqs: Any, name: str) -> str:
    return str(sqs.get_queue_url(QueueName=f"redriven-{name}")["QueueUrl"])


def put(sqs: Any, name: str, body: str, reason: str) -> None:
    attributes = {"reason": {"DataType": "String", "StringValue": reason}}
    sqs.send_message(QueueUrl=url(sqs, name), MessageBody=body, MessageAttributes=attributes)


def bodies(sqs: Any, name: str) -> list[str]:
    answer = sqs.receive_message(QueueUrl=url(sqs, name), MaxNumberOfMessages=10, VisibilityTimeout=0)
    return sorted(message["Body"] for message in answer.get("Messages", ()))


def test_dead_letters_are_shown_with_their_reason_and_stay(sqs: Any, run: Any):
    put(sqs, "dead-letters", '{"detail": 7}', "not a record\u202e")
    code, (row,), err = run()

    assert (code, err) == (1, "1 dead letter; once their cause is mended, --write sends them back\n")
    assert {name: row[name] for name in ("queue", "reason", "what", "receives")} == {
        "queue": "events", "reason": "not a record\\u202e", "what": '{"detail": 7}', "receives": 1,
    }  # fmt: skip
    assert bodies(sqs, "dead-letters") == ['{"detail": 7}']


def test_all_of_them_are_sent_back_to_where_they_came_from(sqs: Any, run: Any):
    for number in range(25):
        put(sqs, "dead-letters", f"event {number}", "throttled")
    put(sqs, "findings-dead-letters", "finding", "throttled")
    code, rows, err = run("--write")

    assert (code, len(rows)) == (0, 26)
    assert err == "26 of 26 dead letters sent back; what fails again will return\n"
    assert (bodies(sqs, "dead-letters"), bodies(sqs, "findings-dead-letters")) == ([], [])
    assert (len(bodies(sqs, "events")), bodies(sqs, "findings")) == (10, ["finding"])


def test_of_one_queue_only_those_are_sent_back(sqs: Any, run: Any):
    put(sqs, "dead-letters", "event", "throttled")
    put(sqs, "findings-dead-letters", "finding", "throttled")
    run("--write", "--queue", "findings")

    assert (bodies(sqs, "dead-letters"), bodies(sqs, "findings")) == (["event"], ["finding"])


def test_where_there_is_none_there_is_nothing_to_do(run: Any):
    assert run("--write") == (0, [], "no dead letters\n")

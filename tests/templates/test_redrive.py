"""How dead letters are sent back: the commands in alarms and documents name both queues, and the right ones.

SQS does not know the source of a message that a function or EventBridge put into a dead-letter queue.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/troubleshooting-dlq-redrive.html
"""

from __future__ import annotations

import re

import pytest

from tests.support.cloudformation import deploy
from tests.support.project import ROOT

STACK = deploy("template.yaml", WatchedBuckets="hr-data", AccessLogDays="90", ObjectDeletedEvents="true")
QUEUES = STACK.of("AWS::SQS::Queue")
TEXTS = {name: alarm["AlarmDescription"] for name, alarm in STACK.of("AWS::CloudWatch::Alarm").items()}
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix() for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"))
)
COMMAND = re.compile(r"aws sqs start-message-move-task(?: --\S+ [^\s`]+)*")


def commands(text: str) -> list[tuple[str, str]]:
    """Source and destination of each command in a text; empty where one is missing."""
    written = COMMAND.findall(" ".join(text.replace("\\\n", " ").split()))
    options = [dict(re.findall(r"--(\S+) (\S+)", one)) for one in written]
    return [(named(one.get("source-arn", "")), named(one.get("destination-arn", ""))) for one in options]


def named(arn: str) -> str:
    """The queue's name in an ARN; the test's resolver writes attributes as `Resource.Attribute`."""
    last = arn.rpartition(":")[2]
    resource = last.removesuffix(".Arn").removesuffix(".QueueName")
    return QUEUES[resource]["QueueName"] if resource in QUEUES else last.replace("STACK", "s3watch")


def sources() -> set[tuple[str, str]]:
    """Each dead-letter queue with the queue that it may be redriven to."""
    return {
        (dead["QueueName"], allowed.rpartition(":")[2])
        for dead in QUEUES.values()
        for allowed in dead.get("RedriveAllowPolicy", {}).get("sourceQueueArns", ())
    }


def test_every_alarm_on_dead_letters_has_the_command_with_its_own_queues():
    told = {pair for text in TEXTS.values() for pair in commands(text)}

    assert told == sources()
    assert len(told) == 4


@pytest.mark.parametrize("alarm", TEXTS)
def test_an_alarm_that_speaks_of_a_redrive_has_the_command(alarm: str):
    assert ("redriv" in TEXTS[alarm]) == bool(commands(TEXTS[alarm]))
    assert len(TEXTS[alarm]) <= 1024, "CloudWatch's limit"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_document_redrives_a_dead_letter_queue_to_its_source(document: str):
    assert set(commands((ROOT / document).read_text(encoding="utf-8"))) <= sources()


def test_operations_redrives_every_dead_letter_queue():
    assert set(commands((ROOT / "docs/operations.md").read_text(encoding="utf-8"))) == sources()

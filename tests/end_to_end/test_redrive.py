"""What is sent back from the dead letters is told, and told once, however often it comes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from local.demo.scenario import BUCKET
from tests.support.cloudtrail import make_record, make_user
from tests.support.local_aws import Deployment, eventually

pytestmark = pytest.mark.local_aws
WHO = "user/redriven"


def event() -> str:
    """A read by a user a minute ago, as EventBridge puts it into the queue."""
    when = f"{datetime.fromtimestamp(time.time() - 60, UTC):%Y-%m-%dT%H:%M:%SZ}"
    user = make_user("redriven")
    record = make_record(bucket=BUCKET, key="payroll/2026/q2.csv", userIdentity=user, eventTime=when)
    return json.dumps({"source": "aws.s3", "detail-type": "AWS API Call via CloudTrail", "detail": record})


def test_what_is_sent_back_is_told_once(existing: Deployment, run: Callable[..., Any]):
    sqs, dead_letters = existing.cloud.client("sqs"), existing.outputs["DeadLetterQueue"]

    def is_empty() -> bool:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        left = sqs.get_queue_attributes(QueueUrl=existing.outputs["EventQueue"], AttributeNames=names)
        return not any(map(int, left["Attributes"].values()))

    letter = event()
    for _ in range(2):
        sqs.send_message(QueueUrl=dead_letters, MessageBody=letter)
    shown = [json.loads(line) for line in run("redrive", "--write").splitlines()]
    eventually(lambda: existing.mails(WHO), within=60)
    sqs.send_message(QueueUrl=dead_letters, MessageBody=letter)
    run("redrive", "--write")
    eventually(is_empty, within=60)

    assert [row["queue"] for row in shown] == ["events", "events"]
    assert len(existing.mails(WHO)) == 1
    (alert,) = [json.loads(line) for line in run("alerts", "--actor", WHO).splitlines()]
    assert alert["accesses"] == 1

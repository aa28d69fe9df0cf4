"""Each topic by itself: what one way drops and one topic misses is told to everybody, once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from local.demo.callers import READ, Callers
from local.demo.scenario import BUCKET, OBJECT
from tests.support.local_aws import ADDRESS, Deployment, eventually, without_events

pytestmark = pytest.mark.local_aws
PEOPLE = [f"reader-{number}" for number in range(8)]


@contextmanager
def no_chat(account: Deployment) -> Iterator[None]:
    """The topic of the chat is away; it comes back with the same ARN."""
    sns, arn = account.cloud.client("sns"), account.outputs["ChatTopic"]
    sns.delete_topic(TopicArn=arn)
    yield
    assert sns.create_topic(Name=arn.rpartition(":")[2])["TopicArn"] == arn


def read_by(account: Deployment, people: list[str]) -> None:
    for name in people:
        keys = Callers(account.cloud).user(name, READ)
        account.cloud.client("s3", keys, ip="203.0.113.7").get_object(Bucket=BUCKET, Key=OBJECT)[
            "Body"
        ].read()


def told(account: Deployment) -> dict[str, list[int]]:
    """How often each person is named: in mails, in the chat, and as a finding of machines."""
    inbox = account.cloud.inbox()
    mails = [
        f"{one.subject} {one.body}" for one in inbox if one.protocol == "email" and one.endpoint == ADDRESS
    ]
    chats = [one.body for one in inbox if one.topic == account.outputs["ChatTopic"]]
    findings = [json.loads(one.body) for one in inbox if one.topic == account.outputs["MachineTopic"]]
    created = [one["unmapped"]["actor"] for one in findings if one["activity_name"] == "Create"]
    return {
        "mail": [sum(f"user/{name}" in text for text in mails) for name in PEOPLE],
        "chat": [sum(f"user/{name}" in text for text in chats) for name in PEOPLE],
        "machines": [created.count(f"user/{name}") for name in PEOPLE],
    }


def test_what_eventbridge_drops_and_the_chat_misses_is_told_to_all_once(existing: Deployment):
    with no_chat(existing):
        read_by(existing, PEOPLE[:4])
        eventually(lambda: told(existing)["machines"][:4] == [1] * 4, within=60)
        with without_events(existing):
            read_by(existing, PEOPLE[4:])
            eventually(lambda: told(existing)["machines"] == [1] * 8, within=120)
        away = told(existing)["chat"]

    eventually(lambda: all(min(counts) > 0 for counts in told(existing).values()), within=60)
    assert away == [0] * 8
    assert told(existing) == dict.fromkeys(("mail", "chat", "machines"), [1] * 8)

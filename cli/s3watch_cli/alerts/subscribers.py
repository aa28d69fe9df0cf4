"""Reads who is subscribed to the topics that an alert's messages go to, as far as SNS tells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import boto3
from s3watch.ledger.messages import Topic

from s3watch_cli.attach.aws_errors import translate_errors
from s3watch_cli.attach.deployed_stack import read_stack

OUTPUTS: Mapping[Topic, str] = {"mail": "AlertTopic", "chat": "ChatTopic", "machines": "MachineTopic"}

type Subscribers = Mapping[Topic, Sequence[Mapping[str, str]]]  # by topic, each with protocol and endpoint


def read_subscribers(stack: str, topics: Iterable[Topic]) -> Subscribers:
    """Return the confirmed subscribers of a stack's topics, those of now.

    SNS does not say who was subscribed when a message was sent, whom a filter kept it from, or whether it was
    delivered. Raises RefusedError.
    """
    outputs = read_stack(boto3.client("cloudformation"), stack).outputs
    named = {topic: outputs[OUTPUTS[topic]] for topic in topics if OUTPUTS.get(topic) in outputs}
    return {topic: _confirmed(arn) for topic, arn in named.items()}


def _confirmed(topic: str) -> list[dict[str, str]]:
    with translate_errors(topic):
        pages = boto3.client("sns").get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
        found = [each for page in pages for each in page["Subscriptions"]]
    return [
        {"protocol": each["Protocol"], "endpoint": each["Endpoint"]}
        for each in found
        if each["SubscriptionArn"].startswith("arn:")  # else it is not confirmed
    ]

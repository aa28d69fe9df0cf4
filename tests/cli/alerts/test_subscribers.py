"""Who is subscribed to the topics of an alert, on moto."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from s3watch.ledger.groups import Group
from s3watch.ledger.messages import TOPICS
from s3watch_cli.alerts.subscribers import read_subscribers

from tests.support.hits import FIRST
from tests.support.ledger_table import TABLE

type Calls = dict[str, Callable[[Any], Any]]


@pytest.fixture
def stack(ledger: Any, calls: Calls) -> dict[str, str]:
    """A stack with two topics, by their output; nobody is subscribed yet."""
    del ledger
    sns = boto3.client("sns")
    names = {"AlertTopic": "mail", "ChatTopic": "chat"}
    outputs = {output: sns.create_topic(Name=name)["TopicArn"] for output, name in names.items()}
    told = [{"OutputKey": key, "OutputValue": one} for key, one in {**outputs, "Ledger": TABLE}.items()]
    calls["DescribeStacks"] = lambda _: {"Stacks": [{"Outputs": told}]}  # which moto cannot make here
    return outputs


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """What AWS answers instead of moto, by operation; an answer of moto's may be changed by it."""
    changed: Calls = {}
    call = BaseClient._make_api_call

    def answer(self: Any, name: str, request: Any) -> Any:
        if name == "DescribeStacks":
            return changed[name](None)
        told = call(self, name, request)
        return changed.get(name, lambda one: one)(told)

    monkeypatch.setattr(BaseClient, "_make_api_call", answer)
    return changed


def test_those_who_confirmed_are_named_by_topic(stack, calls):
    sns = boto3.client("sns")
    queue = "arn:aws:sqs:eu-west-1:111122223333:siem"
    sns.subscribe(TopicArn=stack["AlertTopic"], Protocol="sqs", Endpoint=queue)
    pending = {"Protocol": "email", "Endpoint": "eve@example.com", "SubscriptionArn": "PendingConfirmation"}
    calls["ListSubscriptionsByTopic"] = lambda told: {"Subscriptions": [*told["Subscriptions"], pending]}

    assert read_subscribers("s3watch", TOPICS) == {
        "mail": [{"protocol": "sqs", "endpoint": queue}], "chat": []
    }  # fmt: skip


def shown(s3watch: Any, group: Group) -> tuple[int, Any, str]:
    code, out, err = s3watch("show", group.id)
    return code, json.loads(out)["subscribers"], err


def test_show_says_who_is_subscribed(stack, put, s3watch):
    assert shown(s3watch, put(FIRST)) == (0, {"mail": [], "chat": []}, "")


def test_without_the_permission_show_says_so_in_one_line(stack, calls, put, s3watch):
    refusal = {"Error": {"Code": "AuthorizationError", "Message": "not authorized"}}

    def deny(_: Any) -> Any:
        raise ClientError(refusal, "ListSubscriptionsByTopic")

    calls["ListSubscriptionsByTopic"] = deny
    code, subscribers, err = shown(s3watch, put(FIRST))

    assert (code, subscribers, err.count("\n")) == (0, None, 1)
    assert err.startswith(f"who is subscribed is not known: {stack['AlertTopic']}: the credentials lack ")
    assert "sns:ListSubscriptionsByTopic" in err

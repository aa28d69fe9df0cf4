"""Confirmation of e-mail subscriptions, as SNS has it: by a link in a mail, or by the API with its token.

Whoever subscribes here follows the link at once, but for addresses that begin with `unconfirmed`. A link
confirms without authentication, so that anybody can follow the one that ends the subscription, too:
https://docs.aws.amazon.com/sns/latest/api/API_ConfirmSubscription.html
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from ministack.services import sns

from local.messaging.inbox import Message, append
from local.settings import Settings

type Action = Callable[[dict[str, Any]], Any]

WAITS = "unconfirmed"  # what an address begins with whose owner follows no link
PENDING = "PendingConfirmation"  # instead of an ARN, where subscriptions are listed
SUBJECT = "AWS Notification - Subscription Confirmation"
PAGE = "https://sns.{region}.amazonaws.com/confirmation.html?"


def _subscriptions(params: dict[str, Any]) -> list[dict[str, Any]]:
    topic = sns._topic_by_arn_any_scope(sns._p(params, "TopicArn")) or {"subscriptions": []}
    found: list[dict[str, Any]] = topic["subscriptions"]
    return found


def asking(subscribe: Action, inbox: Path) -> Action:
    """Wrap Subscribe: a new subscription of an address that waits is pending, and its link is mailed."""

    def asked(params: dict[str, Any]) -> Any:
        known = {each["arn"] for each in _subscriptions(params)}
        answer = subscribe(params)
        for new in _subscriptions(params):
            if new["arn"] not in known and new["protocol"] == "email":
                new["attributes"]["ConfirmationWasAuthenticated"] = "false"
                if new["endpoint"].startswith(WAITS):
                    _hold(new)
                    append(inbox, _mail(new))
        return answer

    return asked


def _hold(subscription: dict[str, Any]) -> None:
    subscription |= {"confirmed": False, "token": uuid4().hex}
    subscription["attributes"]["PendingConfirmation"] = "true"


def _mail(subscription: dict[str, Any]) -> Message:
    topic = subscription["topic_arn"]
    asked = {"TopicArn": topic, "Token": subscription["token"], "Endpoint": subscription["endpoint"]}
    link = PAGE.format(region=topic.split(":")[3]) + urlencode(asked)
    body = f"You have chosen to subscribe to the topic:\n{topic}\n\nTo confirm this subscription:\n{link}\n"
    return Message(time.time(), uuid4().hex, topic, "email", subscription["endpoint"], SUBJECT, body, {})


def confirming(confirm: Action) -> Action:
    """Wrap ConfirmSubscription: only if it asks for it is authentication needed to end the subscription."""

    def confirmed(params: dict[str, Any]) -> Any:
        token = sns._p(params, "Token")
        meant = [each for each in _subscriptions(params) if token and each.get("token") == token]
        answer = confirm(params)
        authenticated = sns._p(params, "AuthenticateOnUnsubscribe") == "true"
        for each in meant:
            each["attributes"]["ConfirmationWasAuthenticated"] = str(authenticated).lower()
        return answer

    return confirmed


def listing(list_by_topic: Action) -> Action:
    """Wrap ListSubscriptionsByTopic: one that is pending has no ARN yet."""

    def listed(params: dict[str, Any]) -> Any:
        pending = [each for each in _subscriptions(params) if not each["confirmed"]]
        names = {id(each): each["arn"] for each in pending}
        for each in pending:
            each["arn"] = PENDING
        try:
            return list_by_topic(params)
        finally:
            for each in pending:
                each["arn"] = names[id(each)]

    return listed


def install(settings: Settings) -> None:
    """Install the three."""
    sns._subscribe = asking(sns._subscribe, settings.inbox)
    sns._confirm_subscription = confirming(sns._confirm_subscription)
    sns._list_subscriptions_by_topic = listing(sns._list_subscriptions_by_topic)

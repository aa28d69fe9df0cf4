"""SNS with AWS's limits, and a copy of what each subscriber receives in the inbox."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ministack.services import sns

from local.messaging.inbox import Message, append
from local.messaging.sns_limits import refusal
from local.settings import Settings

Action = Callable[[dict[str, Any]], Any]
Fanout = Callable[..., None]

NO_SUBSCRIBER = "none"  # the protocol in the inbox for messages to a topic without subscribers


def subscriptions(
    topic_arn: str, message: str, structure: str, attributes: dict[str, Any]
) -> list[tuple[str, str, str]]:
    """Return (protocol, endpoint, body) for each confirmed subscription whose filter policy matches."""
    topic = sns._topic_by_arn_any_scope(topic_arn) or {"subscriptions": []}
    reached = []
    for subscription in topic["subscriptions"]:
        protocol = subscription["protocol"]
        body = sns._resolve_message_for_protocol(message, structure, protocol)
        if subscription.get("confirmed") and sns._matches_filter_policy(subscription, attributes, body):
            reached.append((protocol, subscription["endpoint"], body))
    if not topic["subscriptions"]:
        reached.append((NO_SUBSCRIBER, "", sns._resolve_message_for_protocol(message, structure, "default")))
    return reached


def copying(fanout: Fanout, inbox: Path) -> Fanout:
    """Wrap SNS's delivery to append what each subscriber receives to the inbox."""

    def fanned(
        topic_arn: str,
        message_id: str,
        message: str,
        subject: str,
        message_structure: str = "",
        message_attributes: dict[str, Any] | None = None,
        **fifo: Any,
    ) -> None:
        attributes = message_attributes or {}
        marks = {name: value.get("StringValue", "") for name, value in attributes.items()}
        now = time.time()
        for protocol, endpoint, body in subscriptions(topic_arn, message, message_structure, attributes):
            told = Message(now, message_id, topic_arn, protocol, endpoint, subject or None, body, marks)
            append(inbox, told)
        fanout(topic_arn, message_id, message, subject, message_structure, attributes, **fifo)

    return fanned


def checking(publish: Action) -> Action:
    """Wrap Publish to refuse what SNS refuses."""

    def checked(params: dict[str, Any]) -> Any:
        named = ("Subject", "Message", "MessageStructure")
        subject, message, structure = (sns._p(params, name) for name in named)
        refused = refusal(subject, message, structure, sns._parse_message_attributes(params))
        return sns._error(*refused, 400) if refused else publish(params)

    return checked


def checking_batch(publish_batch: Action) -> Action:
    """Wrap PublishBatch to refuse the whole batch for one message that SNS refuses: stricter than AWS."""

    def checked(params: dict[str, Any]) -> Any:
        for entry in sns._parse_batch_entries(params):
            named = ("subject", "message", "message_structure")
            subject, message, structure = (entry.get(name, "") for name in named)
            if refused := refusal(subject, message, structure, entry.get("message_attributes", {})):
                return sns._error(*refused, 400)
        return publish_batch(params)

    return checked


def install(settings: Settings) -> None:
    """Install the limits on both calls, and the copy to the inbox."""
    sns._fanout = copying(sns._fanout, settings.inbox)
    sns._publish = checking(sns._publish)
    sns._publish_batch = checking_batch(sns._publish_batch)

"""SNS as strict as AWS's, and what each subscriber would get copied to the inbox."""

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

NO_SUBSCRIBER = "none"  # the protocol under which the inbox keeps a message to a topic that nobody listens to


def subscriptions(
    topic_arn: str, message: str, structure: str, attributes: dict[str, Any]
) -> list[tuple[str, str, str]]:
    """(protocol, endpoint, body) for each confirmed subscription whose filter policy lets it through."""
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
    """SNS's delivery to subscribers, with what each would get written down."""

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
    """The Publish action, refusing what SNS refuses."""

    def checked(params: dict[str, Any]) -> Any:
        named = ("Subject", "Message", "MessageStructure")
        subject, message, structure = (sns._p(params, name) for name in named)
        refused = refusal(subject, message, structure, sns._parse_message_attributes(params))
        return sns._error(*refused, 400) if refused else publish(params)

    return checked


def checking_batch(publish_batch: Action) -> Action:
    """The PublishBatch action; refused whole for one message that SNS refuses, which is stricter than AWS."""

    def checked(params: dict[str, Any]) -> Any:
        for entry in sns._parse_batch_entries(params):
            named = ("subject", "message", "message_structure")
            subject, message, structure = (entry.get(name, "") for name in named)
            if refused := refusal(subject, message, structure, entry.get("message_attributes", {})):
                return sns._error(*refused, 400)
        return publish_batch(params)

    return checked


def install(settings: Settings) -> None:
    """Refuse what SNS refuses at both ways in, and copy what goes out."""
    sns._fanout = copying(sns._fanout, settings.inbox)
    sns._publish = checking(sns._publish)
    sns._publish_batch = checking_batch(sns._publish_batch)

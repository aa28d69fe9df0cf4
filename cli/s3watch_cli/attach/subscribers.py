"""Subscribes people to a stack's topics so that no link in a mail can end the subscription.

Mail scanners follow links, that at the end of each of SNS's mails among them, which unsubscribes whoever got
it. Confirmed by the API with AuthenticateOnUnsubscribe, a subscription ends only with AWS credentials:
https://docs.aws.amazon.com/sns/latest/api/API_ConfirmSubscription.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

from s3watch.errors import RefusedError

from s3watch_cli.attach.aws_errors import translate_errors
from s3watch_cli.attach.calls import Account
from s3watch_cli.attach.deployed_stack import read_stack
from s3watch_cli.output import Format, note, show

type TopicName = Literal["alerts", "operations", "machines", "chat"]
OUTPUTS: Mapping[TopicName, str] = {
    "alerts": "AlertTopic", "operations": "OperationsTopic", "machines": "MachineTopic", "chat": "ChatTopic",
}  # fmt: skip
PENDING = "PendingConfirmation"  # in place of an ARN
HOST = re.compile(r"sns\.[a-z0-9-]+\.amazonaws\.com(\.cn)?")
COLUMNS = ("topic", "protocol", "endpoint", "state")
PEOPLE = ("email", "email-json")  # whom SNS asks by a link


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """The topics of a stack, by name, and the client that reads them."""

    sns: Any
    topics: Mapping[TopicName, str]  # ARNs

    @classmethod
    def open(cls, stack: str, profile: str | None, region: str | None) -> Subscriptions:
        """Read a stack's topics with these credentials. Raises RefusedError."""
        account = Account.open(profile, region)
        outputs = read_stack(account.client("cloudformation"), stack).outputs
        topics = {name: outputs[output] for name, output in OUTPUTS.items() if output in outputs}
        if not topics:
            raise RefusedError(f"the stack {stack} has no topics; name the one of s3watch with --stack")
        return cls(account.client("sns"), topics)

    def rows(self) -> Iterator[dict[str, str]]:
        """Yield the subscriptions of all topics, each with its state."""
        for name, topic in self.topics.items():
            with translate_errors(topic):
                pages = self.sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
                found = [each for page in pages for each in page["Subscriptions"]]
            for each in found:
                state = self._state(each)
                yield {"topic": name, "protocol": each["Protocol"], "endpoint": each["Endpoint"],
                       "state": state, "arn": each["SubscriptionArn"]}  # fmt: skip

    def _state(self, subscription: Mapping[str, str]) -> str:
        """Say whether somebody gets messages, and whether a link in one of them can end that."""
        arn = subscription["SubscriptionArn"]
        if arn == PENDING:
            return "not confirmed"
        if subscription["Protocol"] not in PEOPLE:
            return "confirmed"
        with translate_errors(arn):
            attributes = self.sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
        return "protected" if attributes.get("ConfirmationWasAuthenticated") == "true" else "unprotected"

    def ask(self, topic: TopicName, address: str, *, again: bool) -> None:
        """Have SNS ask an address for its consent. Raises RefusedError if it is subscribed already."""
        known = [row for row in self.rows() if (row["topic"], row["endpoint"]) == (topic, address)]
        confirmed = [row for row in known if row["arn"] != PENDING]
        if confirmed and not again:
            raise RefusedError(
                f"{address} is subscribed already, and {confirmed[0]['state']}; to ask it anew, add --again"
            )
        with translate_errors(self.topics[topic]):
            for row in confirmed:
                self.sns.unsubscribe(SubscriptionArn=row["arn"])
            self.sns.subscribe(TopicArn=self.topics[topic], Protocol="email", Endpoint=address)

    def confirm(self, link: str) -> str:
        """Confirm the subscription of a link; returns its ARN. Raises RefusedError for another's link."""
        topic, token = read_link(link)
        if topic not in self.topics.values():
            raise RefusedError(f"the link is about {topic}, which is no topic of the stack")
        with translate_errors(topic):
            answer = self.sns.confirm_subscription(
                TopicArn=topic, Token=token, AuthenticateOnUnsubscribe="true"
            )
        return str(answer["SubscriptionArn"])


def read_link(link: str) -> tuple[str, str]:
    """Return the topic and the token of the link in SNS's mail. Raises RefusedError if it is none."""
    parts = urlsplit(link.strip())
    said = parse_qs(parts.query)
    if not HOST.fullmatch(parts.hostname or "") or not {"TopicArn", "Token"} <= said.keys():
        raise RefusedError(
            "that is not the link of a mail `AWS Notification - Subscription Confirmation`: copy it whole,"
            " without opening it, and put it into quotation marks"
        )
    return said["TopicArn"][0], said["Token"][0]


def list_subscribers(subscriptions: Subscriptions, form: Format) -> None:
    """Print who gets the messages of a stack, and note what is wrong with it."""
    rows = list(subscriptions.rows())
    show(rows, form, COLUMNS)
    if not any(row["topic"] == "alerts" and row["state"] != "not confirmed" for row in rows):
        note("nobody gets alerts by mail or SMS")
    for row in rows:
        if row["state"] == "unprotected":
            note(
                f"{row['endpoint']}: any link follower ends it; s3watch subscribe {row['endpoint']}"
                f" --topic {row['topic']} --again"
            )


def subscribe(subscriptions: Subscriptions, topic: TopicName, address: str, *, again: bool) -> None:
    """Ask an address for its consent, and note how to give it."""
    subscriptions.ask(topic, address, again=again)
    note(f"{address} gets a mail now. Copy its link `Confirm subscription`, without opening it, and run:")
    note("s3watch subscribe --link 'https://sns...'")


def confirm(subscriptions: Subscriptions, link: str) -> None:
    """Confirm by a link, and note what that means."""
    note(
        f"confirmed: {subscriptions.confirm(link)}; no link in a mail can end it, only `aws sns unsubscribe`"
    )

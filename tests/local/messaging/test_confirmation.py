from __future__ import annotations

from typing import Any

import pytest
from ministack.services import sns

from local.messaging import inbox
from local.messaging.confirmation import SUBJECT, asking, confirming

TOPIC = "arn:aws:sns:eu-west-1:111122223333:alerts"


@pytest.fixture
def subscriptions(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The subscriptions of a topic."""
    found: list[dict[str, Any]] = []
    monkeypatch.setattr(sns, "_topic_by_arn_any_scope", lambda _arn: {"subscriptions": found})
    return found


def subscribe(subscriptions: list[dict[str, Any]], path: Any, address: str, protocol: str = "email") -> Any:
    new = {
        "arn": f"{TOPIC}:1", "protocol": protocol, "endpoint": address, "topic_arn": TOPIC, "confirmed": True,
        "attributes": {"ConfirmationWasAuthenticated": "true"},
    }  # fmt: skip
    asking(lambda _params: subscriptions.append(new), path)({"TopicArn": TOPIC})
    return new


@pytest.mark.parametrize(
    ("address", "protocol", "confirmed", "authenticated"),
    [
        ("oncall@example.com", "email", True, "false"),
        ("unconfirmed@example.com", "email", False, "false"),
        ("arn:aws:sqs:eu-west-1:111122223333:siem", "sqs", True, "true"),
    ],
    ids=["follows the link", "does not", "a queue"],
)
def test_an_address_is_confirmed_by_its_link(
    subscriptions, tmp_path, address, protocol, confirmed, authenticated
):
    new = subscribe(subscriptions, tmp_path / "inbox", address, protocol)

    assert (new["confirmed"], new["attributes"]["ConfirmationWasAuthenticated"]) == (confirmed, authenticated)


def test_who_waits_gets_a_mail_with_the_token(subscriptions, tmp_path):
    new = subscribe(subscriptions, tmp_path / "inbox", "unconfirmed@example.com")
    (mail,) = inbox.read(tmp_path / "inbox")

    assert (mail.endpoint, mail.subject) == ("unconfirmed@example.com", SUBJECT)
    assert f"&Token={new['token']}&" in mail.body


@pytest.mark.parametrize(
    ("asked", "authenticated"), [("true", "true"), ("", "false")], ids=["by the command", "by the link"]
)
def test_only_who_asks_for_it_needs_credentials_to_end_it(subscriptions, tmp_path, asked, authenticated):
    new = subscribe(subscriptions, tmp_path / "inbox", "unconfirmed@example.com")
    params = {"TopicArn": TOPIC, "Token": new["token"], "AuthenticateOnUnsubscribe": asked}
    confirming(lambda _params: new.update(confirmed=True))(params)

    assert new["attributes"]["ConfirmationWasAuthenticated"] == authenticated

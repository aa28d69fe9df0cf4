"""`s3watch subscribe` on the local AWS, whose SNS asks by mail, and confirms by link or by token."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from s3watch.errors import RefusedError
from s3watch_cli.attach.subscribers import read_link

from local.cloud import Cloud
from local.messaging import inbox
from local.settings import client_environment

WHO, OTHER = "unconfirmed@example.com", "oncall@example.com"
STACK = """\
Resources:
  Alerts: {Type: AWS::SNS::Topic, Properties: {TopicName: subscribed-alerts}}
  Operations: {Type: AWS::SNS::Topic, Properties: {TopicName: subscribed-operations}}
Outputs:
  AlertTopic: {Value: !Ref Alerts}
  OperationsTopic: {Value: !Ref Operations}
"""


@pytest.fixture
def run(cloud: Cloud, s3watch: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Run `s3watch subscribe` on a stack with two topics: exit code, rows, standard error."""
    for name, value in client_environment(cloud.settings.endpoint).items():
        monkeypatch.setenv(name, value)
    stacks = cloud.client("cloudformation")
    stacks.create_stack(StackName="subscribed", TemplateBody=STACK)

    def on_stack(*words: str) -> tuple[int, list[dict[str, str]], str]:
        code, out, err = s3watch("subscribe", *words, "--stack", "subscribed")
        return code, [json.loads(line) for line in out.splitlines()], err

    yield on_stack
    stacks.delete_stack(StackName="subscribed")


def link_to(cloud: Cloud, address: str) -> str:
    """The link in the latest mail to an address."""
    mails = [mail for mail in inbox.read(cloud.settings.inbox) if mail.endpoint == address]
    return re.findall(r"https://\S+", mails[-1].body)[0]


def states(run: Any) -> list[tuple[str, str, str]]:
    return [(row["topic"], row["endpoint"], row["state"]) for row in run()[1]]


def test_who_confirms_by_the_command_is_protected(cloud: Cloud, run: Any):
    code, _, err = run(WHO)
    assert (code, states(run)) == (0, [("alerts", WHO, "not confirmed")])
    assert "Copy its link" in err

    code, _, err = run("--link", link_to(cloud, WHO))
    assert (code, states(run)) == (0, [("alerts", WHO, "protected")])
    assert "no link in a mail can end it" in err


def test_who_follows_the_link_is_not_and_is_told_how_to_mend_it(run: Any):
    run(OTHER, "--topic", "operations")
    code, rows, err = run()

    assert (code, [row["state"] for row in rows]) == (0, ["unprotected"])
    assert err == (
        "nobody gets alerts by mail or SMS\n"
        f"{OTHER}: any link follower ends it; s3watch subscribe {OTHER} --topic operations --again\n"
    )


def test_an_address_is_asked_anew_only_if_that_is_said(cloud: Cloud, run: Any):
    run(WHO)
    run("--link", link_to(cloud, WHO))
    code, _, err = run(WHO)
    assert (code, err) == (
        1, f"{WHO} is subscribed already, and protected; to ask it anew, add --again\n"
    )  # fmt: skip

    assert run(WHO, "--again")[0] == 0
    assert states(run) == [("alerts", WHO, "not confirmed")]


def test_a_link_of_another_stack_is_refused(cloud: Cloud, run: Any):
    run(WHO)
    other = link_to(cloud, WHO).replace("subscribed-alerts", "somebody-elses")
    code, _, err = run("--link", other)

    assert code == 1
    assert err.endswith("somebody-elses, which is no topic of the stack\n")


@pytest.mark.parametrize(
    "link",
    [
        "https://sns.eu-west-1.amazonaws.com.evil.example/?TopicArn=arn:aws:sns:eu-west-1:1:x&Token=1",
        "https://sns.eu-west-1.amazonaws.com/confirmation.html?TopicArn=arn:aws:sns:eu-west-1:1:x",
        "a token",
    ],
    ids=["another host", "without a token", "no link"],
)
def test_what_is_not_the_link_of_such_a_mail_is_refused(link: str):
    with pytest.raises(RefusedError, match="that is not the link of a mail"):
        read_link(link)


def test_an_address_and_a_link_are_one_too_many(run: Any):
    code, _, err = run(WHO, "--link", "https://sns.eu-west-1.amazonaws.com/")

    assert code == 2
    assert "not both" in err

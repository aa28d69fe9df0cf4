"""The built and deployed application on the local AWS: real queues, table, stream and functions."""

from __future__ import annotations

import json
import re
import threading
from typing import Any

import pytest
from s3watch.aws.dynamodb_store import DynamoDBStore
from s3watch.facts.extraction import extract
from s3watch.sources.cloudtrail import decode
from s3watch.sources.envelopes import parse, records

from tests.support.cloudtrail import make_event, make_record, make_user
from tests.support.local_aws import Deployment, eventually
from tests.support.project import EVENTS, RULES

pytestmark = pytest.mark.local_aws
MOST = 10  # messages in one SendMessageBatch


def table_of_events() -> dict[str, set[str]]:
    """The word of events/README.md on which detections each event gives."""
    rows = re.findall(
        r"^\| (?!event |finding-)([a-z][a-z0-9-]+) \| .* \| (.*) \|$",
        (EVENTS / "README.md").read_text(),
        re.MULTILINE,
    )
    names = {path.stem for path in (RULES / "detections").glob("*.yml")}
    return {event: names & set(re.findall(r"[a-z0-9-]+", detections)) for event, detections in rows}


def send(deployed: Deployment, bodies: list[str]) -> None:
    """Put events into the queue, as EventBridge does."""
    sqs = deployed.cloud.client("sqs")
    for start in range(0, len(bodies), MOST):
        entries = [
            {"Id": str(number), "MessageBody": body}
            for number, body in enumerate(bodies[start : start + MOST])
        ]
        sqs.send_message_batch(QueueUrl=deployed.outputs["EventQueue"], Entries=entries)


def store(deployed: Deployment) -> DynamoDBStore:
    return DynamoDBStore(deployed.cloud.client("dynamodb"), deployed.outputs["Ledger"])


def groups_of(deployed: Deployment, event: dict[str, Any]) -> list[Any]:
    """The groups that the accesses of an event belong to, with any label."""
    found, _ = records(parse(event))
    accesses = [access for _, raw in found for access in extract(decode(raw), raw)]
    ids = {item["pk"]["S"] for item in scan(deployed) if item["pk"]["S"].startswith("group#")}
    groups = [store(deployed).group(pk.removeprefix("group#")) for pk in ids]
    actors = {access.actor for access in accesses}
    return [group for group in groups if group and group.actor in actors]


def scan(deployed: Deployment) -> list[dict[str, Any]]:
    pages = deployed.cloud.client("dynamodb").get_paginator("scan")
    return [item for page in pages.paginate(TableName=deployed.outputs["Ledger"]) for item in page["Items"]]


@pytest.fixture(scope="session")
def answers(deployed: Deployment) -> dict[str, Any]:
    """What Detect answered to each sample event, each as a request of its own."""
    client = deployed.cloud.client("lambda")

    def invoke(name: str) -> Any:
        event = (EVENTS / f"{name}.json").read_text()
        own = re.sub(r'(\\*"requestID\\*": *\\*")[^"\\]*', rf"\g<1>{name.upper()}", event)
        return client.invoke(FunctionName=deployed.outputs["Detect"], Payload=own.encode())

    return {name: invoke(name) for name in table_of_events()}


# Batch deletes are held for half a minute, in which the others are looked at.
SAMPLES = dict(sorted(table_of_events().items(), key=lambda row: row[0].startswith("batch-delete")))


@pytest.mark.parametrize(("name", "rules"), list(SAMPLES.items()), ids=list(SAMPLES))
def test_the_deployed_function_takes_a_sample_event_and_does_what_its_name_says(
    deployed: Deployment, answers: dict[str, Any], name: str, rules: set[str]
):
    event = json.loads((EVENTS / f"{name}.json").read_text())

    assert "FunctionError" not in answers[name]
    eventually(
        lambda: rules <= {rule for group in groups_of(deployed, event) for rule in group.rules}, within=90
    )
    if not rules:
        assert json.loads(answers[name]["Payload"].read())["hit"] == 0


def burst(who: str, count: int, start: int = 0) -> list[str]:
    """Events of so many reads by one user, each a request of its own."""
    return [
        make_event(
            make_record(
                userIdentity=make_user(who),
                key=f"payroll/{number % 40}.csv",
                requestID=f"{who}{number:08}",
                eventID=f"{who}-{number}",
            )
        ).decode()
        for number in range(start, start + count)
    ]


def messages_about(deployed: Deployment, who: str) -> list[str]:
    return [mail.attributes["kind"] for mail in deployed.mails(who)]


def count_of(deployed: Deployment, who: str) -> int:
    event = json.loads(burst(who, 1)[0])
    return sum(group.count for group in groups_of(deployed, event))


def test_batches_at_the_same_moment_are_one_first_alert_and_none_is_lost(deployed: Deployment):
    bodies = burst("crowd", 400)
    senders = [threading.Thread(target=send, args=(deployed, bodies[part::2])) for part in range(2)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()

    eventually(lambda: count_of(deployed, "crowd") >= 400, within=90)
    eventually(lambda: "first" in messages_about(deployed, "crowd"), within=60)
    send(deployed, burst("behind", 1))  # a second first alert would be told before this one
    eventually(lambda: messages_about(deployed, "behind") == ["first"], within=60)
    assert count_of(deployed, "crowd") == 400
    assert messages_about(deployed, "crowd").count("first") == 1


def test_a_redelivered_batch_brings_no_message_and_counts_nothing(deployed: Deployment):
    send(deployed, burst("again", 5))
    eventually(lambda: messages_about(deployed, "again") == ["first"], within=60)
    send(deployed, [*burst("again", 5), *burst("marker", 1)])
    eventually(lambda: messages_about(deployed, "marker") == ["first"], within=60)

    assert (count_of(deployed, "again"), messages_about(deployed, "again")) == (5, ["first"])


def test_a_poison_message_goes_to_the_dead_letters_and_its_batch_goes_on(deployed: Deployment):
    send(deployed, ["{ poison", *burst("beside", 1)])
    sqs = deployed.cloud.client("sqs")

    def dead_letters() -> list[str]:
        answer = sqs.receive_message(QueueUrl=deployed.outputs["DeadLetterQueue"], MaxNumberOfMessages=10)
        return [message["Body"] for message in answer.get("Messages", [])]

    assert eventually(lambda: "{ poison" in dead_letters(), within=60)
    assert eventually(lambda: messages_about(deployed, "beside") == ["first"], within=60)

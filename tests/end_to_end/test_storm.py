"""In a flood of callers people get few mails, machines every finding, and what is critical comes at once."""

from __future__ import annotations

import json
import time

import pytest

from tests.support.cloudtrail import make_event, make_record, make_user
from tests.support.local_aws import Deployment, eventually

pytestmark = pytest.mark.local_aws
FLOOD = 500  # callers, each a group and a message to each topic of its own
MOST = 10  # messages in one SendMessageBatch
AT_ONCE = 60  # seconds, which a critical alert may take


def event(name: str, **changes: object) -> str:
    identity = {"userIdentity": make_user(name), "requestID": f"R-{name}", "eventID": f"e-{name}"}
    return make_event(make_record(**identity, **changes)).decode()


def send(deployed: Deployment, bodies: list[str]) -> None:
    sqs = deployed.cloud.client("sqs")
    for start in range(0, len(bodies), MOST):
        some = enumerate(bodies[start : start + MOST])
        entries = [{"Id": str(number), "MessageBody": body} for number, body in some]
        sqs.send_message_batch(QueueUrl=deployed.outputs["EventQueue"], Entries=entries)


def found_by_machines(deployed: Deployment) -> set[str]:
    """The callers of the flood for whom machines got a finding."""
    bodies = [one.body for one in deployed.cloud.inbox() if one.topic == deployed.outputs["MachineTopic"]]
    actors = {json.loads(body)["unmapped"]["actor"] for body in bodies}
    return {actor for actor in actors if actor.startswith("user/storm-")}


def test_what_is_critical_comes_within_a_minute_and_machines_get_all(deployed: Deployment):
    mails = len(deployed.mails())
    flood = [event(f"storm-{number}") for number in range(FLOOD)]
    send(deployed, flood)
    eventually(lambda: found_by_machines(deployed), within=60)  # it is on its way
    start = time.monotonic()
    send(deployed, [event("burglar", eventName="PutObject", key="payroll/HOW_TO_DECRYPT.txt")])

    eventually(lambda: deployed.mails("CRITICAL", "burglar"), within=AT_ONCE)
    assert time.monotonic() - start < AT_ONCE
    eventually(lambda: len(found_by_machines(deployed)) == FLOOD, within=240)
    assert len(deployed.mails()) - mails < FLOOD / 10

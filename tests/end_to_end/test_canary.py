"""Each read of the canary arrives by the same trail and is timed; people hear of it if others touch it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from local.messaging.inbox import Message
from tests.end_to_end.conftest import credentials_of
from tests.support.local_aws import Deployment, eventually

pytestmark = pytest.mark.local_aws


@pytest.fixture
def smoke(
    deployed: Deployment, s3watch: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Any]]:
    """Run `s3watch smoke` on the deployment; returns the exit code, and the steps by their names."""

    def run(*words: str) -> tuple[int, dict[str, Any]]:
        code, out, _ = s3watch("smoke", "--stack", deployed.stack, *words)
        return code, {row["step"]: row for row in map(json.loads, out.splitlines())}

    with credentials_of(deployed, monkeypatch):
        yield run


def told(deployment: Deployment) -> list[Message]:
    return [each for each in deployment.cloud.inbox("none") if "CanaryTopic" in each.topic]


def request_of(message: Message) -> str:
    return str(json.loads(message.body)["evidences"][0]["api"]["request"]["uid"])


def read(deployment: Deployment) -> Any:
    answer = deployment.cloud.client("lambda").invoke(FunctionName=f"{deployment.stack}-read-canary")
    assert "FunctionError" not in answer, answer["Payload"].read()
    return json.loads(answer["Payload"].read())


def test_each_read_of_the_canary_is_told_on_its_own_topic_and_to_nobody_else(deployed: Deployment):
    mails = len(deployed.mails())
    requests = {read(deployed)["request"] for _ in range(2)}  # and the first puts it there

    eventually(lambda: requests <= {request_of(each) for each in told(deployed)})
    assert len(deployed.mails()) == mails


def test_whoever_else_reads_it_is_alerted_like_anybody(deployed: Deployment):
    bucket = deployed.outputs["CanaryBucket"]
    read(deployed)
    deployed.cloud.client("s3").get_object(Bucket=bucket, Key="canary")

    (mail,) = eventually(lambda: deployed.mails("s3watch:canary"))
    assert mail.subject.startswith("[CRITICAL] s3watch:canary: "), mail


def test_smoke_follows_a_read_to_its_topic(smoke: Callable[..., Any]):
    code, steps = smoke("--wait", "20")

    assert (code, list(steps)) == (0, ["read", "recorded", "told", "health"]), steps


def test_smoke_says_which_step_is_missing(deployed: Deployment, smoke: Callable[..., Any]):
    trails = deployed.cloud.client("cloudtrail")
    trails.stop_logging(Name=deployed.stack)
    code, steps = smoke("--wait", "3")
    trails.start_logging(Name=deployed.stack)

    assert (code, steps["recorded"]["seconds"], list(steps)) == (1, None, ["read", "recorded", "health"])
    assert steps["recorded"]["what"].startswith("not yet; 0 events and 0 dead letters wait")
    assert steps["health"]["what"] == "1 problem, told on the operations topic"

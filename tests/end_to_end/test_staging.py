"""A detection from its trial to its first alert: counted by the functions, shown and promoted by hand."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from s3watch.aws import clients
from s3watch_cli.samconfig import write_parameters

from local.demo.callers import DELETE, READ, Callers
from local.demo.deploy import Application
from local.demo.scenario import BUCKET
from tests.support.local_aws import ADDRESS, Deployment, eventually, start_with_buckets
from tests.support.user_project import copy_project

pytestmark = pytest.mark.local_aws
RULE, WHO = "unexpected-read", "user/newcomer"
TRIAL = "# on trial\n- {{rule: unexpected-read, since: {}, owner: me@example.com}}\n"


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Application:
    """A user's copy of this project, with a detection on trial."""
    folder = copy_project(tmp_path_factory.mktemp("staging"))
    trial = TRIAL.format(datetime.now(UTC).date())
    (folder / "rules/staging.yaml").write_text(trial, encoding="utf-8")
    write_parameters(folder / "samconfig.toml", {"AlertEmail": ADDRESS})
    return Application(folder, "s3watch")


@pytest.fixture(scope="module")
def staged(application: Application, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with start_with_buckets(tmp_path_factory.mktemp("trial")) as cloud:
        yield deploy(application, cloud)


def deploy(application: Application, cloud: Any) -> Deployment:
    application.build(cloud)
    outputs = application.deploy_as_configured(cloud, application.folder / "samconfig.toml")
    return Deployment(cloud, outputs, application.stack)


@pytest.fixture
def run(
    staged: Deployment,
    application: Application,
    s3watch: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Callable[..., Any]]:
    """Run a command line on the stack, in the project; returns what it printed, and fails if that fails."""
    for name, value in staged.cloud.environment().items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    monkeypatch.chdir(application.folder)
    clients.client.cache_clear()

    def on_stack(*words: str) -> list[Any]:
        code, out, err = s3watch(*words, "--stack", staged.stack)
        assert code == 0, err
        return [json.loads(line) for line in out.splitlines()]

    yield on_stack
    clients.client.cache_clear()


def test_a_detection_on_trial_alerts_nobody_until_it_is_promoted(
    staged: Deployment, application: Application, run: Callable[..., Any]
):
    s3 = staged.cloud.client("s3", Callers(staged.cloud).user("newcomer", (*READ, *DELETE)), ip="203.0.113.7")
    s3.get_object(Bucket=BUCKET, Key="payroll/2026/q1.csv")["Body"].read()
    (day,) = eventually(lambda: run("promote", RULE), within=60)
    s3.delete_object(Bucket=BUCKET, Key="payroll/2026/q2.csv")  # whose alert comes after one of the read
    eventually(lambda: staged.mails(WHO, "deleted"), within=60)

    assert (day["hits"], day["alerts"]) == (1, 1)
    assert f"payroll: {WHO} read payroll/2026/q1.csv" in day["subjects"][0]
    assert not staged.mails(WHO, "read")

    run("promote", RULE, "--write")
    assert (application.folder / "rules/staging.yaml").read_text(encoding="utf-8") == "# on trial\n"
    deploy(application, staged.cloud)
    later = Callers(staged.cloud).user("latecomer", READ)
    staged.cloud.client("s3", later, ip="203.0.113.7").get_object(Bucket=BUCKET, Key="payroll/2026/q1.csv")
    assert eventually(lambda: staged.mails("user/latecomer", "read"), within=60)

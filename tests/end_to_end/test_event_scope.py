"""s3watch with EventScope=unexpected and without log files: all that it learns comes by EventBridge."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from s3watch_cli.generate.event_rules import write_event_rules
from s3watch_cli.samconfig import write_parameters

from local.demo.callers import READ, WRITE, Callers
from local.demo.deploy import Application
from local.demo.run import play, wait
from local.demo.scenario import BUCKETS, acts
from tests.support.local_aws import ADDRESS, Deployment, eventually, start_with_buckets
from tests.support.user_project import copy_project

pytestmark = pytest.mark.local_aws
NARROWED = {
    "WatchedBuckets": ",".join(BUCKETS),
    "AlertEmail": ADDRESS,
    "EventScope": "unexpected",
    "ScanLogFiles": "false",
}
LEDGER, EXPORT = "finance-exports", "2026/ledger.parquet"  # which two roles are expected to read and write
BAIT = "2026/passwords.csv"  # which nobody is expected to touch, these two neither
DECOY = f"\n  - name: ledger bait\n    match: s3://{LEDGER}/{BAIT}\n    decoy: true\n"
QUIET = 2.0  # seconds; events take 0.05 here


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Application:
    """A user's copy of this project, with a decoy, and with the rules of a scope."""
    folder = copy_project(tmp_path_factory.mktemp("narrowed"))
    with (folder / "rules/catalogue.yaml").open("a", encoding="utf-8") as catalogue:
        catalogue.write(DECOY)
    write_parameters(folder / "samconfig.toml", NARROWED)
    write_event_rules(folder / "rules", folder / "samconfig.toml", write=True)
    return Application(folder, "s3watch")


@pytest.fixture(scope="module")
def narrowed(application: Application, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with start_with_buckets(tmp_path_factory.mktemp("events")) as cloud:
        cloud.client("s3").put_object(Bucket=LEDGER, Key=BAIT, Body=b"not what it says")
        application.build(cloud)
        outputs = application.deploy_as_configured(cloud, application.folder / "samconfig.toml")
        yield Deployment(cloud, outputs, application.stack)


@pytest.fixture(scope="module")
def exporter(narrowed: Deployment) -> Any:
    """A client of a role that is expected to read and write all of the ledger."""
    keys = Callers(narrowed.cloud).role("ledger-exporter", (*READ, *WRITE), session="nightly")
    return narrowed.cloud.client("s3", keys)


@contextmanager
def held(deployment: Deployment) -> Iterator[str]:
    """The queue of the events, of which Detect takes none meanwhile."""
    client = deployment.cloud.client("lambda")
    mappings = client.list_event_source_mappings(FunctionName=deployment.outputs["Detect"])
    (mapping,) = (each["UUID"] for each in mappings["EventSourceMappings"])
    client.update_event_source_mapping(UUID=mapping, Enabled=False)
    yield deployment.outputs["EventQueue"]
    client.update_event_source_mapping(UUID=mapping, Enabled=True)


def count(deployment: Deployment, queue: str) -> int:
    name = "ApproximateNumberOfMessages"
    sqs = deployment.cloud.client("sqs")
    return int(sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=[name])["Attributes"][name])


def calls_in(deployment: Deployment, queue: str) -> list[tuple[str, str]]:
    """The event name and the caller of the messages in a queue, which become visible again at once."""
    sqs = deployment.cloud.client("sqs")
    answer = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=0)
    details = [json.loads(message["Body"])["detail"] for message in answer.get("Messages", ())]
    return [(detail["eventName"], detail["userIdentity"]["arn"].rpartition("/")[2]) for detail in details]


def use(s3: Any, times: int) -> None:
    """Read, look at and write sensitive objects, as an application does all day."""
    for number in range(times):
        s3.get_object(Bucket=LEDGER, Key=EXPORT)["Body"].read()
        s3.head_object(Bucket=LEDGER, Key=EXPORT)
        s3.put_object(Bucket=LEDGER, Key=f"2026/{number}.parquet", Body=b"as expected")


def test_expected_calls_reach_no_queue_and_an_unexpected_one_is_alerted(narrowed: Deployment, exporter: Any):
    visitor = Callers(narrowed.cloud).user("visitor", READ)
    with held(narrowed) as queue:
        use(exporter, times=20)
        narrowed.cloud.client("s3", visitor).get_object(Bucket=LEDGER, Key=EXPORT)
        eventually(lambda: count(narrowed, queue))
        time.sleep(QUIET)
        assert calls_in(narrowed, queue) == [("GetObject", "visitor")]

    eventually(lambda: narrowed.mails("visitor", EXPORT), within=60)
    assert not narrowed.mails("ledger exports", "ledger-exporter")


def test_an_expected_role_that_reads_a_decoy_brings_one_critical_mail_that_names_it(
    narrowed: Deployment, exporter: Any
):
    exporter.get_object(Bucket=LEDGER, Key=BAIT)["Body"].read()

    eventually(lambda: narrowed.mails("ledger bait", "ledger-exporter"), within=60)
    time.sleep(QUIET)
    (mail,) = narrowed.mails("ledger bait", "ledger-exporter")
    assert mail.subject == f"[CRITICAL] ledger bait: role/ledger-exporter read {BAIT} (decoy)"
    assert mail.body.startswith(f'Decoy "ledger bait" touched: role/ledger-exporter read {BAIT}')


def test_every_act_of_the_demo_brings_its_mail(narrowed: Deployment):
    played = play(list(acts(narrowed.cloud)))

    assert len(wait(narrowed.cloud, played)) == len([act for act, _ in played if act.is_mailed])


def test_with_a_scope_that_its_rules_are_not_written_for_whole_buckets_pass(
    application: Application, narrowed: Deployment
):
    assert narrowed.outputs["EventsPassed"] == "calls on the watched buckets that a detection could match"
    outputs = application.deploy(narrowed.cloud, NARROWED | {"EventScope": "objects"})
    archiver = Callers(narrowed.cloud).role("ledger-archiver", READ, session="monthly")

    assert outputs["EventsPassed"].startswith(
        "all calls on the watched buckets, because stacks/event-rules.yaml"
    )
    with held(narrowed) as queue:
        narrowed.cloud.client("s3", archiver).get_object(Bucket=LEDGER, Key=EXPORT)
        assert eventually(lambda: calls_in(narrowed, queue)) == [("GetObject", "monthly")]

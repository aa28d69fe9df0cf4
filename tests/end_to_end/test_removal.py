"""Removed as docs/operations.md says: the log files stay, all else goes, and the next deployment works."""

from __future__ import annotations

from typing import Any

import pytest

from local.cloud import ROOT, Cloud
from local.demo.deploy import Application, DeployError
from local.demo.scenario import BUCKET, BUCKETS, OBJECT
from local.settings import ACCOUNT, REGION
from tests.support.local_aws import DEFAULTS, Deployment, deploy, eventually, start_with_buckets

pytestmark = pytest.mark.local_aws

STACK = "removed"
PARAMETERS = DEFAULTS | {"AccessLogDays": "90"}
LISTS = {
    "queues": ("sqs", "list_queues", "QueueUrls"),
    "topics": ("sns", "list_topics", "Topics"),
    "functions": ("lambda", "list_functions", "Functions"),
    "tables": ("dynamodb", "list_tables", "TableNames"),
    "trails": ("cloudtrail", "list_trails", "Trails"),
    "rules": ("events", "list_rules", "Rules"),
    "alarms": ("cloudwatch", "describe_alarms", "MetricAlarms"),
}


def left_in(account: Cloud) -> dict[str, Any]:
    return {
        name: getattr(account.client(service), call)().get(member, [])
        for name, (service, call, member) in LISTS.items()
    }


def made_buckets(account: Cloud) -> list[str]:
    names = [bucket["Name"] for bucket in account.client("s3").list_buckets()["Buckets"]]
    return [name for name in names if name not in BUCKETS and "samcli" not in name]


def log_buckets(account: Cloud) -> dict[str, int]:
    """The buckets that keep log files, with the number of files in each."""
    s3 = account.client("s3")
    ours = [name for name in made_buckets(account) if "canary" not in name]
    return {name: s3.list_objects_v2(Bucket=name)["KeyCount"] for name in ours}


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory):
    with start_with_buckets(tmp_path_factory.mktemp("removed")) as account:
        yield account


@pytest.fixture(scope="module")
def deployment(account: Cloud) -> Deployment:
    made = deploy(account, STACK, PARAMETERS)
    account.client("s3").head_object(Bucket=BUCKET, Key=OBJECT)
    eventually(lambda: any(log_buckets(account).values()), within=90)
    assert all(left_in(account).values())
    return made


@pytest.fixture(scope="module")
def removed(deployment: Deployment) -> dict[str, int]:
    """The log buckets before the stack was deleted."""
    before = log_buckets(deployment.cloud)
    Application(ROOT, STACK).delete(deployment.cloud)
    return before


def test_the_log_buckets_stay_with_their_files_and_policies(account: Cloud, removed: dict[str, int]):
    s3, after = account.client("s3"), log_buckets(account)
    policies = [s3.get_bucket_policy(Bucket=name)["Policy"] for name in after]

    assert len(after) == 2
    assert after.keys() == removed.keys()
    assert all(after[name] >= files for name, files in removed.items())
    assert all('"Deny"' in policy for policy in policies)


def test_so_does_the_canarys_bucket(account: Cloud, removed: dict[str, int]):
    assert len([name for name in made_buckets(account) if "canary" in name]) == 1


def test_nothing_else_stays(account: Cloud, removed: dict[str, int]):
    assert left_in(account) == {name: [] for name in LISTS}


def test_a_second_one_needs_another_name_for_the_access_logs_only(account: Cloud, removed: dict[str, int]):
    again = deploy(account, STACK, PARAMETERS | {"AccessLogBucketName": "access-logs-of-the-second"})

    assert again.outputs["AccessLogBucket"] == "access-logs-of-the-second"
    assert len(log_buckets(account)) == 4


def test_a_failed_deployment_does_not_block_the_next(tmp_path_factory: pytest.TempPathFactory):
    with start_with_buckets(tmp_path_factory.mktemp("failed")) as account:
        athena = account.client("athena")
        athena.create_work_group(Name="failed")  # the name that the stack's is to have
        with pytest.raises(DeployError):
            deploy(account, "failed", PARAMETERS | {"Analytics": "tables"})
        tried = account.client("cloudformation").describe_stack_events(StackName="failed")["StackEvents"]
        Application(ROOT, "failed").delete(account)
        athena.delete_work_group(WorkGroup="failed")
        again = deploy(account, "failed", PARAMETERS | {"Analytics": "tables"})

    rolled_back = {one["LogicalResourceId"] for one in tried if one["ResourceStatus"] == "DELETE_COMPLETE"}
    assert "AccessLogFiles" in rolled_back
    assert again.outputs["AccessLogBucket"] == f"failed-access-logs-{ACCOUNT}-{REGION}"

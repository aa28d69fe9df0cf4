"""An upgrade in place: what an earlier commit deployed stays, with all that it knows, and goes on telling.

Both are built and deployed for real: each by its own samconfig.toml, and with every option.
"""

from __future__ import annotations

import io
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import which

import pytest

from local.cloud import ROOT, Cloud, Keys
from local.demo.callers import DELETE, READ, Callers
from local.demo.deploy import Application
from local.demo.scenario import BUCKET, OBJECT
from local.messaging.inbox import Message
from tests.support.local_aws import (
    EVERY_OPTION,
    Deployment,
    deploy,
    deploy_by_samconfig,
    eventually,
    start_with_buckets,
    write_samconfig,
)

pytestmark = pytest.mark.local_aws

# Before log buckets were locked and digests of grants kept. Once there is a release: its tag.
EARLIER = "123c4dc"
NEWER = {  # options
    "EndpointDenials", "LogBucketAdmins", "PermissionsBoundary", "TrailLock", "VpcSecurityGroups",
    "VpcSubnets",
}  # fmt: skip
HOLDING_STATE = {
    "AWS::CloudFormation::Stack", "AWS::CloudTrail::Trail", "AWS::DynamoDB::Table", "AWS::S3::Bucket",
    "AWS::SNS::Topic", "AWS::SQS::Queue",
}  # fmt: skip

type Resources = dict[tuple[str, str], str]  # physical ids by stack and logical id


@dataclass(frozen=True, slots=True)
class Upgrade:
    """A deployment, what it was before, and whom it told of before."""

    outputs_before: dict[str, str]
    resources_before: Resources
    reader: Keys
    now: Deployment


def export(commit: str) -> Path:
    """The sources of a commit, in a folder that keeps their build for the next run."""
    folder = ROOT / ".aws-sam" / f"earlier-{commit}"
    if not folder.exists():
        archive = [which("git") or "git", "archive", commit]
        made = subprocess.run(archive, cwd=ROOT, capture_output=True, check=False)
        if made.returncode and not (ROOT / ".git").exists():
            pytest.skip("these sources have no history to upgrade from")
        assert made.returncode == 0, f"`git fetch --unshallow` gets commit {commit}: {made.stderr.decode()}"
        with tarfile.open(fileobj=io.BytesIO(made.stdout)) as sources:
            sources.extractall(folder.with_suffix(".part"), filter="data")
        folder.with_suffix(".part").rename(folder)
    return folder


def deploy_earlier(cloud: Cloud, folder: Path, *, whole: bool) -> Deployment:
    """Deploy the earlier commit with every option that it had, or as its samconfig.toml says."""
    shipped = (export(EARLIER) / "samconfig.toml").read_text(encoding="utf-8")
    samconfig, stack = write_samconfig(folder / "earlier.toml", shipped)
    application = Application(export(EARLIER), stack)
    with application.alone():
        if not application.fresh():
            application.build(cloud)
        options = {name: value for name, value in EVERY_OPTION.items() if name not in NEWER}
        outputs = (
            application.deploy(cloud, options)
            if whole
            else application.deploy_as_configured(cloud, samconfig)
        )
        return Deployment(cloud, outputs, stack)


def resources(deployment: Deployment) -> Resources:
    """What holds state in the stack and those nested in it."""
    cloudformation = deployment.cloud.client("cloudformation")
    pages = cloudformation.get_paginator("list_stack_resources")
    return {
        (stack, one["LogicalResourceId"]): one["PhysicalResourceId"]
        for stack in states(deployment)
        for page in pages.paginate(StackName=stack)
        for one in page["StackResourceSummaries"]
        if one["ResourceType"] in HOLDING_STATE
    }


def states(deployment: Deployment) -> dict[str, str]:
    """The status of each stack of the deployment."""
    stacks = deployment.cloud.client("cloudformation").list_stacks()["StackSummaries"]
    named = {stack["StackName"]: stack["StackStatus"] for stack in stacks}
    return {name: state for name, state in named.items() if name.startswith(deployment.stack)}


def read(cloud: Cloud, keys: Keys) -> None:
    cloud.client("s3", keys, ip="203.0.113.7").get_object(Bucket=BUCKET, Key=OBJECT)["Body"].read()


def mails(deployment: Deployment, *words: str) -> list[Message]:
    return eventually(lambda: deployment.mails(*words), within=90)


@pytest.fixture(scope="module", params=[False, True], ids=["as samconfig says", "with every option"])
def upgrade(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upgrade]:
    folder, whole = tmp_path_factory.mktemp("upgrade"), request.param
    with start_with_buckets(folder) as cloud:
        earlier = deploy_earlier(cloud, folder, whole=whole)
        reader = Callers(cloud).user("reader", (*READ, *DELETE))
        read(cloud, reader)
        mails(earlier, "reader", "read")
        before = resources(earlier)
        now = deploy(cloud, earlier.stack, EVERY_OPTION) if whole else deploy_by_samconfig(cloud, folder)
        yield Upgrade(earlier.outputs, before, reader, now)


def test_an_upgrade_replaces_nothing_that_holds_state(upgrade: Upgrade):
    now, stacks = resources(upgrade.now), states(upgrade.now)

    assert stacks.pop(upgrade.now.stack) == "UPDATE_COMPLETE"
    assert set(stacks.values()) <= {"UPDATE_COMPLETE", "CREATE_COMPLETE"}  # some options are new stacks
    assert {name: now.get(name) for name in upgrade.resources_before} == upgrade.resources_before


def test_outputs_that_others_may_use_stay(upgrade: Upgrade):
    now = upgrade.now.outputs

    assert {name: now.get(name) for name in upgrade.outputs_before} == upgrade.outputs_before


def test_a_caller_who_is_new_is_told_of(upgrade: Upgrade):
    read(upgrade.now.cloud, Callers(upgrade.now.cloud).user("newcomer", READ))

    assert len(mails(upgrade.now, "newcomer", OBJECT)) == 1


def test_of_a_caller_who_was_told_of_before_it_is_known_what_was_told(upgrade: Upgrade):
    s3 = upgrade.now.cloud.client("s3", upgrade.reader, ip="203.0.113.7")
    s3.delete_object(Bucket=BUCKET, Key=OBJECT)

    assert [message.subject for message in mails(upgrade.now, "reader", "deleted")] == [
        f"[HIGH] payroll: user/reader deleted {OBJECT} (unexpected, before: read 1)"
    ]

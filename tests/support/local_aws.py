"""Fixtures on the local AWS, each for a whole session.

`cloud` is empty, for the tests of the local AWS itself and of the command line; `small` is an application of
the tests' own in it. `deployed` has s3watch as it comes, `complete` with every option on, `bare` with every
option off, `existing` in an account that was in use before. Each has its own account: a record that one's
trail selects would reach the others' rules.
`eventually` waits for the effect of a queue, a stream or a schedule.
"""

from __future__ import annotations

import shutil
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from s3watch_cli.samconfig import write_parameters

from local.cloud import ROOT, Cloud, running
from local.demo.deploy import Application
from local.demo.scenario import BUCKETS, create_buckets
from local.messaging.inbox import Message
from local.settings import ACCOUNT, Settings, free_port
from tests.support.shipped import shipped_samconfig

ADDRESS = "security@example.com"
OPERATIONS = "operations@example.com"
AS_ROOT = f"arn:aws:iam::{ACCOUNT}:root"  # the local AWS deploys and is called as root
CHANNEL = f"arn:aws:iam::{ACCOUNT}:role/Channel"  # with which the chat calls the function of its buttons
DEFAULTS = {"WatchedBuckets": ",".join(BUCKETS), "AlertEmail": ADDRESS, "RedriveRoles": AS_ROOT}
EVERY_OPTION = DEFAULTS | {
    "OperationsEmail": OPERATIONS,
    "ChatRole": CHANNEL,
    "TrailAlsoRecords": "both",
    "EndpointDenials": "true",
    "SilenceHours": "1",
    "Analytics": "log-group",
    "SensitiveObjects": "hr-data/payroll/,finance-exports/q3.csv",
    "RequestMetrics": "true",
    "AccessLogDays": "90",
    "ScanLogFiles": "true",
    "ObjectDeletedEvents": "true",
    "RelayFindings": "all",
    "ReviewBuckets": "true",
    "Remediate": "acl",
    "PostureRules": "true",
    "TrailLock": "governance",
    "LogBucketAdmins": AS_ROOT,
    "PermissionsBoundary": "arn:aws:iam::aws:policy/PowerUserAccess",
    "VpcSubnets": "subnet-0a1b2c3d4e5f60718,subnet-1a2b3c4d5e6f70819",
    "VpcSecurityGroups": "sg-0a1b2c3d4e5f60718",
}
NO_OPTION = {
    "Canary": "off",
    "WatchedBuckets": ",".join(BUCKETS),
    "TrailAlsoRecords": "neither",
    "FilterByBucket": "false",
    "ScanLogFiles": "false",
    "RelayFindings": "off",
    "ReviewBuckets": "false",
}
OPEN_BUCKET = "finance-exports"
CORRECTING = DEFAULTS | {
    "Remediate": "acl",
    "Analytics": "tables",
    "AccessLogBucket": "access-logs/s3",
    "ChatRole": CHANNEL,
}


@dataclass(frozen=True)
class Deployment:
    """A stack on a local AWS."""

    cloud: Cloud
    outputs: dict[str, str]
    stack: str

    def mails(self, *words: str, to: str = ADDRESS) -> list[Message]:
        """E-mails to an address whose subject holds every word."""
        received = [message for message in self.cloud.inbox("email") if message.endpoint == to]
        return [message for message in received if all(word in (message.subject or "") for word in words)]


@contextmanager
def without_events(deployment: Deployment) -> Iterator[None]:
    """EventBridge drops every call on S3."""
    stacks, rules = deployment.cloud.client("cloudformation"), deployment.cloud.client("events")
    told = stacks.describe_stack_resource(StackName=deployment.stack, LogicalResourceId="S3Rule")
    rule = told["StackResourceDetail"]["PhysicalResourceId"]
    rules.disable_rule(Name=rule)
    yield
    rules.enable_rule(Name=rule)


def eventually[Found](look: Callable[[], Found], *, within: float = 20) -> Found:
    """Look until there is something to see; fail with the last look."""
    until = time.monotonic() + within
    while not (found := look()):
        assert time.monotonic() < until, f"nothing within {within} s, the last look found {found!r}"
        time.sleep(0.05)
    return found


def start(folder: Path, **changes: Any) -> Any:
    """A local AWS at a test's pace: events at once, logs every half second, minutes that pass in seconds."""
    pace: dict[str, Any] = {"event_delay": 0.05, "log_interval": 0.5, "speed": 20} | changes
    return running(Settings(**{"port": free_port(), "folder": folder} | pace))


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with start(tmp_path_factory.mktemp("local-aws")) as started:
        yield started


@pytest.fixture(scope="session")
def small(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    folder = tmp_path_factory.mktemp("small") / "app"
    shutil.copytree(Path(__file__).parent / "local_app", folder)
    application = Application(folder, "small")
    application.build(cloud)
    outputs = application.deploy(cloud, {"Bucket": "watched", "Window": "0"})
    s3 = cloud.client("s3")
    for bucket in ("watched", "unwatched"):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    return Deployment(cloud, outputs, "small")


@contextmanager
def start_with_buckets(folder: Path) -> Iterator[Cloud]:
    """A local AWS with the example buckets."""
    with start(folder) as started:
        create_buckets(started)
        yield started


def deploy(cloud: Cloud, stack: str, parameters: Mapping[str, str]) -> Deployment:
    """Deploy s3watch by real `sam deploy`, after `sam build` unless the build is fresh."""
    with built(cloud, stack) as application:
        return Deployment(cloud, application.deploy(cloud, parameters), stack)


@contextmanager
def built(cloud: Cloud, stack: str) -> Iterator[Application]:
    """s3watch as `sam build` makes it with the example rules, until it is deployed."""
    application = Application(ROOT, stack, example=True)
    with application.alone():
        if not application.fresh():
            application.build(cloud)
        yield application


def deploy_by_samconfig(cloud: Cloud, folder: Path) -> Deployment:
    """Deploy by the shipped samconfig.toml, as somebody does who only adds an address to it."""
    path, stack = write_samconfig(folder / "s3watch.toml", example_samconfig())
    with built(cloud, stack) as application:
        return Deployment(cloud, application.deploy_as_configured(cloud, path), stack)


def example_samconfig() -> str:
    """The samconfig.toml that is shipped, for what was built with the example rules."""
    return shipped_samconfig().replace(".aws-sam/build/", ".aws-sam/example/")


def write_samconfig(path: Path, text: str) -> tuple[Path, str]:
    """Write a samconfig.toml with an address; returns its path and the stack's name."""
    path.write_text(text, encoding="utf-8")
    write_parameters(path, {"AlertEmail": ADDRESS})
    return path, tomllib.loads(text)["default"]["global"]["parameters"]["stack_name"]


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """s3watch as it comes, deployed as samconfig.toml says."""
    folder = tmp_path_factory.mktemp("deployed")
    with start_with_buckets(folder) as account:
        yield deploy_by_samconfig(account, folder)


@pytest.fixture(scope="session")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """s3watch with every option off; it has no subscriber."""
    with start_with_buckets(tmp_path_factory.mktemp("bare")) as account:
        yield deploy(account, "bare", NO_OPTION)


@pytest.fixture(scope="session")
def complete(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """s3watch with every option on."""
    with start_with_buckets(tmp_path_factory.mktemp("complete")) as account:
        yield deploy(account, "complete", EVERY_OPTION)


@pytest.fixture(scope="session")
def existing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """s3watch in an account that has access logs and a bucket that may be opened; it is to correct that."""
    with start_with_buckets(tmp_path_factory.mktemp("existing")) as account:
        open_bucket(account)
        yield deploy(account, "s3watch", CORRECTING)


def open_bucket(account: Cloud) -> None:
    """Let access control lists and policies open a bucket, as in older ones."""
    s3 = account.client("s3")
    s3.put_bucket_ownership_controls(
        Bucket=OPEN_BUCKET, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    )
    s3.delete_public_access_block(Bucket=OPEN_BUCKET)

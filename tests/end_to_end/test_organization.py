"""An organization's central stack: log files of all accounts in one bucket, buckets of other accounts."""

from __future__ import annotations

import gzip
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from local.cloud import Cloud, root
from local.demo.scenario import OBJECT
from local.settings import REGION, STRANGER
from tests.support.cloudtrail import make_log_file, make_record, make_resources, make_user
from tests.support.local_aws import ADDRESS, AS_ROOT, OPERATIONS, Deployment, deploy, eventually, start
from tests.support.log_files import ORGANIZATION_KEY
from tests.support.review_events import make_schedule

pytestmark = pytest.mark.local_aws
LOGS, THEIRS = "organization-logs", "hr-data"
PARAMETERS = {
    "WatchedBuckets": f"{THEIRS},finance-exports",
    "RedriveRoles": AS_ROOT,
    "AlertEmail": ADDRESS,
    "OperationsEmail": OPERATIONS,
    "ExistingTrail": "organization",
    "LogBuckets": f"arn:aws:s3:::{LOGS}",
}


def create(s3: Any, bucket: str) -> None:
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})


def attach(account: Cloud, folder: str) -> None:
    """Have the bucket notify the queue, as docs/deploying.md says."""
    command = ("attach", "--trail-bucket", LOGS, "--stack", "central", "--state", folder, "--yes")
    done = subprocess.run(
        (sys.executable, "-m", "s3watch_cli.main", *command),
        env=account.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def central(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """s3watch in the log archive account; the watched buckets are another account's."""
    folder = tmp_path_factory.mktemp("central")
    with start(folder) as account:
        create(account.client("s3"), LOGS)
        create(account.client("s3", root(STRANGER)), THEIRS)
        stack = deploy(account, "central", PARAMETERS)
        attach(account, str(folder / "attached"))
        yield stack


def record_of_member(**changes: Any) -> dict[str, Any]:
    """A read in a member account, as the organization's trail writes it."""
    resources = make_resources(THEIRS, OBJECT, STRANGER)
    return make_record(key=OBJECT, recipientAccountId=STRANGER, resources=resources, **changes)


def test_a_read_in_a_member_account_is_told_from_the_organizations_log_file(central: Deployment):
    content = gzip.compress(make_log_file(record_of_member(userIdentity=make_user("olivia", STRANGER))))
    central.cloud.client("s3").put_object(Bucket=LOGS, Key=ORGANIZATION_KEY, Body=content)

    (mail,) = eventually(lambda: central.mails("olivia", OBJECT), within=90)
    assert STRANGER in mail.body


def test_the_review_of_buckets_of_other_accounts_is_no_storm(central: Deployment):
    queue, sqs = central.outputs["ReviewQueue"], central.cloud.client("sqs")
    sqs.send_message(QueueUrl=queue, MessageBody=make_schedule().decode())

    def left() -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        told = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
        return sum(map(int, told.values()))

    eventually(lambda: left() == 0, within=60)
    assert central.mails("bucket") == []

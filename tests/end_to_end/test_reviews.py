"""Reviews on the local AWS: real changes of a watched bucket, real mails, a correction and its undoing."""

from __future__ import annotations

import re

import boto3
import pytest
from s3watch.aws import clients
from s3watch_cli.attach.revert import revert

from local.demo.callers import Callers
from local.demo.scenario import BUCKETS
from local.settings import REGION
from tests.support.bucket_states import EVERYONE, allow, make_policy
from tests.support.local_aws import OPEN_BUCKET as BUCKET
from tests.support.local_aws import Deployment, eventually
from tests.support.review_events import make_compliance_change, make_schedule

pytestmark = pytest.mark.local_aws
OBJECT = BUCKETS[BUCKET][0]
ADMIN = (
    "s3:PutBucketPolicy", "s3:PutBucketAcl", "s3:PutBucketPublicAccessBlock", "s3:PutBucketOwnershipControls",
)  # fmt: skip


def groups(deployment: Deployment) -> list[str]:
    scan = deployment.cloud.client("dynamodb").scan(TableName=deployment.outputs["Ledger"])
    return [item["pk"]["S"] for item in scan["Items"]]


def send(deployment: Deployment, event: bytes) -> None:
    """Put an event into the queue, as EventBridge does; nobody may send it one that says `aws.`."""
    queue = deployment.outputs["ReviewQueue"]
    deployment.cloud.client("sqs").send_message(QueueUrl=queue, MessageBody=event.decode())


def first_review(deployment: Deployment) -> None:
    """Have the bucket reviewed, so that there is a before; the six-hourly schedule does it otherwise."""
    send(deployment, make_schedule())
    eventually(lambda: f"review#{BUCKET}" in groups(deployment), within=60)


def test_a_bucket_opened_by_its_policy_is_one_mail_with_before_and_after(existing):
    first_review(existing)
    carol = Callers(existing.cloud).user("carol", ADMIN)
    existing.cloud.client("s3", carol, ip="203.0.113.9").put_bucket_policy(
        Bucket=BUCKET,
        Policy=make_policy(
            allow(Action=["s3:GetObject", "s3:ListBucket"])
            | {"Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"]}
        ),
    )
    mails = eventually(lambda: existing.mails("CRITICAL", "user/carol", "to everyone"), within=60)

    assert "\nBefore: nobody outside the account\n" in mails[0].body
    assert "everyone may read and list (bucket policy)" in mails[0].body
    assert "203.0.113.9" in mails[0].body
    assert "could not be read" not in mails[0].body
    assert len({re.search(r"alert (\w+)", mail.body)[1] for mail in existing.mails("user/carol")}) == 1


def test_whoever_then_comes_without_credentials_is_told_with_what_lets_everyone_in(existing):
    existing.cloud.anonymous(ip="198.51.100.7").get_object(Bucket=BUCKET, Key=OBJECT)
    [mail] = eventually(lambda: existing.mails("anonymous", OBJECT), within=60)

    assert [line for line in mail.body.splitlines() if line.startswith("Public:")] == [
        "Public: yes: everyone may reach objects (bucket policy, which AWS calls public)"
    ]


def test_a_public_list_is_reset_told_and_put_back_by_one_command(existing, monkeypatch):
    dave = Callers(existing.cloud).user("dave", ADMIN)
    existing.cloud.client("s3", dave).put_bucket_acl(Bucket=BUCKET, ACL="public-read-write")
    s3 = existing.cloud.client("s3")

    def public() -> bool:
        grants = s3.get_bucket_acl(Bucket=BUCKET)["Grants"]
        return any(grant["Grantee"].get("URI") == EVERYONE for grant in grants)

    mails = eventually(lambda: existing.mails("CRITICAL", "user/dave", "(corrected)"), within=60)
    reset = public()
    for name, value in existing.cloud.environment().items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    clients.client.cache_clear()
    revert(BUCKET, existing.stack, "", None, REGION, yes=True)
    clients.client.cache_clear()

    assert f"s3watch remediation revert {BUCKET}" in mails[0].body
    assert (reset, public()) == (False, True)


def test_what_aws_config_finds_is_a_mail(existing):
    # The revert before has opened the list again: that is told first, or AWS Config would be named for it.
    eventually(lambda: existing.mails("CRITICAL", "root", "to everyone"), within=60)
    send(existing, make_compliance_change("s3watch-s3-bucket-logging-enabled", BUCKET))
    (mail,) = eventually(lambda: existing.mails("MEDIUM", "AWS Config", "not compliant"), within=120)

    assert "\nFound by: AWS Config: s3watch-s3-bucket-logging-enabled is NON_COMPLIANT" in mail.body
    assert "could not be read" not in mail.body

"""What mails say besides the records, of real buckets and callers: what became of them, and who is behind."""

from __future__ import annotations

from typing import Any

import pytest

from local.cloud import Keys
from local.demo.callers import DELETE, READ, Callers
from local.demo.scenario import BUCKET, BUCKETS, OBJECT, SIZE
from local.settings import ACCOUNT
from tests.support.local_aws import Deployment, eventually

pytestmark = pytest.mark.local_aws
PLAIN, VERSIONED = BUCKETS


def test_the_mail_of_a_delete_says_whether_it_can_be_restored_and_whose_the_role_of_the_caller_is(
    existing: Deployment,
):
    owner: Any = existing.cloud.client("s3")
    owner.put_bucket_versioning(Bucket=VERSIONED, VersioningConfiguration={"Status": "Enabled"})
    tidy = Callers(existing.cloud).role("tidy", DELETE, session="run", path="/apps/hr/")
    tags = {"team": "payroll", "environment": "production", "cost-center": "4711"}
    existing.cloud.client("iam").tag_role(
        RoleName="tidy", Tags=[{"Key": name, "Value": value} for name, value in tags.items()]
    )
    s3 = existing.cloud.client("s3", tidy, ip="203.0.113.7")
    for bucket in (PLAIN, VERSIONED):
        s3.delete_object(Bucket=bucket, Key=BUCKETS[bucket][0])
        owner.put_object(Bucket=bucket, Key=BUCKETS[bucket][0], Body=bytes(SIZE))  # others read it

    [gone] = eventually(lambda: existing.mails("role/tidy", BUCKETS[PLAIN][0]), within=60)
    [hidden] = eventually(lambda: existing.mails("role/tidy", BUCKETS[VERSIONED][0]), within=60)
    assert "\nRestore: no, the bucket keeps no versions: only a backup or replica has it\n" in gone.body
    assert "\nRestore: yes, the bucket keeps versions: remove the delete marker\n" in hidden.body
    assert "\nCaller tags: team=payroll, environment=production\n" in gone.body


def assume(deployment: Deployment, keys: Keys, role: str, session: str) -> Keys:
    """Assume a role with somebody's own credentials, under a name of their choice."""
    sts = deployment.cloud.client("sts", keys, ip="198.51.100.23")
    arn = f"arn:aws:iam::{ACCOUNT}:role/{role}"
    given = sts.assume_role(RoleArn=arn, RoleSessionName=session)["Credentials"]
    return Keys(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])


def test_the_mail_names_the_user_behind_a_role_whatever_the_session_is_called(existing: Deployment):
    callers = Callers(existing.cloud)
    for role, actions in (("on-call", READ), ("jump", ("sts:AssumeRole",))):
        callers.role(role, actions, session="set-up")
    thief = callers.user("bored-intern", ("sts:AssumeRole",))
    through = assume(existing, thief, "jump", "carol@example.com")
    reader = assume(existing, through, "on-call", "nightly-report")

    s3 = existing.cloud.client("s3", reader, ip="203.0.113.7")
    s3.get_object(Bucket=BUCKET, Key=OBJECT)["Body"].read()

    [mail] = eventually(lambda: existing.mails("role/on-call", OBJECT), within=60)
    assert "\nWho: role/on-call, session nightly-report, account 111122223333, without MFA\n" in mail.body
    assert (
        "\nAssumed by: role/jump, session carol@example[.]com, itself assumed by user/bored-intern,"
        " from 198.51.100.23\n"
    ) in mail.body
    assert "\naws iam update-access-key --user-name bored-intern --access-key-id AKIA" in mail.body

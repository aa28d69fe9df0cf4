"""Real deletes in a bucket that keeps versions and in one that does not, and what their mails say of that."""

from __future__ import annotations

from typing import Any

import pytest

from local.demo.callers import DELETE, Callers
from local.demo.scenario import BUCKETS, SIZE
from tests.support.local_aws import Deployment, eventually

pytestmark = pytest.mark.local_aws
PLAIN, VERSIONED = BUCKETS


def test_the_mail_of_a_delete_says_whether_the_object_can_be_restored(existing: Deployment):
    owner: Any = existing.cloud.client("s3")
    owner.put_bucket_versioning(Bucket=VERSIONED, VersioningConfiguration={"Status": "Enabled"})
    s3 = existing.cloud.client("s3", Callers(existing.cloud).user("tidy", DELETE), ip="203.0.113.7")
    for bucket in (PLAIN, VERSIONED):
        s3.delete_object(Bucket=bucket, Key=BUCKETS[bucket][0])
        owner.put_object(Bucket=bucket, Key=BUCKETS[bucket][0], Body=bytes(SIZE))  # others read it

    [gone] = eventually(lambda: existing.mails("user/tidy", BUCKETS[PLAIN][0]), within=60)
    [hidden] = eventually(lambda: existing.mails("user/tidy", BUCKETS[VERSIONED][0]), within=60)
    assert "\nRestore: no, the bucket keeps no versions: only a backup or replica has it\n" in gone.body
    assert "\nRestore: yes, the bucket keeps versions: remove the delete marker\n" in hidden.body

"""Correlations on real parts: calls that Lambda counts in DynamoDB, however they come."""

from __future__ import annotations

import pytest

from local.demo.callers import DELETE, Callers
from local.demo.scenario import BUCKET
from tests.support.local_aws import ADDRESS, Deployment, eventually

pytestmark = pytest.mark.local_aws
OBJECTS = 25  # as rules/detections/many-objects-deleted.yml says


def subjects_about(account: Deployment, name: str) -> list[str]:
    mails = [one for one in account.cloud.inbox() if one.protocol == "email" and one.endpoint == ADDRESS]
    return [one.subject for one in mails if f"user/{name}" in one.subject]


def test_whoever_deletes_many_objects_is_told_at_once_as_critical(existing: Deployment):
    keys = Callers(existing.cloud).user("wrecker", DELETE)
    s3 = existing.cloud.client("s3", keys, ip="203.0.113.7")
    for number in range(OBJECTS):
        s3.delete_object(Bucket=BUCKET, Key=f"payroll/{number}.csv")

    eventually(lambda: any("[CRITICAL]" in one for one in subjects_about(existing, "wrecker")), within=120)
    (told,) = [one for one in subjects_about(existing, "wrecker") if "[CRITICAL]" in one]
    bodies = [one.body for one in existing.cloud.inbox() if one.subject == told]
    assert "at least 25 different objects within 1 hour" in bodies[0]

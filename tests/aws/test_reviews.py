"""Whole reviews on moto: settings read from S3 and S3 Control, compared with what DynamoDB has kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from s3watch.aws import clients

from tests.support.bucket_states import make_policy
from tests.support.review_events import make_change
from tests.support.reviewed_bucket import ACCOUNT, BUCKET, ENVIRONMENT, make_bucket, review

POINT = {"AccountId": ACCOUNT, "Name": "pay"}
POINT_ARN = f"arn:aws:s3:eu-west-1:{ACCOUNT}:accesspoint/pay"


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The client of S3, with the ledger's table beside the bucket."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    clients.client.cache_clear()
    with mock_aws():
        yield make_bucket()
    clients.client.cache_clear()


def insecure(*resources: str) -> dict[str, Any]:
    return {
        "Sid": "DenyInsecure", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
        "Resource": list(resources), "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }  # fmt: skip


def reported(event: str) -> int:
    """Review after a call with this request id; returns how many alerts there are."""
    reported: int = review("off", make_change(requestID=event)).reported
    return reported


def test_a_deny_that_is_gone_from_the_bucket_policy_is_reported_once(s3):
    bucket = f"arn:aws:s3:::{BUCKET}"
    s3.put_bucket_policy(Bucket=BUCKET, Policy=make_policy(insecure(bucket, f"{bucket}/*")))
    before = reported("1")
    s3.put_bucket_policy(Bucket=BUCKET, Policy=make_policy(insecure(f"{bucket}/*", bucket)))
    same = reported("2")
    s3.delete_bucket_policy(Bucket=BUCKET)

    assert (before, same, reported("3"), reported("4")) == (0, 0, 1, 0)


def test_a_deny_that_is_gone_from_the_policy_of_an_access_point_is_reported_once(s3):
    control = clients.client("s3control")
    control.create_access_point(**POINT, Bucket=BUCKET)
    policy = make_policy(insecure(POINT_ARN, f"{POINT_ARN}/object/*"))
    control.put_access_point_policy(**POINT, Policy=policy)
    before = reported("1")
    control.delete_access_point_policy(**POINT)

    assert (before, reported("2"), reported("3")) == (0, 1, 0)


def test_an_access_point_that_is_gone_with_what_it_denied_is_not_reported(s3):
    control = clients.client("s3control")
    control.create_access_point(**POINT, Bucket=BUCKET)
    control.put_access_point_policy(**POINT, Policy=make_policy(insecure(f"{POINT_ARN}/object/*")))
    before = reported("1")
    control.delete_access_point(**POINT)

    assert (before, reported("2")) == (0, 0)

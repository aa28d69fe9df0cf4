"""A bucket of an account in moto, as reviews read it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from s3watch.aws import clients

from tests.support.aws_answers import without_access_grants
from tests.support.reviewed_bucket import BUCKET


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The client of S3; the account has no S3 Access Grants instance unless a test says otherwise."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    clients.client.cache_clear()
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket=BUCKET, ObjectOwnership="ObjectWriter")  # else S3 takes no ACL
        client.delete_public_access_block(Bucket=BUCKET)
        without_access_grants(clients.client("s3control"))
        yield client
    clients.client.cache_clear()


@pytest.fixture
def control(s3: Any) -> Any:
    """The client of S3 Control that reviews use."""
    return clients.client("s3control")

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from s3watch.aws.own_parts.canary_object import CONTENT, read_canary
from s3watch.canary import KEY
from s3watch.errors import RefusedError

from tests.support.sensitive import NOW

BUCKET = "s3watch-canary"


@pytest.fixture
def client() -> Iterator[Any]:
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket=BUCKET)
        yield s3


def test_it_is_put_there_once_and_read(client: Any):
    first, second = read_canary(client, BUCKET, NOW), read_canary(client, BUCKET, NOW)

    assert first.request != second.request
    assert second.time == NOW
    assert client.get_object(Bucket=BUCKET, Key=KEY)["Body"].read() == CONTENT
    assert "VersionId" not in client.head_object(Bucket=BUCKET, Key=KEY)


def test_what_is_there_is_left_as_it_is(client: Any):
    client.put_object(Bucket=BUCKET, Key=KEY, Body=b"other")
    read_canary(client, BUCKET, NOW)

    assert client.get_object(Bucket=BUCKET, Key=KEY)["Body"].read() == b"other"


def test_without_its_bucket_it_fails(client: Any):
    with pytest.raises(RefusedError, match="NoSuchBucket"):
        read_canary(client, "elsewhere", NOW)

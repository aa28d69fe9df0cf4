"""The ledger's table as template.yaml makes it, on moto, and both stores for tests that hold for either."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from threading import RLock
from typing import Any

import boto3
import pytest
from moto import mock_aws
from s3watch.aws.dynamodb_store import DynamoDBStore
from s3watch.ledger.memory_store import MemoryStore
from s3watch.ledger.store import Store

TABLE = "s3watch-ledger"


@cache
def connect(endpoint: str | None) -> Any:
    """A client of the table; one for all tests on moto, since making it takes as long as a test does.

    Its calls follow one another, whatever threads make them: each is atomic in DynamoDB, but not in moto.
    """
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    client: Any = boto3.client("dynamodb", "eu-west-1", endpoint_url=endpoint, **keys)
    call, one_by_one = client._make_api_call, RLock()

    def called(*request: Any) -> Any:
        with one_by_one:
            return call(*request)

    client._make_api_call = called
    return client


def make_table() -> Any:
    """Create the table; returns the client."""
    client = connect(os.environ.get("AWS_ENDPOINT_URL"))  # the local AWS, where a test runs on it
    client.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "due_shard", "AttributeType": "S"},
            {"AttributeName": "due_at", "AttributeType": "N"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "due",
                "KeySchema": [
                    {"AttributeName": "due_shard", "KeyType": "HASH"},
                    {"AttributeName": "due_at", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
    )
    return client


@pytest.fixture
def table() -> Iterator[Any]:
    """The table's client, on moto."""
    with mock_aws():
        yield make_table()


@pytest.fixture(params=["memory", "dynamodb"])
def store(request: pytest.FixtureRequest) -> Store:
    """An empty store of each kind."""
    if request.param == "memory":
        return MemoryStore()
    return DynamoDBStore(request.getfixturevalue("table"), TABLE)


def group_ids() -> list[str]:
    """The ids of all groups in the table."""
    keys = [item["pk"]["S"] for item in connect(None).scan(TableName=TABLE)["Items"]]
    return [key.removeprefix("group#") for key in keys if key.startswith("group#")]


def stream() -> dict[str, Any]:
    """The new messages as the table's stream reports them to Notify."""
    items = connect(None).scan(TableName=TABLE)["Items"]
    new = [item for item in items if item["pk"]["S"].startswith("message#") and "sent" not in item]
    return {"Records": [{"dynamodb": {"Keys": {"pk": item["pk"]}, "NewImage": item}} for item in new]}

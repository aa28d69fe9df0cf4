from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.config import Config
from msgspec.structs import replace
from s3watch.aws.dynamodb_store import RETENTION, DynamoDBStore
from s3watch.errors import ConflictError, UnavailableError
from s3watch.ledger.groups import Counters
from s3watch.ledger.ledger import Ledger

from tests.support.ledger_table import TABLE
from tests.support.sensitive import NOW, make_hits, make_reads


@pytest.fixture
def dynamodb(table: Any) -> DynamoDBStore:
    return DynamoDBStore(table, TABLE)


@pytest.fixture
def group(dynamodb: DynamoDBStore):
    Ledger(dynamodb).record(make_hits(*make_reads(2)), "events", NOW)
    return dynamodb.group(dynamodb.due_groups(NOW + 1e9)[0])


def test_a_group_is_read_as_it_was_written(dynamodb: DynamoDBStore, group):
    dynamodb.write(group, replace(group, reported=2), (), NOW)

    assert dynamodb.group(group.id) == replace(group, reported=2, version=2)


def test_a_write_based_on_an_old_version_is_a_conflict(dynamodb: DynamoDBStore, group):
    dynamodb.write(group, replace(group, reported=1), (), NOW)

    with pytest.raises(ConflictError):
        dynamodb.write(group, replace(group, reported=2), (), NOW)


def test_a_claim_that_is_already_taken_is_named_and_nothing_is_written(dynamodb: DynamoDBStore, group):
    dynamodb.write(group, group, ["mine"], NOW)
    current = dynamodb.group(group.id)

    with pytest.raises(ConflictError) as conflict:
        dynamodb.write(current, replace(current, reported=9), ["new", "mine"], NOW)

    assert (conflict.value.claimed, dynamodb.group(group.id)) == ({"mine"}, current)


def test_an_expired_claim_that_is_not_yet_deleted_can_be_taken(dynamodb: DynamoDBStore, group):
    dynamodb.write(group, group, ["mine"], NOW)
    current = dynamodb.group(group.id)

    dynamodb.write(current, current, ["mine"], NOW + RETENTION + 1)

    assert dynamodb.group(group.id).version == current.version + 1


def test_blind_counts_survive_a_write_that_did_not_read_them(dynamodb: DynamoDBStore, group):
    dynamodb.count(group.id, Counters({"events": 5}, last=NOW))
    dynamodb.write(group, replace(group, reported=2), (), NOW)

    assert dynamodb.group(group.id).count == 7


def test_counting_in_a_missing_group_is_a_conflict(dynamodb: DynamoDBStore):
    with pytest.raises(ConflictError):
        dynamodb.count("GONE", Counters({"events": 1}))


def test_the_pending_attribute_exists_exactly_while_a_message_is_pending(
    dynamodb: DynamoDBStore, group, table: Any
):
    def attributes() -> dict[str, Any]:
        return table.get_item(TableName=TABLE, Key={"pk": {"S": f"group#{group.id}"}})["Item"]

    before = attributes()
    dynamodb.write(group, replace(group, pending=None, due=None), (), NOW)

    assert (before["pending"], "pending" in attributes(), "due_at" in attributes()) == (
        {"S": "first"},
        False,
        False,
    )


def test_a_hot_group_costs_at_most_one_write_unit_per_20_hits(dynamodb: DynamoDBStore, table: Any):
    Ledger(dynamodb).record(make_hits(*make_reads(600)), "events", NOW)
    (identity,) = dynamodb.due_groups(NOW + 1e9)
    item = table.get_item(TableName=TABLE, Key={"pk": {"S": f"group#{identity}"}})["Item"]
    size = sum(len(name) + len(next(iter(value.values()))) for name, value in item.items())

    # A write costs a unit per kilobyte of the item; detect's batches carry 100 hits or more when it is hot.
    assert size <= 5 * 1024


def test_a_failure_of_dynamodb_is_unavailable():
    config = Config(connect_timeout=1, read_timeout=1, retries={"max_attempts": 0})
    nowhere = boto3.client(
        "dynamodb", "eu-west-1", endpoint_url="http://127.0.0.1:9", config=config,
        aws_access_key_id="test", aws_secret_access_key="test",
    )  # fmt: skip

    with pytest.raises(UnavailableError, match="DynamoDB"):
        DynamoDBStore(nowhere, TABLE).group("G1")


def test_a_missing_table_is_unavailable(table: Any):
    with pytest.raises(UnavailableError, match="ResourceNotFound"):
        DynamoDBStore(table, "another").group("G1")

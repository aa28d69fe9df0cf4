from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.config import Config
from msgspec.structs import replace
from s3watch.alerts.alert import Snooze, Verdict
from s3watch.aws.dynamodb_items import RETENTION
from s3watch.aws.dynamodb_store import DynamoDBStore
from s3watch.errors import UnavailableError
from s3watch.ledger.claims import Claim
from s3watch.ledger.ledger import Ledger
from s3watch.ledger.messages import TOPICS, Message

from tests.support.cloudtrail import make_record, make_user
from tests.support.ledger_table import TABLE
from tests.support.sensitive import NOW, make_hits, make_reads


@pytest.fixture
def dynamodb(table: Any) -> DynamoDBStore:
    return DynamoDBStore(table, TABLE)


@pytest.fixture
def group(dynamodb: DynamoDBStore):
    Ledger(dynamodb).record(make_hits(*make_reads(2)), "events", NOW)
    return dynamodb.group(dynamodb.due_groups(NOW + 1e9)[0])


def test_an_expired_claim_that_is_not_yet_deleted_can_be_taken(dynamodb: DynamoDBStore, group):
    dynamodb.write(group, group, [Claim("mine")], NOW)
    current = dynamodb.group(group.id)

    dynamodb.write(current, current, [Claim("mine")], NOW + RETENTION + 1)

    assert dynamodb.group(group.id).version == current.version + 1


def test_only_a_message_that_nobody_has_tried_to_send_wakes_notify(
    dynamodb: DynamoDBStore, group, table: Any
):
    def wakes() -> bool:
        key = {"pk": {"S": f"message#mail#{group.id}#1"}}
        return "untried" in table.get_item(TableName=TABLE, Key=key)["Item"]

    new = wakes()
    message = dynamodb.lease(f"mail#{group.id}#1", NOW, NOW + 60)
    leased = wakes()
    dynamodb.postpone(message, NOW, waits=False)

    assert (new, leased, wakes()) == (True, False, False)


def test_a_group_that_cannot_be_read_holds_up_no_other(dynamodb: DynamoDBStore, group, table: Any):
    table.update_item(
        TableName=TABLE,
        Key={"pk": {"S": f"group#{group.id}"}},
        UpdateExpression="SET body = :body",
        ExpressionAttributeValues={":body": {"B": b'{"id":7}'}},
    )
    hits = make_hits(make_record(requestID="ours"), make_record(requestID="bob's", userIdentity=make_user()))

    left = Ledger(dynamodb).record(hits, "events", NOW)

    assert [hit.access.record.request_id for hit in left] == ["ours"]
    assert len(dynamodb.due_groups(NOW + 1e9)) == 2


def test_what_is_not_due_is_not_in_the_index(dynamodb: DynamoDBStore, group, table: Any):
    dynamodb.write(group, replace(group, due=None), (), NOW)
    item = table.get_item(TableName=TABLE, Key={"pk": {"S": f"group#{group.id}"}})["Item"]

    assert {"due_at", "due_shard"}.isdisjoint(item)


class Watched:
    """A client that keeps what it is asked to update."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.updates: list[Any] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def update_item(self, **request: Any) -> Any:
        self.updates.append(request)
        return self._client.update_item(**request)


DECISIONS = {"verdict": Verdict("expected", "arn", NOW), "snooze": Snooze(NOW + 60, "arn", NOW)}


@pytest.mark.parametrize("due", [NOW + 5, None], ids=["due", "not due"])
@pytest.mark.parametrize("name", DECISIONS)
def test_a_decision_is_one_conditional_write_of_few_attributes(
    dynamodb: DynamoDBStore, group, table: Any, name: str, due: float | None
):
    client = Watched(table)
    judged = replace(group, due=due, **{name: DECISIONS[name]})
    DynamoDBStore(client, TABLE).judge(group, judged, NOW)

    (update,) = client.updates
    assert update["ConditionExpression"] == "version = :before"
    assert set(update["ExpressionAttributeNames"].values()) == {
        "version", name, "due_shard", "due_at", "expires"
    }  # fmt: skip
    assert dynamodb.group(group.id) == replace(judged, version=group.version + 1)


def test_decisions_stay_when_the_body_is_written_again(dynamodb: DynamoDBStore, group):
    dynamodb.judge(group, replace(group, **DECISIONS), NOW)
    current = dynamodb.group(group.id)
    dynamodb.write(current, replace(current, first=1), (), NOW)

    assert dynamodb.group(group.id) == replace(current, first=1, version=current.version + 1, **DECISIONS)


def test_a_hot_group_costs_at_most_one_write_unit_per_20_hits(dynamodb: DynamoDBStore, table: Any):
    Ledger(dynamodb).record(make_hits(*make_reads(600)), "events", NOW)
    (identity,) = dynamodb.due_groups(NOW + 1e9)
    item = table.get_item(TableName=TABLE, Key={"pk": {"S": f"group#{identity}"}})["Item"]
    size = sum(len(name) + len(value.get("B", str(value))) for name, value in item.items())

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


class Partial:
    """A client whose deletions of several items do only the first, some times."""

    def __init__(self, client: Any, times: int) -> None:
        self._client, self._times = client, times

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def batch_write_item(self, RequestItems: dict[str, list[Any]]) -> Any:  # noqa: N803  # DynamoDB's name
        self._times -= 1
        if self._times < 0:
            return self._client.batch_write_item(RequestItems=RequestItems)
        (requests,) = RequestItems.values()
        self._client.batch_write_item(RequestItems={TABLE: requests[:1]})
        return {"UnprocessedItems": {TABLE: requests[1:]}}


def lease_all(store: DynamoDBStore) -> list[Message]:
    """The three messages of a new group, leased."""
    Ledger(store).record(make_hits(*make_reads(1)), "events", NOW)
    names = [name for topic in TOPICS for name in store.due_messages(topic, NOW + 60)]
    return [message for name in names if (message := store.lease(name, NOW + 60, NOW + 90))]


def test_messages_that_dynamodb_leaves_unmarked_are_marked_again(table: Any):
    store = DynamoDBStore(Partial(table, 2), TABLE)
    messages = lease_all(store)
    store.mark_sent(messages, NOW + 70)

    assert [store.lease(message.id, NOW + 90, NOW + 99) for message in messages] == [None] * 3


def test_after_three_calls_what_is_left_is_an_error(table: Any):
    store = DynamoDBStore(Partial(table, 3), TABLE)
    messages = [
        replace(one, alert=replace(one.alert, sequence=n)) for one in lease_all(store) for n in (1, 2)
    ]

    with pytest.raises(UnavailableError, match="could not be written"):
        store.mark_sent(messages, NOW + 70)

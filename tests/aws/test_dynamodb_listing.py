from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from msgspec.structs import replace
from s3watch.aws.dynamodb_listing import GroupListing, Messages, WaitingMessage
from s3watch.aws.dynamodb_store import DynamoDBStore
from s3watch.errors import UnavailableError
from s3watch.ledger.ledger import Ledger
from s3watch.ledger.messages import Gist, SentMessage
from s3watch.ledger.silence.day_counts import DayCount

from tests.support.hits import make_group
from tests.support.ledger_table import TABLE
from tests.support.sensitive import NOW, make_hits, make_reads


class Paged:
    """Passes calls on; gives pages of one item, and reads at most `most` items of a batch."""

    def __init__(self, client: Any, most: int = 1) -> None:
        self._client = client
        self._most = most
        self.calls: list[str] = []

    def query(self, **request: Any) -> Any:
        self.calls.append("query")
        return self._client.query(**request, Limit=1)

    def scan(self, **request: Any) -> Any:
        self.calls.append("scan")
        return self._client.scan(**request, Limit=1)

    def batch_get_item(self, RequestItems: Any) -> Any:  # noqa: N803  # as boto3 names it
        self.calls.append("batch_get_item")
        keys = RequestItems[TABLE]["Keys"]
        some, rest = keys[: self._most], keys[self._most :]
        if not some:
            return {"Responses": {}, "UnprocessedKeys": RequestItems}
        answer = self._client.batch_get_item(RequestItems={TABLE: {"Keys": some}})
        return answer | {"UnprocessedKeys": {TABLE: {"Keys": rest}} if rest else {}}


@pytest.fixture
def store(table: Any) -> DynamoDBStore:
    return DynamoDBStore(table, TABLE)


def put(store: DynamoDBStore, identity: str, *, due: float | None = NOW, **changes: Any) -> None:
    store.write(None, replace(make_group(), id=identity, due=due, **changes), (), NOW)


def test_open_groups_of_every_severity_are_found_by_the_index_the_newest_windows_first(store, table):
    put(store, "01A")
    put(store, "01C", level="critical")
    put(store, "01B")
    put(store, "01D", closed=True, due=None)
    client = Paged(table)

    assert GroupListing(client, TABLE).open_ids() == ["01C", "01B", "01A"]
    assert set(client.calls) == {"query"}


def test_groups_are_read_as_the_store_reads_them_however_few_a_call_gives(store, table):
    for name in ("01A", "01B", "01C"):
        put(store, name)
    groups = GroupListing(Paged(table), TABLE).groups(["01A", "01B", "01C", "gone"])

    assert {group.id: group for group in groups} == {
        name: store.group(name) for name in ("01A", "01B", "01C")
    }


def test_a_table_that_gives_nothing_of_a_batch_is_not_asked_for_ever(store, table):
    put(store, "01A")

    with pytest.raises(UnavailableError, match="throttles reads of the table; try again in a minute"):
        list(GroupListing(Paged(table, most=0), TABLE).groups(["01A"]))


def test_a_scan_finds_closed_groups_too_and_nothing_else(store, table):
    Ledger(store).record(make_hits(*make_reads(2)), "events", NOW)  # with claims, messages and a turn
    put(store, "01D", closed=True, due=None)
    listing = GroupListing(Paged(table), TABLE)
    (opened,) = listing.open_ids()

    assert listing.all_ids() == sorted([opened, "01D"], reverse=True)
    assert sorted(group.id for group in listing.all_groups()) == sorted([opened, "01D"])


def test_a_group_that_cannot_be_read_is_named_and_hides_no_other(store, table):
    put(store, "01A")
    put(store, "01B")
    table.update_item(
        TableName=TABLE,
        Key={"pk": {"S": "group#01A"}},
        UpdateExpression="SET body = :body",
        ExpressionAttributeValues={":body": {"B": b"{"}},
    )
    listing = GroupListing(table, TABLE)

    assert [group.id for group in listing.groups(["01A", "01B"])] == ["01B"]
    (why,) = listing.unreadable
    assert why.startswith("DynamoDB: the item {'S': 'group#01A'} cannot be read: ")


def test_the_messages_of_a_group_are_those_that_wait_and_what_was_sent(store, table):
    Ledger(store).record(make_hits(*make_reads(1)), "events", NOW)
    group = store.group(store.due_groups(NOW + 1e9)[0])
    sent = store.lease(f"mail#{group.id}#1", NOW, NOW + 60)
    store.mark_sent([sent], NOW + 2)
    leased = store.lease(f"chat#{group.id}#1", NOW, NOW + 60)
    listing = GroupListing(table, TABLE)
    tried = listing.messages(group)
    store.postpone(leased, NOW + 5, waits=True)

    gist = Gist("first", "high", 1, (("read", 1),))
    last = WaitingMessage("machines", 1, gist, in_digest=False, due=NOW + 15, leased_until=0)
    chat = WaitingMessage("chat", 1, gist, in_digest=False, due=NOW + 60, leased_until=NOW + 60)
    mail = SentMessage("mail", group.id, 1, gist, NOW + 2)
    assert tried == Messages((chat, last), (mail,))
    put_off = replace(chat, in_digest=True, due=NOW + 5, leased_until=0)
    assert listing.messages(group) == Messages((put_off, last), (mail,))


def test_what_was_sent_is_in_the_order_of_its_sending(store, table):
    Ledger(store).record(make_hits(*make_reads(1)), "events", NOW)
    group = store.group(store.due_groups(NOW + 1e9)[0])
    for topic, time in (("mail", 9.0), ("machines", 2.0), ("chat", 5.0)):
        store.mark_sent([store.lease(f"{topic}#{group.id}#1", NOW, NOW + 60)], NOW + time)

    sent = GroupListing(table, TABLE).messages(group).sent
    assert [(one.topic, one.time - NOW) for one in sent] == [("machines", 2), ("chat", 5), ("mail", 9)]


def test_what_dynamodb_refuses_is_an_error_of_ours(table):
    with pytest.raises(UnavailableError, match=r"DynamoDB: .*ResourceNotFoundException") as raised:
        GroupListing(table, "nope").open_ids()

    assert isinstance(raised.value.__cause__, ClientError)


def test_the_days_on_which_entries_silenced_something_are_read_by_their_keys(table):
    store = DynamoDBStore(table, TABLE)
    first, second = DayCount(frozenset({b"a"}), 2), DayCount(frozenset({b"b"}), examples=frozenset({b"[]"}))
    store.add_to_day("ONE#2026-11-20", first, NOW)
    store.add_to_day("TWO#2026-11-20", second, NOW)
    listing = GroupListing(Paged(table), TABLE)

    assert listing.day_counts(["TWO#2026-11-20", "ONE#2026-11-19", "ONE#2026-11-20"]) == {
        "ONE#2026-11-20": first, "TWO#2026-11-20": second,
    }  # fmt: skip

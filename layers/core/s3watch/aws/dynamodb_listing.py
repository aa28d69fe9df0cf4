"""Lists the groups of the ledger's table for people, and the messages of one, sent or not.

Open groups come from the sparse index `due`, all others by a scan of the whole table, claims included. Groups
are read eventually consistent, half the price: what was written within the last second may be missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from s3watch.aws.clients import translating_errors
from s3watch.aws.dynamodb_batches import read_all
from s3watch.aws.dynamodb_items import read_day, read_message, read_sent, read_stored, reading
from s3watch.aws.dynamodb_store import CRITICAL, GROUPS
from s3watch.aws.dynamodb_update import Item
from s3watch.errors import BusyError
from s3watch.ledger.groups import Group
from s3watch.ledger.messages import Gist, SentMessage, Topic, gist_of, topics_of
from s3watch.ledger.silence.day_counts import DayCount

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PREFIX, DAYS = "group#", "silenced#"


class WaitingMessage(Struct, frozen=True):
    """A message of a group that is not sent yet; times are epoch seconds."""

    topic: Topic
    sequence: int  # its number among the group's messages
    gist: Gist
    in_digest: bool  # it waits for the next digest
    due: float  # when the sweeper may send it
    leased_until: float  # one sender has it until then; 0 if none has


class Messages(Struct, frozen=True):
    """The messages of a group, those that wait the latest first, those sent in the order of their sending."""

    waiting: tuple[WaitingMessage, ...] = ()
    sent: tuple[SentMessage, ...] = ()  # of the last 15 days, and those that this version sent


class GroupListing:
    """Reads groups of the table in pages. Methods raise UnavailableError if DynamoDB fails."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table
        self.unreadable: list[str] = []  # why, of each group that was left out

    def open_ids(self) -> list[str]:
        """Return the ids of the groups that are due at any time, those of the newest windows first.

        A finding of another service is among them only while it has news: no window ends it.
        """
        return sorted((one for shard in (CRITICAL, GROUPS) for one in self._ids_in(shard)), reverse=True)

    def _ids_in(self, shard: str) -> Iterator[str]:
        keys = {":shard": {"S": shard}}
        for page in self._pages(
            self._client.query,
            IndexName="due",
            KeyConditionExpression="due_shard = :shard",
            ExpressionAttributeValues=keys,
        ):
            yield from (item["pk"]["S"].removeprefix(PREFIX) for item in page)

    def all_ids(self) -> list[str]:
        """Return the ids of all groups, closed ones too, those of the newest windows first: a scan."""
        pages = self._scan(ProjectionExpression="pk")
        return sorted((item["pk"]["S"].removeprefix(PREFIX) for page in pages for item in page), reverse=True)

    def groups(self, ids: Iterable[str]) -> Iterator[Group]:
        """Yield the groups of these ids that are still there, in any order."""
        yield from self._readable(read_all(self._client, self._table, (f"{PREFIX}{one}" for one in ids)))

    def all_groups(self) -> Iterator[Group]:
        """Yield all groups, closed ones too, in any order: a scan."""
        yield from self._readable(item for page in self._scan() for item in page)

    def messages(self, group: Group) -> Messages:
        """Return the messages of a group, read consistently: whoever judges it must not miss the latest."""
        numbers, topics = range(group.sequence, 0, -1), topics_of(group)
        keys = (f"message#{topic}#{group.id}#{number}" for number in numbers for topic in topics)
        waiting, sent = list[WaitingMessage](), list[SentMessage]()
        for item in read_all(self._client, self._table, keys, consistent=True):
            if one := read_sent(item):
                sent.append(one)
            else:
                waiting.append(_waiting(item))
        waiting.sort(key=lambda one: (-one.sequence, topics.index(one.topic)))
        sent.sort(key=lambda one: (one.time, one.sequence, topics.index(one.topic)))
        return Messages(tuple(waiting), tuple(sent))

    def day_counts(self, keys: Iterable[str]) -> dict[str, DayCount]:
        """Return what entries silenced on days, by the keys of those on which they did."""
        items = read_all(self._client, self._table, (f"{DAYS}{key}" for key in keys))
        return {item["pk"]["S"].removeprefix(DAYS): read_day(item) for item in items}

    def _readable(self, items: Iterable[Item]) -> Iterator[Group]:
        for item in items:
            try:
                yield read_stored(item, Group)
            except BusyError as error:  # one item that another version wrote does not hide the others
                self.unreadable.append(str(error))

    def _scan(self, **options: Any) -> Iterator[list[Item]]:
        return self._pages(
            self._client.scan,
            FilterExpression="begins_with(pk, :group)",
            ExpressionAttributeValues={":group": {"S": PREFIX}},
            **options,
        )

    def _pages(self, call: Callable[..., Any], **options: Any) -> Iterator[list[Item]]:
        """Yield the items of each page of 1 MB, until there is no other."""
        start: dict[str, Any] = {}
        while True:
            with translating_errors("DynamoDB"):
                answer = call(TableName=self._table, **options, **start)
            yield answer["Items"]
            if not (last := answer.get("LastEvaluatedKey")):
                return
            start = {"ExclusiveStartKey": last}


def _waiting(item: Item) -> WaitingMessage:
    with reading(item):
        message = read_message(item)
        due, until = float(item["due_at"]["N"]), float(item["leased_until"]["N"])
        return WaitingMessage(
            message.topic, message.alert.sequence, gist_of(message.alert), message.waits, due, until
        )

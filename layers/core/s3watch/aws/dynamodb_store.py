"""The store of the ledger in DynamoDB; dynamodb_items.py says what its table holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from s3watch.aws.clients import translating_errors
from s3watch.aws.dynamodb_batches import put_all, read_all
from s3watch.aws.dynamodb_items import (
    additions,
    claim_item,
    count_change,
    day_update,
    message_item,
    queue_shard,
    read_day,
    read_message,
    read_seen,
    read_slots,
    read_stored,
    schedule,
    seen_update,
    sent_item,
    set_decisions,
    slots_update,
    turn_update,
    versioned_update,
)
from s3watch.aws.dynamodb_update import Item, Update, number
from s3watch.errors import ConflictError
from s3watch.facts.batch_deletes import BatchDelete
from s3watch.ledger.claims import Claim
from s3watch.ledger.counters import Sums
from s3watch.ledger.groups import Group
from s3watch.ledger.messages import QUEUES, Message, Topic, sent_messages
from s3watch.ledger.silence.day_counts import DayCount
from s3watch.ledger.slots import Slots
from s3watch.ledger.token_bucket import Bucket
from s3watch.posture.review_state import ReviewState

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MOST_DUE = 500  # items of a shard read by one sweep; the next one, a minute later, continues
CRITICAL, GROUPS = "critical", "groups"  # shards of the index `due`
EARLY_DELETES, DELETES = "early-deletes", "deletes"
CONDITION_FAILED = "ConditionalCheckFailed"
LOST_RACE = {CONDITION_FAILED, "TransactionConflict"}


class DynamoDBStore:
    """The store of groups, claims, batch deletes, token buckets and bucket reviews in the table.

    Implements `Store`. Methods raise UnavailableError if DynamoDB fails, ConflictError if another writer was
    first.
    """

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def group(self, identity: str) -> Group | None:
        """Read the current state of a group; None if there is none."""
        item = self._get(f"group#{identity}")
        return read_stored(item, Group) if item else None

    def write(
        self,
        before: Group | None,
        after: Group,
        claims: Sequence[Claim],
        now: float,
        *,
        messages: Sequence[Message] = (),
        turns: str = "",
    ) -> None:
        """Replace a group, take claims, add messages and count a turn, in one transaction."""
        update = versioned_update(f"group#{after.id}", before, after)
        schedule(update, after.due, _shard(after), now)
        set_decisions(update, before, after)
        count_change(update, before, after)
        others = [self._put(claim_item(claim, after.id, now), now) for claim in claims]
        others += [{"Put": {"TableName": self._table, "Item": message_item(one, now)}} for one in messages]
        others += [{"Update": turn_update(turns, now).request(self._table)}] if turns else []
        self._write(update, others, claims)

    def judge(self, before: Group, after: Group, now: float) -> None:
        """Replace the verdict and the snooze of a group, and when it is due next, and not its body."""
        update = Update(f"group#{after.id}", "version = :before", before=number(before.version))
        update.set(version=number(before.version + 1))
        set_decisions(update, before, after)
        schedule(update, after.due, _shard(after), now)
        self._write(update)

    def count(self, identity: str, way: str, added: Sums, last: float) -> None:
        """Add to a group's counters without reading it; `last` may go back by the time span of one batch."""
        update = Update(f"group#{identity}", "attribute_exists(counting)")
        update.set(last=number(last))
        update.add(additions(way, added))
        self._write(update)

    def due_groups(self, now: float) -> Sequence[str]:
        """Return the ids of the due groups, critical ones first: a flood of others cannot delay them."""
        return [*self._due(CRITICAL, now), *self._due(GROUPS, now)]

    def turns(self, name: str) -> int:
        """Return how many turns a principal has had in an hour."""
        item = self._get(f"turns#{name}")
        return int(item["turns"]["N"]) if item else 0

    def take_turn(self, name: str, now: float) -> int:
        """Count a turn and return its number, from 1."""
        with translating_errors("DynamoDB"):
            answer = self._client.update_item(
                **turn_update(name, now).request(self._table), ReturnValues="UPDATED_NEW"
            )
        return int(answer["Attributes"]["turns"]["N"])

    def due_messages(self, topic: Topic, now: float) -> Sequence[str]:
        """Return the ids of a topic's due messages: critical ones, others, then those for the digest."""
        return [identity for queue in QUEUES for identity in self._due(f"{topic}#{queue}", now)]

    def lease(self, identity: str, now: float, until: float) -> Message | None:
        """Give a message to one sender until a time; None if it is sent, or somebody else has it."""
        update = Update(f"message#{identity}", "leased_until <= :now", now=number(now))
        update.set(leased_until=number(until), due_at=number(until))
        update.remove("untried")
        request = update.request(self._table)
        with translating_errors("DynamoDB"):
            try:
                item = self._client.update_item(**request, ReturnValues="ALL_NEW")["Attributes"]
            except self._client.exceptions.ConditionalCheckFailedException:
                return None
        return replace(read_message(item), leased_until=until, due=until)

    def postpone(self, message: Message, due: float, *, waits: bool) -> None:
        """End the lease of a message and leave it to the sweeper, if it `waits` for the digest."""
        until = number(message.leased_until)
        update = Update(f"message#{message.id}", "leased_until = :until", until=until)
        after = replace(message, waits=waits)
        update.set(
            leased_until=number(0), due_at=number(due), due_shard=queue_shard(after), waits={"BOOL": waits}
        )
        try:
            self._write(update)
        except ConflictError:  # the lease has expired, and somebody else has the message
            return

    def mark_sent(self, messages: Sequence[Message], now: float) -> None:
        """Put in the place of messages that were sent what they said and when; it costs as their deletion."""
        put_all(self._client, self._table, map(sent_item, sent_messages(messages, now)))

    def batch_delete(self, request: str) -> BatchDelete | None:
        """Read the state of a batch delete; None if there is none."""
        item = self._get(f"delete#{request}")
        return read_stored(item, BatchDelete) if item else None

    def keep(self, before: BatchDelete | None, after: BatchDelete, now: float) -> None:
        """Replace the state of a batch delete."""
        update = versioned_update(f"delete#{after.request}", before, after)
        schedule(update, after.due, EARLY_DELETES if after.is_early else DELETES, now)
        self._write(update)

    def due_deletes(self, now: float) -> Sequence[str]:
        """Return the request ids of the due batch deletes, the first ones of each principal first."""
        return [*self._due(EARLY_DELETES, now), *self._due(DELETES, now)]

    def slots(self, key: str) -> Slots:
        """Read the slots of a block of a correlation's series; empty if there are none."""
        return read_slots(self._get(f"slots#{key}") or {})

    def add_to_slots(self, key: str, added: Slots, now: float) -> Slots:
        """Add to the slots of a block without reading them; returns what is in all of them then."""
        request = slots_update(key, added, now).request(self._table)
        with translating_errors("DynamoDB"):
            return read_slots(self._client.update_item(**request, ReturnValues="ALL_NEW")["Attributes"])

    def seen(self, keys: Sequence[str]) -> Mapping[str, frozenset[int]]:
        """Read the windows remembered under some keys; none of a key that is not there."""
        names = {key: f"seen#{key}" for key in keys}
        items = read_all(self._client, self._table, names.values(), consistent=True)
        found = {item["pk"]["S"]: read_seen(item) for item in items}
        return {key: found.get(name, frozenset()) for key, name in names.items()}

    def add_seen(self, key: str, windows: Iterable[int], expires: float | None) -> None:
        """Add to the windows remembered under a key, without reading them."""
        with translating_errors("DynamoDB"):
            self._client.update_item(**seen_update(key, windows, expires).request(self._table))

    def day_count(self, key: str) -> DayCount:
        """Read what an entry silenced on a day; empty if it silenced nothing."""
        return read_day(self._get(f"silenced#{key}") or {})

    def add_to_day(self, key: str, added: DayCount, now: float) -> None:
        """Add to what an entry silenced on a day, without reading it."""
        with translating_errors("DynamoDB"):
            self._client.update_item(**day_update(key, added, now).request(self._table))

    def reviewed(self, bucket: str) -> ReviewState:
        """Read the result of a bucket's last review; empty if there was none."""
        item = self._get(f"review#{bucket}")
        return read_stored(item, ReviewState) if item else ReviewState(bucket)

    def keep_reviewed(self, before: ReviewState, after: ReviewState) -> None:
        """Replace the result of a bucket's last review; it never expires: a change may come years later."""
        self._write(versioned_update(f"review#{after.bucket}", before if before.version else None, after))

    def rate(self, name: str) -> Bucket:
        """Read a token bucket; full if it was never used."""
        item = self._get(f"rate#{name}")
        return read_stored(item, Bucket) if item else Bucket()

    def spend(self, name: str, before: Bucket, after: Bucket) -> None:
        """Replace a token bucket."""
        self._write(versioned_update(f"rate#{name}", before if before.version else None, after))

    def _get(self, key: str) -> Item | None:
        with translating_errors("DynamoDB"):
            answer = self._client.get_item(TableName=self._table, Key={"pk": {"S": key}}, ConsistentRead=True)
        return answer.get("Item")

    def _due(self, shard: str, now: float) -> list[str]:
        with translating_errors("DynamoDB"):
            answer = self._client.query(
                TableName=self._table,
                IndexName="due",
                KeyConditionExpression="due_shard = :shard AND due_at <= :now",
                ExpressionAttributeValues={":shard": {"S": shard}, ":now": {"N": str(now)}},
                Limit=MOST_DUE,
            )
        return [item["pk"]["S"].partition("#")[2] for item in answer["Items"]]

    def _write(self, update: Update, others: Sequence[Item] = (), claims: Sequence[Claim] = ()) -> None:
        """Make an update, in one transaction with others, the first of which take claims."""
        request = update.request(self._table)
        with translating_errors("DynamoDB"), self._conflicts(claims):
            if others:
                self._client.transact_write_items(TransactItems=[{"Update": request}, *others])  # type: ignore[list-item, typeddict-item]  # dicts of exactly that shape
            else:
                self._client.update_item(**request)

    @contextmanager
    def _conflicts(self, claims: Sequence[Claim]) -> Iterator[None]:
        """Raise ConflictError if another writer was first; any other error passes through."""
        failures = self._client.exceptions
        try:
            yield
        except failures.TransactionCanceledException as error:
            reasons = error.response.get("CancellationReasons", [])
            if not LOST_RACE & {reason.get("Code") for reason in reasons}:
                raise
            raise ConflictError(_taken(claims, reasons[1:])) from error
        except (failures.ConditionalCheckFailedException, failures.TransactionConflictException) as error:
            raise ConflictError from error

    def _put(self, claim: Item, now: float) -> Item:
        """Put a claim unless it is taken; DynamoDB may take days to delete an expired one."""
        return {
            "Put": {
                "TableName": self._table,
                "Item": claim,
                "ConditionExpression": "attribute_not_exists(pk) OR expires < :now",
                "ExpressionAttributeValues": {":now": number(int(now))},
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
        }


def _shard(group: Group) -> str:
    return CRITICAL if group.level == "critical" else GROUPS


def _taken(claims: Sequence[Claim], reasons: Sequence[Any]) -> dict[str, str]:
    """Return what the claims say that were taken before, by name, from why a transaction was cancelled."""
    return {
        claim.name: reason.get("Item", {}).get("statement", {}).get("S", "")
        for claim, reason in zip(claims, reasons, strict=False)
        if reason.get("Code") == CONDITION_FAILED
    }

"""The DynamoDB table of the ledger: partition key `pk`, a stream, and the sparse index `due`.

    group#ID        version, body, pending, due_shard, due_at, expires, and the counters:
                    count_WAY..., bytes_in, bytes_out, last
    claim#HASH      group, expires
    delete#REQUEST  version, body, due_shard, due_at, expires
    rate#NAME       version, body
    review#BUCKET   version, body

Counters are attributes of their own, outside the body, so that a busy group is counted by ADD, without a read
and without conflicts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from s3watch.aws.clients import translating_errors
from s3watch.errors import ConflictError
from s3watch.facts.batch_deletes import BatchDelete
from s3watch.ledger.groups import Counters, Group
from s3watch.ledger.token_bucket import Bucket
from s3watch.posture.review import ReviewState

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import PutTypeDef, TransactWriteItemTypeDef

RETENTION = 15 * 86400.0  # seconds: queues keep a message for 14 days, and a copy must still find its claim
MOST_DUE = 500  # items read by one sweep; the next one, a minute later, continues
COUNT = "count_"
CRITICAL, GROUPS = "critical", "groups"  # shards of the index `due`
CONDITION_FAILED = "ConditionalCheckFailed"
LOST_RACE = {CONDITION_FAILED, "TransactionConflict"}

Item = dict[str, Any]


class _Update:
    """Builds one UpdateItem request; all names are placeholders, because some are reserved words."""

    def __init__(self, key: str, condition: str) -> None:
        self.key = key
        self.condition = condition
        self.values: Item = {}
        self._sets: list[str] = []
        self._removes: list[str] = []
        self._adds: list[str] = []

    def set(self, **values: Item) -> None:
        self._sets += values
        self.values |= values

    def remove(self, *names: str) -> None:
        self._removes += names

    def add(self, **numbers: int) -> None:
        self._adds += numbers
        self.values |= {name: {"N": str(number)} for name, number in numbers.items()}

    def request(self, table: str) -> Item:
        clauses = (
            ("SET", [f"#{name} = :{name}" for name in self._sets]),
            ("REMOVE", [f"#{name}" for name in self._removes]),
            ("ADD", [f"#{name} :{name}" for name in self._adds]),
        )
        return {
            "TableName": table,
            "Key": {"pk": {"S": self.key}},
            "ConditionExpression": self.condition,
            "UpdateExpression": " ".join(f"{word} {', '.join(parts)}" for word, parts in clauses if parts),
            "ExpressionAttributeNames": {
                f"#{name}": name for name in self._sets + self._removes + self._adds
            },
            "ExpressionAttributeValues": {f":{name}": value for name, value in self.values.items()},
        }


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
        if item is None:
            return None
        group = msgspec.json.decode(item["body"]["B"], type=Group)
        return replace(group, version=int(item["version"]["N"]), counters=_counters(item))

    def write(self, before: Group | None, after: Group, claims: Sequence[str], now: float) -> None:
        """Replace a group and take claims, in one transaction."""
        update = _versioned(f"group#{after.id}", before, after)
        _schedule(update, after.due, _shard(after), now)
        _count(update, after.counters.since(before.counters) if before else after.counters)
        if after.pending:
            update.set(pending={"S": after.pending.kind})
        else:
            update.remove("pending")
        self._write(update, [self._claim(name, after.id, now) for name in claims], claims)

    def count(self, identity: str, added: Counters) -> None:
        """Add to a group's counters without reading it; `last` may go back by the time span of one batch."""
        update = _Update(f"group#{identity}", "attribute_exists(pk)")
        _count(update, added)
        self._write(update)

    def due_groups(self, now: float) -> Sequence[str]:
        """Return the ids of the due groups, critical ones first: a flood of others cannot delay them."""
        return [*self._due(CRITICAL, now), *self._due(GROUPS, now)]

    def batch_delete(self, request: str) -> BatchDelete | None:
        """Read the state of a batch delete; None if there is none."""
        item = self._get(f"delete#{request}")
        if item is None:
            return None
        return replace(
            msgspec.json.decode(item["body"]["B"], type=BatchDelete), version=int(item["version"]["N"])
        )

    def keep(self, before: BatchDelete | None, after: BatchDelete, now: float) -> None:
        """Replace the state of a batch delete."""
        update = _versioned(f"delete#{after.request}", before, after)
        _schedule(update, after.due, "deletes", now)
        self._write(update)

    def due_deletes(self, now: float) -> Sequence[str]:
        """Return the request ids of the due batch deletes."""
        return self._due("deletes", now)

    def reviewed(self, bucket: str) -> ReviewState:
        """Read the result of a bucket's last review; empty if there was none."""
        item = self._get(f"review#{bucket}")
        if item is None:
            return ReviewState(bucket)
        return replace(
            msgspec.json.decode(item["body"]["B"], type=ReviewState), version=int(item["version"]["N"])
        )

    def keep_reviewed(self, before: ReviewState, after: ReviewState) -> None:
        """Replace the result of a bucket's last review; it never expires: a change may come years later."""
        self._write(_versioned(f"review#{after.bucket}", before if before.version else None, after))

    def rate(self, name: str) -> Bucket:
        """Read a token bucket; full if it was never used."""
        item = self._get(f"rate#{name}")
        if item is None:
            return Bucket()
        return replace(msgspec.json.decode(item["body"]["B"], type=Bucket), version=int(item["version"]["N"]))

    def spend(self, name: str, before: Bucket, after: Bucket) -> None:
        """Replace a token bucket."""
        self._write(_versioned(f"rate#{name}", before if before.version else None, after))

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

    def _write(
        self, update: _Update, claims: Sequence[TransactWriteItemTypeDef] = (), names: Sequence[str] = ()
    ) -> None:
        request = update.request(self._table)
        with translating_errors("DynamoDB"), self._conflicts(names):
            if claims:
                self._client.transact_write_items(TransactItems=[{"Update": request}, *claims])  # type: ignore[typeddict-item]  # a dict of exactly that shape
            else:
                self._client.update_item(**request)

    @contextmanager
    def _conflicts(self, names: Sequence[str]) -> Iterator[None]:
        """Raise ConflictError if another writer was first; any other error passes through."""
        failures = self._client.exceptions
        try:
            yield
        except failures.TransactionCanceledException as error:
            codes = [reason.get("Code") for reason in error.response.get("CancellationReasons", ())]
            if not LOST_RACE & set(codes):
                raise
            taken = [name for name, code in zip(names, codes[1:], strict=False) if code == CONDITION_FAILED]
            raise ConflictError(taken) from error
        except (failures.ConditionalCheckFailedException, failures.TransactionConflictException) as error:
            raise ConflictError from error

    def _claim(self, name: str, group: str, now: float) -> TransactWriteItemTypeDef:
        put: PutTypeDef = {
            "TableName": self._table,
            "Item": {
                "pk": {"S": f"claim#{name}"},
                "group": {"S": group},
                "expires": _number(int(now + RETENTION)),
            },
            # DynamoDB may take days to delete an expired claim.
            "ConditionExpression": "attribute_not_exists(pk) OR expires < :now",
            "ExpressionAttributeValues": {":now": _number(int(now))},
        }
        return {"Put": put}


def _number(value: float) -> Item:
    return {"N": str(value)}


type _Stored = Group | BatchDelete | Bucket | ReviewState


def _versioned(key: str, before: _Stored | None, after: _Stored) -> _Update:
    """Start an update that fails if another writer changed the item since `before` was read."""
    update = _Update(key, "version = :before" if before else "attribute_not_exists(pk)")
    if before:
        update.values["before"] = _number(before.version)
    update.set(
        version=_number(before.version + 1 if before else 1), body={"B": msgspec.json.encode(_body(after))}
    )
    return update


def _shard(group: Group) -> str:
    return CRITICAL if group.level == "critical" else GROUPS


def _schedule(update: _Update, due: float | None, shard: str, now: float) -> None:
    update.set(expires=_number(int(now + RETENTION)))
    if due is None:
        update.remove("due_shard", "due_at")
    else:
        update.set(due_shard={"S": shard}, due_at=_number(due))


def _count(update: _Update, added: Counters) -> None:
    update.set(last=_number(added.last))
    update.add(bytes_in=added.bytes_in, bytes_out=added.bytes_out)
    update.add(**{COUNT + way: number for way, number in added.counts.items()})


def _body(value: _Stored) -> _Stored:
    """Return what is stored in `body`: all but the version and the counters, which have attributes."""
    if isinstance(value, Group):
        return replace(value, counters=Counters(), version=0)
    return replace(value, version=0)


def _counters(item: Item) -> Counters:
    counts = {name.removeprefix(COUNT): int(n["N"]) for name, n in item.items() if name.startswith(COUNT)}
    return Counters(counts, int(item["bytes_in"]["N"]), int(item["bytes_out"]["N"]), float(item["last"]["N"]))

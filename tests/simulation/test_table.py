"""The simulated table answers as moto's does."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.simulation import system
from tests.simulation.table import Index, RefusedWriteError, Table, key_of
from tests.support.ledger_table import TABLE

KEYS = ("one", "two", "three")
UPDATES = (
    "SET #a = :a, due_shard = :shard, due_at = :n REMOVE #b",
    "SET #a = if_not_exists(#a, :a), due_at = :n ADD #n :n",
    "SET #b = :a, due_shard = :shard REMOVE due_at ADD #n :n, #s :s",
    "DELETE #s :s SET #b = :a",
    "REMOVE due_shard",
)
CONDITIONS = (
    "attribute_exists(pk)", "attribute_not_exists(pk)", "attribute_not_exists(pk) OR #n < :n",
    "#n = :n AND NOT attribute_exists(#b)", "#a <> :a OR (#n BETWEEN :n AND :m)", "begins_with(#a, :a)",
)  # fmt: skip
NAMES = {"#a": "a", "#b": "b", "#n": "n", "#s": "s"}


def random_update(random: Random) -> dict[str, Any]:
    number = random.randrange(4)
    values = {
        ":a": {"S": random.choice("xyz")}, ":n": {"N": str(number)}, ":m": {"N": str(number + 1)},
        ":s": {"SS": sorted(random.sample("pqr", 2))}, ":shard": {"S": random.choice(("groups", "deletes"))},
    }  # fmt: skip
    update, condition = random.choice(UPDATES), random.choice(CONDITIONS)
    used = f"{update} {condition}"
    request = {
        "TableName": TABLE,
        "Key": {"pk": {"S": random.choice(KEYS)}},
        "UpdateExpression": update,
        "ConditionExpression": condition,
        "ExpressionAttributeNames": {name: full for name, full in NAMES.items() if name in used},
        "ExpressionAttributeValues": {name: value for name, value in values.items() if _is_in(name, used)},
    }
    return {name: value for name, value in request.items() if value}  # DynamoDB refuses empty maps


def _is_in(name: str, text: str) -> bool:
    return name in text.replace(",", " ").replace(")", " ").split()


def sorted_sets(item: dict[str, Any]) -> dict[str, Any]:
    return {name: {kind: sorted(value) if kind == "SS" else value for kind, value in each.items()}
            for name, each in item.items()}  # fmt: skip


@pytest.mark.parametrize("seed", range(5), ids=lambda seed: f"seed {seed}")
def test_the_simulated_table_answers_as_motos_does(table: Any, seed: int):
    random = Random(seed)
    indexes = {name: Index(*attributes) for name, attributes in system.INDEXES.items()}
    simulated = Table(indexes, lambda key, item: None, indexes["due"].put)
    for _ in range(80):
        writes = [{"Update": update} for update in _of_different_items(random)]
        assert _codes_of(simulated, writes) == _codes_of_moto(table, writes)
    query = {
        "TableName": TABLE, "IndexName": "due",
        "KeyConditionExpression": "due_shard = :shard AND due_at <= :now",
        "ExpressionAttributeValues": {":shard": {"S": "groups"}, ":now": {"N": "2"}}, "Limit": 2,
    }  # fmt: skip

    assert {key: sorted_sets(simulated.get(key) or {}) for key in KEYS} == {
        key: sorted_sets(table.get_item(TableName=TABLE, Key={"pk": {"S": key}}).get("Item", {}))
        for key in KEYS
    }
    assert simulated.query("due", query) == table.query(**query)["Items"]


def _of_different_items(random: Random) -> list[dict[str, Any]]:
    updates = [random_update(random) for _ in range(random.randint(1, 2))]
    return list({key_of(update): update for update in updates}.values())


def _codes_of(simulated: Table, writes: list[Any]) -> list[str]:
    try:
        simulated.write(writes)
    except RefusedWriteError as refused:
        return list(refused.codes)
    return []


def _codes_of_moto(client: Any, writes: list[Any]) -> list[str]:
    try:
        client.transact_write_items(TransactItems=writes)
    except ClientError as error:
        return [reason["Code"] for reason in error.response["CancellationReasons"]]
    return []

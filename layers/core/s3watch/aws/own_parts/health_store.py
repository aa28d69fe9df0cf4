"""Keeps what the last check of the deployment found, in an item of the ledger's table: `health`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from s3watch.aws.clients import translating_errors
from s3watch.aws.dynamodb_items import reading
from s3watch.aws.dynamodb_update import Update, number
from s3watch.health.state import Health

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEY = "health"


class HealthStore:
    """Reads and replaces it; one check runs at a time. Methods raise UnavailableError."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client, self._table = client, table

    def read(self) -> Health:
        """Return what the last check found; empty if there was none."""
        with translating_errors("DynamoDB"):
            answer = self._client.get_item(TableName=self._table, Key={"pk": {"S": KEY}}, ConsistentRead=True)
        if not (item := answer.get("Item")):
            return Health()
        with reading(item):
            found = msgspec.json.decode(item["body"]["B"], type=Health)
            return replace(found, version=int(item["version"]["N"]))

    def keep(self, after: Health) -> None:
        """Replace it, unless another check has done so since it was read: then UnavailableError, too."""
        condition = "version = :before" if after.version else "attribute_not_exists(pk)"
        update = Update(KEY, condition, **({"before": number(after.version)} if after.version else {}))
        body = msgspec.json.encode(replace(after, version=0))
        update.set(version=number(after.version + 1), body={"B": body})
        with translating_errors("DynamoDB"):
            self._client.update_item(**update.request(self._table))

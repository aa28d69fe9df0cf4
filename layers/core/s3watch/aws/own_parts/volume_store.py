"""Counts the calls of log files by hour and bucket, in items of the ledger's table: `volume#2026-11-20T13`.

A message that is delivered twice counts twice: what is compared are orders of magnitude.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import batched
from typing import TYPE_CHECKING

from s3watch.aws.clients import translating_errors
from s3watch.aws.dynamodb_batches import read_all
from s3watch.aws.dynamodb_update import Update, number
from s3watch.health.volumes import hours_to_count
from s3watch.times import TO_THE_HOUR

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PREFIX, CALLS = "volume#", "calls#"  # of keys, and of the attributes that are named after buckets
MOST = 100  # buckets in one request: an expression has 4,096 bytes, which is some 300 of them
KEPT = 10 * 86400  # seconds: eight days are compared


class VolumeStore:
    """Reads and adds to it. Methods raise UnavailableError."""

    def __init__(self, client: DynamoDBClient, table: str, buckets: Sequence[str]) -> None:
        """Prepare it for the calls on these buckets."""
        self._client, self._table, self.buckets = client, table, tuple(dict.fromkeys(buckets))
        self._counted = frozenset(buckets)

    def add(self, calls: Mapping[str, int], now: float) -> None:
        """Add calls by hour and bucket, such as 2026-11-20T13hr-data: a write for each hour."""
        hours, counted = defaultdict[str, dict[str, int]](dict), hours_to_count(now)
        for name, found in calls.items():
            hour, bucket = name[:TO_THE_HOUR], name[TO_THE_HOUR:]
            if hour in counted and bucket in self._counted:
                hours[hour][f"{CALLS}{bucket}"] = found
        for hour, buckets in hours.items():
            for some in batched(buckets.items(), MOST, strict=False):
                update = Update(f"{PREFIX}{hour}", "")
                update.set(expires=number(int(now) + KEPT))
                update.add(dict(some))
                with translating_errors("DynamoDB"):
                    self._client.update_item(**update.request(self._table))

    def read(self, hours: Sequence[str]) -> dict[str, dict[str, int]]:
        """Return the calls on buckets in some hours."""
        found = read_all(self._client, self._table, (f"{PREFIX}{hour}" for hour in hours))
        return {
            item["pk"]["S"].removeprefix(PREFIX): {
                name.removeprefix(CALLS): int(value["N"])
                for name, value in item.items()
                if name.startswith(CALLS)
            }
            for item in found
        }

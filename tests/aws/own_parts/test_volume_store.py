from __future__ import annotations

from typing import Any

import pytest
from s3watch.aws.own_parts.volume_store import KEPT, PREFIX, VolumeStore
from s3watch.errors import UnavailableError

from tests.support.ledger_table import TABLE
from tests.support.sensitive import NOW

EIGHT, SEVEN = "2026-11-20T08", "2026-11-20T07"

WATCHED = ["hr-data", "logs.example.com"]


def test_calls_add_up_by_hour_and_bucket(table: Any):
    volumes = VolumeStore(table, TABLE, WATCHED)
    volumes.add({f"{EIGHT}hr-data": 2, f"{EIGHT}logs.example.com": 1, f"{SEVEN}hr-data": 7}, NOW)
    volumes.add({f"{EIGHT}hr-data": 3}, NOW)

    assert volumes.read([SEVEN, EIGHT, "2026-11-20T06"]) == {
        EIGHT: {"hr-data": 5, "logs.example.com": 1},
        SEVEN: {"hr-data": 7},
    }


def test_what_is_counted_expires(table: Any):
    VolumeStore(table, TABLE, WATCHED).add({f"{EIGHT}hr-data": 1}, NOW)
    item = table.get_item(TableName=TABLE, Key={"pk": {"S": f"{PREFIX}{EIGHT}"}})["Item"]

    assert item["expires"]["N"] == str(int(NOW) + KEPT)


@pytest.mark.parametrize("hour", ["2026-11-01T11", "2027-01-01T00", "group#01K", ""], ids=str)
def test_hours_that_are_not_compared_are_not_kept(table: Any, hour: str):
    VolumeStore(table, TABLE, WATCHED).add({f"{hour}hr-data": 1}, NOW)

    assert table.scan(TableName=TABLE)["Items"] == []


def test_without_the_table_it_is_unavailable(table: Any):
    with pytest.raises(UnavailableError):
        VolumeStore(table, "elsewhere", WATCHED).add({f"{EIGHT}hr-data": 1}, NOW)


def test_other_buckets_are_not_kept(table: Any):
    VolumeStore(table, TABLE, WATCHED).add({f"{EIGHT}elsewhere": 1}, NOW)

    assert table.scan(TableName=TABLE)["Items"] == []


def test_as_many_buckets_as_a_catalogue_has_fit_into_requests(table: Any):
    many = [f"a-bucket-with-a-name-of-some-length-{number}" for number in range(700)]
    volumes = VolumeStore(table, TABLE, many)
    volumes.add({f"{EIGHT}{bucket}": 1 for bucket in many}, NOW)

    assert volumes.read([EIGHT]) == {EIGHT: dict.fromkeys(many, 1)}

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace
from s3watch.aws.own_parts.health_store import KEY, HealthStore
from s3watch.errors import BusyError, UnavailableError
from s3watch.health.state import Health, Open

from tests.support.ledger_table import TABLE
from tests.support.sensitive import NOW

FOUND = Health(open=(Open("trail", "stopped", NOW),), subscribed=("alerts a@example.com",), checked=NOW)


@pytest.fixture
def kept(table: Any) -> HealthStore:
    return HealthStore(table, TABLE)


def test_before_the_first_check_nothing_is_kept(kept: HealthStore):
    assert kept.read() == Health()


def test_what_is_kept_is_read_with_its_version(kept: HealthStore):
    kept.keep(FOUND)
    kept.keep(replace(kept.read(), checked=NOW + 3600))

    assert kept.read() == replace(FOUND, checked=NOW + 3600, version=2)


def test_of_two_checks_at_once_the_second_is_repeated(kept: HealthStore):
    kept.keep(FOUND)
    kept.keep(kept.read())

    with pytest.raises(UnavailableError, match="ConditionalCheckFailed"):
        kept.keep(replace(FOUND, version=1))


def test_what_another_version_wrote_is_not_taken_for_nothing(kept: HealthStore, table: Any):
    item = {"pk": {"S": KEY}, "version": {"N": "1"}, "body": {"B": b'{"open": 7}'}}
    table.put_item(TableName=TABLE, Item=item)

    with pytest.raises(BusyError, match=r"the item .* cannot be read"):
        kept.read()

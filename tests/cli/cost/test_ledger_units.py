"""What the ledger costs, in DynamoDB's write units, is what the model says; measured on moto."""

from __future__ import annotations

from typing import Any

import pytest
from s3watch.aws.dynamodb_store import DynamoDBStore
from s3watch.aws.own_parts.volume_store import VolumeStore
from s3watch.ledger.first_seen import FirstSeen, ask
from s3watch.ledger.ledger import EXACT, Ledger
from s3watch.ledger.messages import TOPICS
from s3watch.pipelines.notify import Delivery
from s3watch.times import TO_THE_HOUR
from s3watch_cli.cost import paths

from tests.support.cloudtrail import make_record, make_user
from tests.support.ledger_table import TABLE
from tests.support.sensitive import NOW, make_hits, make_reads
from tests.support.write_units import MeteredClient


def ignore(publication: Any) -> None:
    """A topic that nobody reads."""


class Meter:
    """A ledger whose writes are counted, and the delivery of its messages."""

    def __init__(self, table: Any) -> None:
        self.client = MeteredClient(table)
        self.store = DynamoDBStore(self.client, TABLE)  # type: ignore[arg-type]  # a client all the same
        self.ledger = Ledger(self.store)
        self.delivery = Delivery(self.store, dict.fromkeys(TOPICS, ignore), {})

    def record(self, *records: dict[str, Any]) -> int:
        return self._units(lambda: self.ledger.record(make_hits(*records), "events", NOW))

    def remember(self, *records: dict[str, Any]) -> int:
        memory = FirstSeen((), self.store)
        return self._units(lambda: memory.judge(ask(make_hits(*records), NOW)))

    def count(self, calls: dict[str, int]) -> int:
        volumes = VolumeStore(self.client, TABLE, {call[TO_THE_HOUR:] for call in calls})  # type: ignore[arg-type]
        return self._units(lambda: volumes.add(calls, NOW))

    def send(self, now: float = NOW) -> int:
        ids = [name for topic in TOPICS for name in self.store.due_messages(topic, now + 1e9)]
        return self._units(lambda: self.delivery.deliver(ids, lambda: now))

    def close(self) -> int:
        later = NOW + 1e6
        return self._units(lambda: self.ledger.roll_up_due(later)) + self.send(later)

    def _units(self, step: Any) -> int:
        before = self.client.units
        step()
        return self.client.units - before


@pytest.fixture
def meter(table: Any) -> Meter:
    return Meter(table)


def test_a_group_of_one_hit_costs_what_the_model_says(meter: Meter):
    meter.record(make_record(userIdentity=make_user("before")))  # a token bucket is there
    meter.send()

    opened = meter.record(make_record(requestID="R1")) + meter.send()
    assert opened + meter.close() / 2 == pytest.approx(paths.GROUP_WRITES, rel=0.1)


def test_a_claimed_hit_costs_what_the_model_says(meter: Meter):
    meter.record(*make_reads(80))

    assert meter.record(*make_reads(1, 1000)) == pytest.approx(paths.CLAIM_WRITES[1], abs=1)
    assert meter.record(*make_reads(80, 2000)) / 80 == pytest.approx(paths.CLAIM_WRITES[0], rel=0.15)


def test_what_is_remembered_of_a_caller_costs_what_the_model_says(meter: Meter):
    meter.remember(make_record(userIdentity=make_user("before")))  # there is a first window

    inside = {"sourceIPAddress": "10.0.0.7", "vpcEndpointId": "vpce-0a1b2c3d"}

    assert meter.remember(make_record(**inside)) == paths.SEEN_WRITES
    assert meter.remember(make_record(**inside, requestID="later")) == 0


def test_the_calls_of_a_log_file_cost_what_the_model_says(meter: Meter):
    calls = {f"2026-11-20T{hour}bucket-{number}": 99 for hour in ("07", "08") for number in range(10)}
    of_one_hour = {key: calls[key] for key in calls if key.startswith("2026-11-20T07")}

    assert (11 * meter.count(of_one_hour) + meter.count(calls)) / 12 == paths.VOLUME_WRITES


def test_past_the_claims_a_batch_costs_what_the_model_says_and_is_one_write(meter: Meter):
    meter.record(*make_reads(EXACT + 90))
    before = meter.client.writes

    assert meter.record(*make_reads(500, 5000)) == pytest.approx(paths.COUNT_WRITES, abs=1)
    assert meter.client.writes == before + 1

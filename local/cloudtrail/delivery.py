"""CloudTrail's delivery: records a trail selects go to the default bus and, in batches, to its bucket."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from queue import Empty, Queue

from ministack.services import s3

from local.cloudtrail import event_history, log_delivery, principals
from local.cloudtrail.calls import Call, Operation, operation
from local.cloudtrail.log_delivery import Trail
from local.cloudtrail.record import Json, write
from local.messaging import bus
from local.settings import Settings

logger = logging.getLogger("local.cloudtrail.delivery")

DETAIL_TYPES = {
    "AwsApiCall": "AWS API Call via CloudTrail",
    "AwsServiceEvent": "AWS Service Event via CloudTrail",
}


@dataclass(slots=True)
class Delivery:
    """Delivers the records of calls, on its own thread, after CloudTrail's delay."""

    settings: Settings
    _due: Queue[tuple[float, Json, list[Trail]]] = field(default_factory=Queue)
    _batches: dict[tuple[Trail, str], list[Json]] = field(default_factory=dict)
    _flushed: float = 0.0

    def start(self) -> None:
        """Start the thread."""
        threading.Thread(target=self._run, name="cloudtrail-delivery", daemon=True).start()

    def take(self, call: Call, access_key: str, region: str, trails: Sequence[Trail]) -> None:
        """Record a call for the trails logging when it arrived, so that StopLogging itself is recorded.

        The event history has it without a trail.
        """
        named = operation(call)
        caller = principals.caller(access_key)
        if named is None or caller is None or (named.data and not trails):
            return
        for record in write(call, named, caller, _owner(named), region):
            event_history.keep(record)
            takers = [one for one in trails if one.takes(record)]
            if takers:
                self._due.put((time.time() + self.settings.event_delay, record, takers))

    def _run(self) -> None:
        while True:
            try:
                due, record, trails = self._due.get(timeout=self.settings.log_interval / 5)
            except Empty:
                self._flush()
                continue
            time.sleep(max(0.0, due - time.time()))
            try:
                self._deliver(record, trails)
            except Exception:
                logger.exception("record %s was not delivered", record["eventID"])
            self._flush()

    def _deliver(self, record: Json, trails: Sequence[Trail]) -> None:
        account, region = record["recipientAccountId"], record["awsRegion"]
        for one in trails:
            self._batches.setdefault((one, region), []).append(record)
        if record["managementEvent"] and record["readOnly"]:
            return  # the bus has them for rules ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS, never run here
        source = "aws." + record["eventSource"].partition(".")[0]
        bus.put(source, DETAIL_TYPES[record["eventType"]], record, (), account, region)

    def _flush(self) -> None:
        now = time.time()
        if now - self._flushed < self.settings.log_interval:
            return
        self._flushed = now
        for (one, region), records in self._batches.items():
            log_delivery.deliver(one, region, records, now)
        self._batches.clear()


def _owner(named: Operation) -> str | None:
    """Return the account of the bucket or role that a call is on."""
    if named.role:
        return named.role.split(":")[4]
    return s3._bucket_owner_account(named.bucket) if named.bucket else None

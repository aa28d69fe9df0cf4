"""CloudTrail's delivery: records a trail selects go to the default bus and, in batches, to its bucket."""

from __future__ import annotations

import gzip
import json
import logging
import secrets
import string
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from queue import Empty, Queue
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import cloudtrail, eventbridge, s3

from local import principals, trail
from local.calls import Call, operation
from local.record import Json, write
from local.settings import Settings

logger = logging.getLogger("local.delivery")

DETAIL_TYPES = {
    "AwsApiCall": "AWS API Call via CloudTrail",
    "AwsServiceEvent": "AWS Service Event via CloudTrail",
}


@dataclass(frozen=True, slots=True)
class Trail:
    """A trail that is logging, as it was when a call came."""

    account: str
    region: str
    name: str
    bucket: str
    prefix: str
    everywhere: bool  # a multi-Region trail
    selectors: Sequence[Mapping[str, Any]] = field(compare=False)

    def takes(self, record: Json) -> bool:
        """Whether this trail logs the record."""
        here = self.everywhere or record["awsRegion"] == self.region
        return here and record["recipientAccountId"] == self.account and trail.logs(self.selectors, record)

    def log_key(self, region: str, now: float) -> str:
        """The name of a new log file.

        https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html
        """
        stamp = time.strftime("%Y%m%dT%H%MZ", time.gmtime(now))
        day = time.strftime("%Y/%m/%d", time.gmtime(now))
        unique = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(16))
        folder = f"AWSLogs/{self.account}/CloudTrail/{region}/{day}"
        name = f"{self.account}_CloudTrail_{region}_{stamp}_{unique}.json.gz"
        return "/".join(part for part in (self.prefix, folder, name) if part)


def logging_trails() -> list[Trail]:
    """Every trail that logs at this moment."""
    return [
        Trail(
            account=account,
            region=region,
            name=name,
            bucket=made["S3BucketName"],
            prefix=made.get("S3KeyPrefix") or "",
            everywhere=made.get("IsMultiRegionTrail", False),
            selectors=cloudtrail._event_selectors.get_scoped(
                account, region, name, cloudtrail._DEFAULT_EVENT_SELECTORS
            ),
        )
        for (account, region, name), made in cloudtrail._trails.all_items()
        if made.get("IsLogging")
    ]


@dataclass(slots=True)
class Delivery:
    """Takes calls as they end, delivers their records on a thread of its own after CloudTrail's delay."""

    settings: Settings
    _due: Queue[tuple[float, Json, list[Trail]]] = field(default_factory=Queue)
    _batches: dict[tuple[Trail, str], list[Json]] = field(default_factory=dict)
    _flushed: float = 0.0

    def start(self) -> None:
        """Begin to deliver."""
        threading.Thread(target=self._run, name="cloudtrail-delivery", daemon=True).start()

    def take(self, call: Call, access_key: str, region: str, trails: Sequence[Trail]) -> None:
        """Record a call for the trails that were logging when it came; StopLogging itself is recorded so."""
        named = operation(call)
        caller = principals.caller(access_key)
        if not trails or named is None or caller is None:
            return
        owner = s3._bucket_owner_account(named.bucket) if named.bucket else None
        for record in write(call, named, caller, owner, region):
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
        entry = {
            "Source": "aws." + record["eventSource"].partition(".")[0],
            "DetailType": DETAIL_TYPES[record["eventType"]],
            "Detail": json.dumps(record),
        }
        with request_scope(account, region):
            eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)

    def _flush(self) -> None:
        now = time.time()
        if now - self._flushed < self.settings.log_interval:
            return
        self._flushed = now
        for (one, region), records in self._batches.items():
            self._write_log(one, region, records, now)
        self._batches.clear()

    def _write_log(self, one: Trail, region: str, records: list[Json], now: float) -> None:
        """In process, past the observer: a trail's own files never become records."""
        body = gzip.compress(json.dumps({"Records": records}).encode())
        headers = {"content-type": "application/json", "content-encoding": "gzip"}
        owner = s3._bucket_owner_account(one.bucket)
        if owner is None:
            logger.warning("trail %s: bucket %s is gone", one.name, one.bucket)
            return
        with request_scope(owner, region):
            status, _, answer = s3._put_object(one.bucket, one.log_key(region, now), body, headers)
        if status >= 400:
            logger.warning("trail %s: no log file written: %s", one.name, answer.decode(errors="replace"))

"""S3's server access logs: the calls on a bucket with logging on, written in batches to its target bucket.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree as ET

from ministack.core.responses import request_scope
from ministack.services import s3

from local import request_context
from local.cloudtrail import principals
from local.cloudtrail.calls import Call, operation
from local.s3 import access_lines
from local.s3.policies import allows_service
from local.settings import Settings

logger = logging.getLogger("local.s3.access_logs")

LOGGING = "logging.s3.amazonaws.com"
NO_TARGET = "The owner for the bucket to be logged and the target bucket must be the same."


@dataclass(frozen=True, slots=True)
class Target:
    """Where a bucket's log is delivered, and how its files are named."""

    bucket: str
    prefix: str
    partitioned: bool = False
    by_event: bool = False  # partitions name the day of the requests, not of the delivery

    def log_key(self, account: str, region: str, source: str, day: float, now: float) -> str:
        """Return the key of a new log file with requests of one day."""
        unique = secrets.token_hex(8).upper()
        if not self.partitioned:
            return f"{self.prefix}{_stamp('%Y-%m-%d-%H-%M-%S', now)}-{unique}"
        folder = f"{self.prefix}{account}/{region}/{source}"
        moment = day if self.by_event else now
        clock = "00-00-00" if self.by_event else _stamp("%H-%M-%S", now)
        return f"{folder}/{_stamp('%Y/%m/%d/%Y-%m-%d', moment)}-{clock}-{unique}"


def _stamp(form: str, moment: float) -> str:
    return time.strftime(form, time.gmtime(moment))


def read_target(configuration: str | bytes) -> Target | None:
    """Read the target from a bucket's logging configuration; None if logging is off."""
    enabled = ET.fromstring(configuration).find("{*}LoggingEnabled")  # noqa: S314 - our own callers' XML
    if enabled is None:
        return None
    partitioned = enabled.find("{*}TargetObjectKeyFormat/{*}PartitionedPrefix")
    return Target(
        bucket=enabled.findtext("{*}TargetBucket", ""),
        prefix=enabled.findtext("{*}TargetPrefix", ""),
        partitioned=partitioned is not None,
        by_event=partitioned is not None
        and partitioned.findtext("{*}PartitionDateSource", "DeliveryTime") == "EventTime",
    )


def target(bucket: str) -> tuple[str, Target] | None:
    """Return (owner's account, target) of a bucket's log; None if logging is off."""
    owner = s3._bucket_owner_account(bucket)
    kept = s3._bucket_logging_config.get_scoped(owner, None, bucket) if owner else None
    found = read_target(kept) if kept else None
    return (owner, found) if owner and found else None


Batch = tuple[str, Target, str, str, float]  # owner, target, Region, source bucket, begin of the day


@dataclass(slots=True)
class AccessLogs:
    """Writes the lines of calls on its own thread; its own writes are not logged."""

    settings: Settings
    _lines: dict[Batch, list[str]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> None:
        """Start the thread."""
        threading.Thread(target=self._run, name="access-logs", daemon=True).start()

    def take(self, call: Call, access_key: str, region: str) -> None:
        """Queue the lines of a call on S3, for each of its buckets that has logging on."""
        named = operation(call) if call.service == "s3" else None
        if named is None or named.bucket is None:
            return
        owner_id = s3._canonical_owner_id(s3._bucket_owner_account(named.bucket) or "")
        for line in access_lines.write(call, named, requester(access_key), owner_id, region):
            if found := target(line.bucket):
                batch = (*found, region, line.bucket, call.time - call.time % 86400)
                with self._lock:
                    self._lines.setdefault(batch, []).append(line.text)

    def _run(self) -> None:
        while True:
            time.sleep(self.settings.log_interval)
            with self._lock:
                lines, self._lines = self._lines, {}
            for batch, texts in lines.items():
                try:
                    _write(batch, texts, time.time())
                except Exception:
                    logger.exception("an access log of %s was not delivered", batch[3])


def requester(access_key: str) -> str:
    """Return the caller as a line names it: an ARN, a root's canonical id, or empty for anonymous."""
    caller = principals.caller(access_key)
    if caller is None or caller.account is None:
        return ""
    told = str(caller.identity["arn"])
    return str(s3._canonical_owner_id(caller.account)) if told.endswith(":root") else told


def _write(batch: Batch, lines: list[str], now: float) -> None:
    """In process, past the observer: writing a log file is logged nowhere."""
    account, to, region, source, day = batch
    key = to.log_key(account, region, source, day, now)
    conditions = {"aws:sourcearn": f"arn:aws:s3:::{source}", "aws:sourceaccount": account}
    if not allows_service(LOGGING, to.bucket, "s3:PutObject", f"arn:aws:s3:::{to.bucket}/{key}", conditions):
        logger.warning("access log of %s: the policy of %s does not let it be written", source, to.bucket)
        return
    body = "".join(f"{line}\n" for line in lines).encode()
    request = request_context.RequestContext(LOGGING, service=LOGGING)
    with request_scope(account, region), request_context.serving(request):
        status, _, answer = s3._put_object(to.bucket, key, body, {"content-type": "text/plain"})
    if status >= 400:
        logger.warning("access log of %s: not written: %s", source, answer.decode(errors="replace"))


def checking(put: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap PutBucketLogging to refuse a target that is missing or another account's, as S3 does."""

    def checked(name: str, body: bytes) -> Any:
        wanted = read_target(body)
        if wanted and s3._bucket_owner_account(wanted.bucket) != s3._bucket_owner_account(name):
            return s3._error("InvalidTargetBucketForLogging", NO_TARGET, 400)
        return put(name, body)

    return checked


def install() -> None:
    """Install the check of targets."""
    s3._put_bucket_logging = checking(s3._put_bucket_logging)

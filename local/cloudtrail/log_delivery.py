"""Where a trail delivers records: log files in its bucket, notifications to its topic, its log group.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/configure-sns-notifications-for-cloudtrail.html
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/send-cloudtrail-events-to-cloudwatch-logs.html
"""

from __future__ import annotations

import calendar
import gzip
import json
import logging
import secrets
import string
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import cloudtrail, cloudwatch_logs, s3, sns

from local import request_context
from local.cloudtrail import trail
from local.cloudtrail.record import Json

logger = logging.getLogger("local.cloudtrail.log_delivery")

SERVICE = "cloudtrail.amazonaws.com"
LARGEST_BATCH = 10_000  # events in one PutLogEvents


@dataclass(frozen=True, slots=True)
class Trail:
    """A trail that is logging, as it was configured when a call arrived."""

    account: str
    region: str
    name: str
    bucket: str
    prefix: str
    everywhere: bool  # a multi-Region trail
    topic: str  # ARN, or empty
    log_group: str  # ARN, or empty
    selectors: Sequence[Mapping[str, Any]] = field(compare=False)

    @property
    def arn(self) -> str:
        """The trail's ARN."""
        return f"arn:aws:cloudtrail:{self.region}:{self.account}:trail/{self.name}"

    def takes(self, record: Json) -> bool:
        """Tell whether this trail logs the record."""
        here = self.everywhere or record["awsRegion"] == self.region
        return here and record["recipientAccountId"] == self.account and trail.logs(self.selectors, record)

    def log_key(self, region: str, now: float) -> str:
        """Return the key of a new log file.

        https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html
        """
        stamp = time.strftime("%Y%m%dT%H%MZ", time.gmtime(now))
        day = time.strftime("%Y/%m/%d", time.gmtime(now))
        unique = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(16))
        folder = f"AWSLogs/{self.account}/CloudTrail/{region}/{day}"
        name = f"{self.account}_CloudTrail_{region}_{stamp}_{unique}.json.gz"
        return "/".join(part for part in (self.prefix, folder, name) if part)


def logging_trails() -> list[Trail]:
    """Return every trail that is logging now."""
    return [
        Trail(
            account=account,
            region=region,
            name=name,
            bucket=made["S3BucketName"],
            prefix=made.get("S3KeyPrefix") or "",
            everywhere=made.get("IsMultiRegionTrail", False),
            topic=topic_arn(made.get("SnsTopicName") or "", account, region),
            log_group=made.get("CloudWatchLogsLogGroupArn") or "",
            selectors=cloudtrail._event_selectors.get_scoped(
                account, region, name, cloudtrail._DEFAULT_EVENT_SELECTORS
            ),
        )
        for (account, region, name), made in cloudtrail._trails.all_items()
        if made.get("IsLogging")
    ]


def topic_arn(topic: str, account: str, region: str) -> str:
    """Return the ARN of a trail's topic, which a trail names by ARN or by name."""
    return topic if topic.startswith("arn:") or not topic else f"arn:aws:sns:{region}:{account}:{topic}"


def deliver(one: Trail, region: str, records: Sequence[Json], now: float) -> None:
    """Write a log file, notify the topic, and write to the log group."""
    key = one.log_key(region, now)
    if _write(one, region, key, records) and one.topic:
        _tell(one, key)
    if one.log_group:
        _log(one, region, records)


def _write(one: Trail, region: str, key: str, records: Sequence[Json]) -> bool:
    """In process, past the observer: writing a trail's files makes no records."""
    owner = s3._bucket_owner_account(one.bucket)
    if owner is None:
        logger.warning("trail %s: bucket %s is gone", one.name, one.bucket)
        return False
    body = gzip.compress(json.dumps({"Records": records}).encode())
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    with (
        request_scope(owner, region),
        request_context.serving(request_context.RequestContext(SERVICE, service=SERVICE)),
    ):
        status, _, answer = s3._put_object(one.bucket, key, body, headers)
    if status >= 400:
        logger.warning("trail %s: no log file written: %s", one.name, answer.decode(errors="replace"))
    return bool(status < 400)


def _tell(one: Trail, key: str) -> None:
    with (
        request_scope(one.account, one.region),
        request_context.serving(request_context.RequestContext(SERVICE, service=SERVICE)),
    ):
        if sns.topic_policy_allows(one.topic, SERVICE, one.arn, one.account):
            message = json.dumps({"s3Bucket": one.bucket, "s3ObjectKey": [key]})
            sns._fanout(one.topic, str(uuid.uuid4()), message, "")
        else:
            logger.warning("trail %s: its topic's policy does not let it publish", one.name)


def _log(one: Trail, region: str, records: Sequence[Json]) -> None:
    """Put the records into the log group; the trail's role is not checked."""
    *_, account, group = one.log_group.removesuffix(":*").split(":", 5)
    named = {
        "logGroupName": group.removeprefix("log-group:"),
        "logStreamName": f"{one.account}_CloudTrail_{region}",
    }
    events = [{"timestamp": _milliseconds(record), "message": json.dumps(record)} for record in records]
    with request_scope(account, one.region):
        cloudwatch_logs._create_log_stream(named)  # refused where it exists
        for start in range(0, len(events), LARGEST_BATCH):
            status, _, answer = cloudwatch_logs._put_log_events(
                named | {"logEvents": events[start : start + LARGEST_BATCH]}
            )
            if status >= 400:
                logger.warning("trail %s: not logged: %s", one.name, answer.decode(errors="replace"))


def _milliseconds(record: Json) -> int:
    return calendar.timegm(time.strptime(record["eventTime"], "%Y-%m-%dT%H:%M:%SZ")) * 1000

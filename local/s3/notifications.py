"""S3's event notifications: to the queues, topics and functions a bucket names, and to the default bus.

ministack delivers them, but its messages lack request, requester and version.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from typing import Any
from urllib.parse import quote_plus

from ministack.core.responses import get_account_id, now_iso
from ministack.services import s3

from local import request_context
from local.messaging import bus

logger = logging.getLogger("local.s3.notifications")

Json = dict[str, Any]
Config = Mapping[str, Any]

EMPTY_ETAG = "d41d8cd98f00b204e9800998ecf8427e"  # a delete marker's: the MD5 of an empty body
OVERLAP = "Configurations overlap. Configurations on the same bucket cannot share a common event type."
_EVENTBRIDGE = "EventBridgeConfiguration"


def fire(
    bucket: str,
    key: str,
    event: str,
    size: int = 0,
    etag: str = "",
    deletion_type: str | None = None,
    **more: Any,
) -> None:
    """Send one event to every destination of the bucket's notification configuration; runs on its own thread.

    `more` are ministack's version_id, sequencer, object_extra, record_extra and restore_event_data.
    """
    changed = _object(event, size, etag, more) | (more.get("object_extra") or {})
    record = dict(more.get("record_extra") or {})
    if restored := more.get("restore_event_data"):
        record["glacierEventData"] = {"restoreEventData": restored}
    try:
        _notify(bucket, key, event, changed, record)
        if _EVENTBRIDGE in s3._bucket_notifications.get(bucket, ""):
            _put_on_bus(bucket, key, event, changed, deletion_type)
    except Exception:
        logger.exception("%s of %s/%s was not delivered", event, bucket, key)


def _object(event: str, size: int, etag: str, more: Json) -> Json:
    """The `object` of a message: a deleted one has no size, a delete marker the ETag of an empty object."""
    tag = EMPTY_ETAG if event.endswith("DeleteMarkerCreated") else etag.strip('"')
    removed = event.startswith("s3:ObjectRemoved:")
    said = {
        "size": None if removed else size,
        "eTag": tag,
        "versionId": more.get("version_id"),
        "sequencer": more.get("sequencer"),
    }
    return {name: value for name, value in said.items() if value not in (None, "")}


def _notify(bucket: str, key: str, event: str, changed: Json, extra: Json) -> None:
    region = s3._notification_bucket_region(bucket)
    for config in s3._parse_notification_config(bucket):
        if not s3._event_matches(event, config["events"]):
            continue
        if not s3._key_matches_filter(key, config["filter_prefix"], config["filter_suffix"]):
            continue
        record = _record(bucket, event, config["id"], region) | extra
        record["s3"]["object"] = {"key": quote_plus(key, safe="/"), **changed}
        _deliver(config, {"Records": [record]}, region, bucket)


def _record(bucket: str, event: str, configuration: str, region: str) -> Json:
    request = request_context.current()
    return {
        "eventVersion": "2.6",
        "eventSource": "aws:s3",
        "awsRegion": region,
        "eventTime": now_iso(),
        "eventName": event.removeprefix("s3:"),
        "userIdentity": {"principalId": request.principal_id},
        "requestParameters": {"sourceIPAddress": request.ip},
        "responseElements": {"x-amz-request-id": request.id, "x-amz-id-2": request.host_id},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": configuration,
            "bucket": {
                "name": bucket,
                "ownerIdentity": {"principalId": s3._canonical_owner_id()},
                "arn": f"arn:aws:s3:::{bucket}",
            },
        },
    }


def _deliver(config: Config, payload: Json, region: str, bucket: str) -> None:
    if config["type"] == "sqs":
        s3._deliver_event_to_sqs(config["arn"], payload, region, bucket_name=bucket)
    elif config["type"] == "sns":
        s3._deliver_event_to_sns(config["arn"], payload, region, bucket_name=bucket)
    else:
        s3._deliver_event_to_lambda(config["arn"], payload, region)


def _put_on_bus(bucket: str, key: str, event: str, changed: Json, deletion_type: str | None) -> None:
    request = request_context.current()
    detail_type, reason = s3._s3_event_to_eventbridge(event)
    names = {"eTag": "etag", "versionId": "version-id"}
    detail = {
        "version": "0",
        "event-version": "1.0",
        "bucket": {"name": bucket},
        "object": {"key": key, **{names.get(name, name): value for name, value in changed.items()}},
        "request-id": request.id,
        "requester": request.requester,
        "source-ip-address": request.ip,
        **({"reason": reason} if reason else {}),
    }
    if detail_type == "Object Deleted":
        detail["deletion-type"] = deletion_type or "Permanently Deleted"
    region = s3._notification_bucket_region(bucket)
    bus.put("aws.s3", detail_type, detail, [f"arn:aws:s3:::{bucket}"], get_account_id(), region)


def overlap(configs: Sequence[Config]) -> bool:
    """Tell whether S3 would refuse these configurations: some event of an object would match two."""
    return any(
        _same_event(one["events"], other["events"])
        and _nested(one["filter_prefix"], other["filter_prefix"], str.startswith)
        and _nested(one["filter_suffix"], other["filter_suffix"], str.endswith)
        for one, other in combinations(configs, 2)
    )


def _same_event(ours: Sequence[str], theirs: Sequence[str]) -> bool:
    stems = [(one.removesuffix("*"), other.removesuffix("*")) for one in ours for other in theirs]
    return any(_nested(one, other, str.startswith) for one, other in stems)


def _nested(one: str | None, other: str | None, within: Callable[[str, str], bool]) -> bool:
    return within(one or "", other or "") or within(other or "", one or "")


def refusing(validate: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap the check of a notification configuration to refuse overlaps, as S3 does."""

    def validated(configs: Sequence[Config], *rest: Any) -> Any:
        return s3._invalid_notification_config(OVERLAP) if overlap(configs) else validate(configs, *rest)

    return validated


def install() -> None:
    """Install the messages and the check for overlaps."""
    s3._fire_s3_event = fire
    s3._validate_notification_configs = refusing(s3._validate_notification_configs)

"""What a review of buckets is occasioned by: a change of settings, AWS Config's word, or the schedule.

https://docs.aws.amazon.com/config/latest/developerguide/monitor-config-with-cloudwatchevents.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import Raw, Struct, field

from s3watch.errors import RecordError
from s3watch.facts.access import Access
from s3watch.facts.extraction import extract
from s3watch.ledger.ledger import claim
from s3watch.sources.cloudtrail import Record, decode, decode_loosely
from s3watch.times import read_time

CONFIG, SCHEDULE = "AWS Config", "s3watch"

# After these a bucket may be open to others than before. Names as CloudTrail writes them.
CHANGES = frozenset(
    {
        "CreateAccessPoint",
        "CreateBucket",
        "DeleteAccessPoint",
        "DeleteAccessPointPolicy",
        "DeleteAccountPublicAccessBlock",
        "DeleteBucketOwnershipControls",
        "DeleteBucketPolicy",
        "DeleteBucketPublicAccessBlock",
        "DeleteBucketReplication",
        "PutAccessPointPolicy",
        "PutAccountPublicAccessBlock",
        "PutBucketAcl",
        "PutBucketOwnershipControls",
        "PutBucketPolicy",
        "PutBucketPublicAccessBlock",
        "PutBucketReplication",
    }
)
# Rules of AWS Config about what a review judges itself; a conformance pack adds to their names.
PUBLIC_ACCESS_RULES = (
    "s3-bucket-public-read-prohibited",
    "s3-bucket-public-write-prohibited",
    "s3-bucket-level-public-access-prohibited",
    "s3-account-level-public-access-blocks",
)


class _Envelope(Struct):
    detail: Raw = Raw(b"{}")
    detail_type: str = field(name="detail-type", default="")
    id: str = ""
    time: str = ""


@dataclass(frozen=True, slots=True)
class Trigger:
    """Why which buckets are reviewed; `name` is the same for every copy of the same event."""

    name: str
    buckets: tuple[str, ...]
    time: float  # epoch seconds
    access: Access | None = None  # the call that changed something
    finder: str = ""  # who else gave the trigger
    rule: str = ""  # of AWS Config, that found a bucket not compliant
    reason: str = ""  # AWS Config's remark

    @property
    def about_public_access(self) -> bool:
        """Whether AWS Config tells of what a review judges itself, and not of logging or encryption."""
        return any(rule in self.rule for rule in PUBLIC_ACCESS_RULES)


def read(event: bytes, watched: Sequence[str], now: float) -> Trigger | None:
    """Read an EventBridge event; None: it gives no trigger here. Raises RecordError."""
    try:
        envelope = msgspec.json.decode(event, type=_Envelope)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RecordError(f"not an EventBridge event: {error}") from error
    match envelope.detail_type:
        case "Config Rules Compliance Change":
            return _by_config(decode_loosely(envelope.detail), watched, now)
        case "Scheduled Event":
            return Trigger(envelope.id, tuple(watched), read_time(envelope.time) or now, finder=SCHEDULE)
        case "AWS API Call via CloudTrail" | "AWS Service Event via CloudTrail":
            return _by_call(decode(envelope.detail), envelope.detail, watched, now)
        case _:
            raise RecordError(f"no event that occasions a review: {envelope.detail_type or 'without a type'}")


def _by_call(record: Record, raw: Raw, watched: Sequence[str], now: float) -> Trigger | None:
    """A call whose bucket the record does not name, as of an access point, may concern every bucket."""
    access = extract(record, raw)[0]
    if record.event_name not in CHANGES or access.outcome != "success":
        return None
    buckets = _concerned(access.bucket, watched)
    return Trigger(claim(access), buckets, access.time or now, access=access) if buckets else None


def _concerned(bucket: str | None, watched: Sequence[str]) -> tuple[str, ...]:
    if bucket is None:
        return tuple(watched)
    return (bucket,) if bucket in watched else ()


def _by_config(detail: dict[str, Any], watched: Sequence[str], now: float) -> Trigger | None:
    """A rule that found a bucket, or the whole account, not compliant."""
    result = _member(detail, "newEvaluationResult")
    kinds = {"AWS::S3::Bucket": str(detail.get("resourceId")), "AWS::::Account": None}
    kind = detail.get("resourceType")
    if result.get("complianceType") != "NON_COMPLIANT" or kind not in kinds:
        return None
    buckets = _concerned(kinds[kind], watched)
    rule, time = str(detail.get("configRuleName")), str(result.get("resultRecordedTime"))
    return (
        Trigger(
            f"config {rule} {detail.get('resourceId')} {time}",
            buckets,
            read_time(time) or now,
            finder=CONFIG,
            rule=rule,
            reason=str(result.get("annotation") or ""),
        )
        if buckets
        else None
    )


def _member(detail: dict[str, Any], name: str) -> dict[str, Any]:
    found = detail.get(name)
    return found if isinstance(found, dict) else {}

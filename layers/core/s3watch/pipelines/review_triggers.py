"""Parses the events that trigger a review of buckets: changed settings, AWS Config, or the schedule.

https://docs.aws.amazon.com/config/latest/developerguide/monitor-config-with-cloudwatchevents.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from msgspec import Raw, Struct, field

from s3watch.errors import RecordError
from s3watch.facts.access import Access
from s3watch.facts.extraction import extract
from s3watch.ledger.claims import name_of
from s3watch.sources.cloudtrail import Record, decode, decode_loosely, read_member
from s3watch.times import read_time

CONFIG, SCHEDULE = "AWS Config", "s3watch"

# CloudTrail's names of the events that can change who has access to a bucket.
CHANGES = frozenset(
    {
        "CreateAccessGrant",
        "CreateAccessPoint",
        "CreateBucket",
        "CreateMultiRegionAccessPoint",
        "DeleteAccessGrant",
        "DeleteAccessGrantsInstanceResourcePolicy",
        "DeleteAccessPoint",
        "DeleteAccessPointPolicy",
        "DeleteAccountPublicAccessBlock",
        "DeleteBucketOwnershipControls",
        "DeleteBucketPolicy",
        "DeleteBucketPublicAccessBlock",
        "DeleteBucketReplication",
        "DeleteMultiRegionAccessPoint",
        "PutAccessGrantsInstanceResourcePolicy",
        "PutAccessPointPolicy",
        "PutAccountPublicAccessBlock",
        "PutBucketAcl",
        "PutBucketOwnershipControls",
        "PutBucketPolicy",
        "PutBucketPublicAccessBlock",
        "PutBucketReplication",
        "PutMultiRegionAccessPointPolicy",
        "UpdateAccessGrantsLocation",
    }
)
# AWS Config rules on what a review evaluates itself; in a conformance pack their names have a suffix.
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
    """Which buckets to review, and why; `name` is the same for every copy of an event."""

    name: str
    buckets: tuple[str, ...]
    time: float  # epoch seconds
    access: Access | None = None  # the call that changed the settings, if one triggered the review
    finder: str = ""  # CONFIG or SCHEDULE, if one of these did
    rule: str = ""  # the AWS Config rule that found a bucket non-compliant
    reason: str = ""  # the annotation of AWS Config

    @property
    def about_public_access(self) -> bool:
        """Whether the AWS Config rule is about public access, which a review evaluates itself."""
        return any(rule in self.rule for rule in PUBLIC_ACCESS_RULES)


def read(event: bytes, watched: Sequence[str], now: float) -> Trigger | None:
    """Parse an EventBridge event; returns None if it triggers no review. Raises RecordError."""
    try:
        envelope = read_member(event, _Envelope)
    except ValueError as error:
        raise RecordError(f"not an EventBridge event: {error}") from error
    match envelope.detail_type:
        case "Config Rules Compliance Change":
            return _by_config(decode_loosely(envelope.detail), watched, now)
        case "Scheduled Event":
            return Trigger(envelope.id, tuple(watched), read_time(envelope.time) or now, finder=SCHEDULE)
        case "AWS API Call via CloudTrail" | "AWS Service Event via CloudTrail":
            return _by_call(decode(envelope.detail), envelope.detail, watched, now)
        case _:
            raise RecordError(f"not an event that triggers a review: {envelope.detail_type or 'no type'}")


def _by_call(record: Record, raw: Raw, watched: Sequence[str], now: float) -> Trigger | None:
    """Return the trigger of a call; one whose record does not name the bucket may affect every bucket."""
    access = extract(record, raw)[0]
    if record.event_name not in CHANGES or access.outcome != "success":
        return None
    buckets = _concerned(access.bucket, watched)
    return Trigger(name_of(access), buckets, access.time or now, access=access) if buckets else None


def _concerned(bucket: str | None, watched: Sequence[str]) -> tuple[str, ...]:
    if not bucket:
        return tuple(watched)
    return (bucket,) if bucket in watched else ()


def _by_config(detail: dict[str, Any], watched: Sequence[str], now: float) -> Trigger | None:
    """Return the trigger of an AWS Config rule that found a bucket or the account non-compliant."""
    result = _member(detail, "newEvaluationResult")
    kinds = {"AWS::S3::Bucket": str(detail.get("resourceId")), "AWS::::Account": None}
    kind = str(detail.get("resourceType"))
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

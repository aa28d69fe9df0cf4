"""Parses EventBridge events that carry findings, by the service that sent them."""

from __future__ import annotations

from collections.abc import Callable

from s3watch.errors import RecordError
from s3watch.findings import access_analyzer, guardduty, macie, malware_scans, trusted_advisor
from s3watch.findings.finding import Finding, Ignored
from s3watch.findings.loose_json import Document
from s3watch.sources.cloudtrail import decode_loosely

_READERS: dict[tuple[str, str], Callable[[Document], Finding | Ignored]] = {
    ("aws.guardduty", "GuardDuty Finding"): guardduty.read,
    ("aws.guardduty", "GuardDuty Malware Protection Object Scan Result"): malware_scans.read,
    ("aws.macie", "Macie Finding"): macie.read,
    ("aws.trustedadvisor", "Trusted Advisor Check Item Refresh Notification"): trusted_advisor.read,
    ("aws.access-analyzer", "Access Analyzer Finding"): access_analyzer.read,
    ("aws.access-analyzer", access_analyzer.INTERNAL): access_analyzer.read,
}


def read(event: bytes) -> Finding | Ignored:
    """Parse an event; returns Ignored with the reason if it carries no finding about S3.

    Raises RecordError if it is not an EventBridge event, or if the finding lacks a required member.
    """
    document = decode_loosely(event)
    if not isinstance(document.get("source"), str) or not isinstance(document.get("detail"), dict):
        raise RecordError("not an EventBridge event: it has no source or no detail")
    name = (document["source"], str(document.get("detail-type")))
    reader = _READERS.get(name)
    return reader(Document(document)) if reader else Ignored("unrelated event")

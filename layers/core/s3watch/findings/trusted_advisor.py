"""Parses Trusted Advisor's checks of bucket permissions and access logging, sent in us-east-1 only.

https://docs.aws.amazon.com/awssupport/latest/user/cloudwatch-events-ta.html. A check reports each item under
the English titles of its columns; we pass these on unchanged.
"""

from __future__ import annotations

from s3watch.console_links import link
from s3watch.facts.resources import locate
from s3watch.findings.finding import Finding, Ignored, Kind, Target, lines, required
from s3watch.findings.loose_json import Document
from s3watch.ruleset import Severity

# Prefixes of the names of checks; the event rule in template.yaml has the same ones.
CHECKS: dict[str, Kind] = {
    "Amazon S3 Bucket Permissions": "exposure",
    "Amazon S3 Bucket Logging": "logging",
    "Amazon S3 Server Access Logs": "logging",
}
_SEVERITIES: dict[tuple[Kind, str], Severity] = {
    ("exposure", "ERROR"): "high", ("exposure", "WARN"): "medium",
    ("logging", "ERROR"): "medium", ("logging", "WARN"): "low",
}  # fmt: skip
_SHOWN_ELSEWHERE = {"Region", "Bucket Name", "Status"}  # columns that other rows of an alert show


def read(event: Document) -> Finding | Ignored:
    """Parse the event of one item of a check. Raises RecordError if it names no bucket."""
    check, status = event.text("detail.check-name"), event.text("detail.status")
    kind = next((kind for name, kind in CHECKS.items() if check.startswith(name)), None)
    if kind is None:
        return Ignored("unrelated check")
    columns = dict(event.pairs("detail.check-item-detail"))
    arn = event.text("detail.resource_id")
    bucket = required("a bucket", columns.get("Bucket Name") or locate(arn).bucket or "")
    account, time = event.text("account"), event.time("time")
    region = columns.get("Region", "")
    return Finding(
        service="Trusted Advisor", kind=kind, id=f"{account} {check} {bucket}", type=check,
        severity=_SEVERITIES.get((kind, status), "low"),
        thread=f"Trusted Advisor {account} {check} {bucket}",
        revision=f"{status} {event.text('time')} {event.text('detail.uuid')}",
        updated=time, first=time, last=time,
        title=f"{check}: {status}", state="active" if status in ("WARN", "ERROR") else "resolved",
        targets=(Target(bucket),), account=account, region=region or event.text("region"),
        event_id=event.text("id"),
        details=lines(f"{name}: {text}" for name, text in columns.items() if name not in _SHOWN_ELSEWHERE),
        link=link(event.text("region"), "trustedadvisor/home#/category/security"),
    )  # fmt: skip

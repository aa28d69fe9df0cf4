"""Parses IAM Access Analyzer findings about buckets: external access and internal access.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-eventbridge.html. These findings have no
severity, so we assign one: high for public access, medium for external and low for internal access.
"""

from __future__ import annotations

from s3watch.console_links import link
from s3watch.facts.resources import locate
from s3watch.findings.finding import Finding, Ignored, Kind, State, Target, lines, required
from s3watch.findings.loose_json import Document
from s3watch.ruleset import Severity

INTERNAL = "Internal Access Finding"
RESOURCES = ("AWS::S3::Bucket", "AWS::S3Express::DirectoryBucket")  # as in the event rule in template.yaml
_STATES: dict[str, State] = {"ARCHIVED": "archived", "RESOLVED": "resolved"}
_TYPES: dict[Kind, str] = {
    "exposure": "external access",
    "internal": "internal access",
    "unanalyzed": "error",
}
_SEVERITIES: dict[Kind, Severity] = {"exposure": "medium", "internal": "low", "unanalyzed": "low"}


def read(event: Document) -> Finding | Ignored:
    """Parse the event of a finding. Raises RecordError if it names no bucket or has no id."""
    detail = event.at("detail")
    if detail.text("resourceType") not in RESOURCES:
        return Ignored("not about S3")
    place = locate(detail.text("resource"))
    bucket = required("a bucket", place.bucket or "")
    identity = required("an id", detail.text("id"))
    kind, is_public = _kind(event, detail), detail.flag("isPublic")
    region = detail.text("region") or event.text("region")
    created, updated = detail.time("createdAt"), detail.time("updatedAt", "analyzedAt")
    return Finding(
        service="IAM Access Analyzer", kind=kind, id=identity,
        type="public access" if is_public else _TYPES[kind],
        severity="high" if is_public else _SEVERITIES[kind], thread=f"IAM Access Analyzer {identity}",
        revision=f"{detail.text('updatedAt')} {detail.text('status')} {detail.flag('isDeleted')}",
        updated=updated or event.time("time"), opened=created, first=created, last=updated,
        title=_title(detail, bucket, kind), state=_state(detail), targets=(Target(bucket, place.key or ""),),
        account=detail.text("resourceOwnerAccount", "accountId") or event.text("account"), region=region,
        event_id=event.text("id"), error_code=detail.text("error"), details=_details(detail),
        link=link(region, "access-analyzer/home#/findings/{}", identity),
    )  # fmt: skip


def _kind(event: Document, detail: Document) -> Kind:
    if detail.text("error"):
        return "unanalyzed"
    return "internal" if event.text("detail-type") == INTERNAL else "exposure"


def _state(detail: Document) -> State:
    """Return the state of the finding; a deleted one still carries its last status."""
    return "deleted" if detail.flag("isDeleted") else _STATES.get(detail.text("status"), "active")


def _title(detail: Document, bucket: str, kind: Kind) -> str:
    if kind == "unanalyzed":
        return f"Access Analyzer could not analyze who can access {bucket}: {detail.text('error')}"
    if detail.flag("isPublic"):
        return f"Everyone can access {bucket}"
    principals = ", ".join(f"{name} {text}".removeprefix("AWS ") for name, text in detail.pairs("principal"))
    where = "in" if kind == "internal" else "outside"
    return f"{principals or 'Someone'} {where} the zone of trust can access {bucket}"


def _details(detail: Document) -> tuple[str, ...]:
    """List which principal is allowed which actions, under which conditions, and by which policy."""
    sources = detail.texts("sources.type")
    details = [
        *(f"principal: {name} {text}" for name, text in detail.pairs("principal")),
        f"allowed: {', '.join(detail.texts('action'))}" if detail.texts("action") else "",
        *(f"only if {name} is {text}" for name, text in detail.pairs("condition")),
        f"granted by: {', '.join(sources)}" if sources else "",
        *(f"access point: {arn}" for arn in detail.texts("sources.detail.accessPointArn")),
        f"access type: {access_type}" if (access_type := detail.text("accessType")) else "",
    ]
    return lines(details)

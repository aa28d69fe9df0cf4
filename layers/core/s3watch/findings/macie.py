"""Parses Macie findings: sensitive data in objects, and buckets whose protection was weakened.

https://docs.aws.amazon.com/macie/latest/user/findings-publish-event-schemas.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from s3watch.console_links import link
from s3watch.facts.identity import Caller, identify
from s3watch.facts.resources import locate
from s3watch.findings.finding import Finding, Target, lines, required
from s3watch.findings.loose_json import Document
from s3watch.ruleset import Severity

_SEVERITIES: dict[str, Severity] = {"1": "low", "2": "medium", "3": "high"}  # Macie's scores
_BUCKET, _OBJECT = "resourcesAffected.s3Bucket.", "resourcesAffected.s3Object."
_CALL, _RESULT = "policyDetails.action.apiCallDetails.", "classificationDetails.result."
_IDENTITY = "policyDetails.actor.userIdentity"


def read(event: Document) -> Finding:
    """Parse the event of a finding. Raises RecordError if it has no id."""
    detail = event.at("detail")
    identity = required("an id", detail.text("id"))
    target, caller = _target(detail), _caller(detail)
    region, created = detail.text("region") or event.text("region"), detail.time("createdAt")
    is_sensitive = detail.text("type").startswith("SensitiveData:")
    return Finding(
        service="Macie", kind="sensitive" if is_sensitive else "policy", id=identity,
        type=detail.text("type"), severity=severity(detail), thread=f"Macie {identity}",
        revision=f"{detail.text('updatedAt', 'createdAt')} {detail.text('count')}",
        updated=detail.time("updatedAt", "createdAt") or event.time("time"), opened=created,
        first=detail.time(f"{_CALL}firstSeen") or created, last=detail.time(f"{_CALL}lastSeen", "updatedAt"),
        count=detail.count("count"), title=detail.text("title"), description=detail.text("description"),
        state="archived" if detail.flag("archived") else "active", sample=detail.flag("sample"),
        targets=(target,) if target.bucket else (), account=detail.text("accountId") or event.text("account"),
        region=region, event_id=event.text("id"),
        actor=caller.actor, actor_verified=caller.actor_verified, claim_source=caller.claim_source,
        principal=caller.principal, principal_type=caller.type,
        caller_account=caller.account or "", access_key=detail.text(f"{_IDENTITY}.assumedRole.accessKeyId"),
        api=detail.text(f"{_CALL}api"), api_source=detail.text(f"{_CALL}apiServiceName"),
        ip=detail.text("policyDetails.actor.ipAddressDetails.ipAddressV4"), origin=_origin(detail),
        details=lines(_details(detail)),
        link=link(region, "macie/home#findings?macros=current&itemId={}", identity),
    )  # fmt: skip


def severity(detail: Document) -> Severity:
    """Map Macie's severity score, or else its description, to ours; without either it is medium."""
    words: dict[str, Severity] = {"low": "low", "high": "high"}
    score = _SEVERITIES.get(detail.text("severity.score"))
    return score or words.get(detail.text("severity.description").lower(), "medium")


def _target(detail: Document) -> Target:
    place = locate(detail.text(f"{_BUCKET}arn", f"{_OBJECT}bucketArn"))
    return Target(
        detail.text(f"{_BUCKET}name") or place.bucket or "",
        detail.text(f"{_OBJECT}key"),
        detail.text(f"{_OBJECT}versionId"),
    )


def _caller(detail: Document) -> Caller:
    """Identify the caller in our normal form; Macie nests what CloudTrail writes at the top level."""
    nested = next(
        (found for name in _MEMBERS for found in detail.each(f"{_IDENTITY}.{name}")), Document(None)
    )
    identity = {
        "type": detail.text(f"{_IDENTITY}.type"),
        **{name: nested.text(name) for name in _PLAIN if nested.text(name)},
        "sessionContext": {
            "sessionIssuer": dict(nested.pairs("sessionContext.sessionIssuer")),
            "attributes": dict(nested.pairs("sessionContext.attributes")),
        },
    }
    return identify(json.dumps(identity).encode(), detail.text("accountId") or None)


_MEMBERS = ("assumedRole", "iamUser", "root", "federatedUser", "awsAccount", "awsService")
_PLAIN = ("accountId", "arn", "principalId", "userName", "invokedBy")


def _origin(detail: Document) -> str:
    place = "policyDetails.actor.ipAddressDetails."
    asn = detail.text(f"{place}ipOwner.asn")
    parts = (
        detail.text(f"{place}ipCity.name"),
        detail.text(f"{place}ipCountry.name", f"{place}ipCountry.code"),
        f"AS{asn} {detail.text(f'{place}ipOwner.asnOrg')}".strip() if asn.isdigit() else "",
    )
    return ", ".join(filter(None, parts))


def _details(detail: Document) -> Iterator[str]:
    """List what was found and how often, one line for each category, and where the full results are."""
    for found in detail.each(f"{_RESULT}sensitiveData"):
        types = ", ".join(_counted(each, "type") for each in found.each("detections"))
        yield f"{found.text('category')}: {types or found.count('totalCount')}"
    for identifier in detail.each(f"{_RESULT}customDataIdentifiers.detections"):
        yield f"custom identifier {_counted(identifier, 'name')}"
    if permission := detail.text(f"{_BUCKET}publicAccess.effectivePermission"):
        yield f"the bucket is {permission.replace('_', ' ').lower()}"
    if results := detail.text("classificationDetails.detailedResultsLocation"):
        yield f"detailed results: {results}"


def _counted(each: Document, name: str) -> str:
    return f"{each.text(name)} {each.count('count')}"

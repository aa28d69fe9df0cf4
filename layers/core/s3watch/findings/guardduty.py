"""Parses GuardDuty findings about S3: threats, weakened protection, attack sequences, malicious objects.

Also those about credentials, which may have been used elsewhere.
Shape: https://docs.aws.amazon.com/guardduty/latest/APIReference/API_Finding.html; in events, member names
begin with a lower-case letter.
"""

from __future__ import annotations

import json
from itertools import chain

from s3watch.console_links import link
from s3watch.facts.identity import Caller, identify
from s3watch.facts.operations import read_outcome
from s3watch.facts.resources import locate
from s3watch.findings.finding import Finding, Ignored, Kind, Target, lines, required
from s3watch.findings.loose_json import MOST_MEMBERS, Document
from s3watch.findings.malware_scans import malware_thread
from s3watch.ruleset import Severity

# https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings-severity.html
_BANDS: tuple[tuple[float, Severity], ...] = ((9, "critical"), (7, "high"), (4, "medium"), (1, "low"))
_KINDS: dict[str, Kind] = {
    "AttackSequence": "sequence", "Policy": "policy", "Stealth": "policy", "Object": "malware",
}  # fmt: skip
# https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_finding-types-iam.html
_CREDENTIALS = "IAMUser"


def severity(number: float | None) -> Severity:
    """Map GuardDuty's numeric severity to ours; a finding without one is medium."""
    if number is None:
        return "medium"
    return next((name for least, name in _BANDS if number >= least), "informational")


def read(event: Document) -> Finding | Ignored:
    """Parse the event of a finding. Raises RecordError if it is about S3 and has no id."""
    detail = event.at("detail")
    kind = _KINDS.get(detail.text("type").partition(":")[0], "threat")
    targets = _targets(detail)
    if _is_about_s3(detail.text("type"), targets):
        return _read(event, detail, kind, targets)
    if kind == "threat" and _resource_of(detail.text("type")) == _CREDENTIALS:
        return _read(event, detail, "credentials", targets)
    return Ignored("not about S3")


def _read(event: Document, detail: Document, kind: Kind, targets: tuple[Target, ...]) -> Finding:
    identity = required("an id", detail.text("id", "arn"))
    caller = _caller(detail)
    region, updated = detail.text("region") or event.text("region"), detail.time("updatedAt", "createdAt")
    is_archived = detail.flag("service.archived")
    return Finding(
        service="GuardDuty", kind=kind, id=identity, type=detail.text("type"),
        severity=severity(detail.number("severity")),
        thread=_thread(detail, kind, targets, identity),
        revision=f"{detail.text('updatedAt')} {detail.text('service.count')} {is_archived}",
        updated=updated or event.time("time"),
        opened=detail.time("createdAt"),
        first=detail.time("service.eventFirstSeen"), last=detail.time("service.eventLastSeen"),
        count=detail.count("service.count"),
        title=detail.text("title"), description=detail.text("description"),
        state="archived" if is_archived else "active",
        sample=_is_sample(detail),
        outcome=read_outcome(detail.text(f"{_CALL}errorCode") or None), targets=targets,
        account=detail.text("accountId") or event.text("account"), region=region, event_id=event.text("id"),
        actor=caller.actor, actor_verified=caller.actor_verified, claim_source=caller.claim_source,
        principal=caller.principal, principal_type=caller.type,
        caller_account=caller.account or "",
        access_key=detail.text(
            "resource.accessKeyDetails.accessKeyId", f"{_SEQUENCE}actors.user.credentialUid"
        ),
        api=detail.text(f"{_CALL}api"), api_source=detail.text(f"{_CALL}serviceName"),
        error_code=detail.text(f"{_CALL}errorCode"),
        ip=detail.text(
            f"{_CALL}remoteIpDetails.ipAddressV4",
            f"{_CALL}remoteIpDetails.ipAddressV6",
            f"{_SEQUENCE}endpoints.ip",
        ),
        origin=_origin(detail), user_agent=detail.text(f"{_CALL}userAgent"), details=_details(detail),
        link=link(region, "guardduty/home#/findings?macros=all&fId={}", identity),
    )  # fmt: skip


def _thread(detail: Document, kind: Kind, targets: tuple[Target, ...], identity: str) -> str:
    """Name the thread: the finding, or the malicious object, which the scan result reports too."""
    if kind == "malware" and targets:
        return malware_thread(targets[0], detail.text("resource.s3BucketDetails.s3ObjectDetails.eTag"))
    return f"GuardDuty {identity}"


def _is_about_s3(name: str, targets: tuple[Target, ...]) -> bool:
    """Decide by the type; attack sequences that started elsewhere count if they involve a bucket."""
    resource = _resource_of(name)
    return resource == "S3" or (name.startswith("AttackSequence:") and (resource == "IAM" or bool(targets)))


def _resource_of(name: str) -> str:
    """Return what a type of finding is about: `S3` in Discovery:S3/TorIPCaller."""
    return name.partition(":")[2].partition("/")[0]


def _is_sample(detail: Document) -> bool:
    """Recognize sample findings; GuardDuty marks them in a member, in a JSON string, or in both."""
    value = detail.text("service.additionalInfo.value").replace(" ", "")
    return detail.flag("service.additionalInfo.sample") or '"sample":true' in value


_SEQUENCE, _CALL = "service.detection.sequence.", "service.action.awsApiCallAction."


def _targets(detail: Document) -> tuple[Target, ...]:
    """List the buckets and objects of the resource and of the attack sequence."""
    buckets = (target for bucket in detail.each("resource.s3BucketDetails") for target in _of_bucket(bucket))
    places = map(locate, detail.texts(f"{_SEQUENCE}resources.uid"))
    involved = (Target(place.bucket, place.key or "") for place in places if place.bucket)
    found = tuple(dict.fromkeys(chain(buckets, involved)))[:MOST_MEMBERS]
    return found or tuple(map(Target, detail.texts(f"{_CALL}affectedResources.AWS::S3::Bucket")))


def _of_bucket(bucket: Document) -> list[Target]:
    name = bucket.text("name") or locate(bucket.text("arn")).bucket or ""
    objects = [
        Target(name, key, each.text("versionId"))
        for each in bucket.each("s3ObjectDetails")
        if (key := each.text("key") or locate(each.text("objectArn")).key or "")
    ]
    return objects or [Target(name)] if name else []


def _caller(detail: Document) -> Caller:
    """Identify the caller in our normal form; one without an account is taken to be in the bucket's."""
    home = detail.text("accountId")
    key, user = "resource.accessKeyDetails.", f"{_SEQUENCE}actors.user."
    name = detail.text(f"{key}userName", f"{user}name")
    principal = detail.text(f"{key}principalId", f"{user}uid")
    account = detail.text(f"{_CALL}remoteAccountDetails.accountId", f"{user}account.uid")
    identity = {
        "type": detail.text(f"{key}userType", f"{user}type"),
        "principalId": name if name.lower().startswith("anonymous") else principal,
        "userName": name,
        "accountId": (account or home) if name or principal else None,
        "sessionContext": {"sessionIssuer": {"userName": name}},
    }
    return identify(json.dumps(identity).encode(), home or None)


def _origin(detail: Document) -> str:
    place = f"{_CALL}remoteIpDetails."
    asn = detail.text(f"{place}organization.asn")
    parts = (
        detail.text(f"{place}city.cityName"),
        detail.text(f"{place}country.countryName", f"{_SEQUENCE}endpoints.location.country"),
        f"AS{asn} {detail.text(f'{place}organization.asnOrg')}".strip() if asn.isdigit() else "",
    )
    return ", ".join(filter(None, parts))


def _details(detail: Document) -> tuple[str, ...]:
    """List threats in an object, public access to a bucket, and the signals of an attack sequence."""
    signals = detail.each(f"{_SEQUENCE}signals")
    indicators = detail.each(f"{_SEQUENCE}sequenceIndicators")
    threats = detail.texts("service.malwareScanDetails.threats.name")
    is_public = "PUBLIC" in detail.texts("resource.s3BucketDetails.publicAccess.effectivePermission")
    return lines(
        chain(
            (f"threat: {name}" for name in threats),
            ["the bucket is public"] * is_public,
            (f"signal: {each.text('name')}, {each.count('count')} times" for each in signals),
            (f"{each.text('title', 'key')}: {', '.join(each.texts('values'))}" for each in indicators),
        )
    )

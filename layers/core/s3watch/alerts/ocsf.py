"""Renders alerts for machines: Detection Findings of the Open Cybersecurity Schema Framework, as plain dicts.

Text is not cleaned here: JSON can carry any character, and machines compare it with what AWS wrote.
Class: https://schema.ocsf.io/1.5.0/classes/detection_finding
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from s3watch.alerts import account_names, callers, finding_ocsf, own_verbs, verdict_ocsf
from s3watch.alerts.alert import Alert, Evidence
from s3watch.alerts.assumed import calls_behind
from s3watch.alerts.headline import headline
from s3watch.alerts.rows.steps import steps
from s3watch.alerts.verbs import split_parts
from s3watch.ruleset import SEVERITIES, Detection, Severity
from s3watch.version import __version__

VERSION = "1.5.0"
LONGEST = 500  # characters of the message, the sentence that people read in a list of findings

_ACTIVITIES = {
    "first": (1, "Create"),
    "worse": (2, "Update"),
    "rollup": (2, "Update"),
    "reopened": (2, "Update"),
    "closed": (3, "Close"),
}
_DATA_SOURCES = {
    "cloudtrail": "AWS CloudTrail",
    "access-log": "Amazon S3 server access logs",
    "s3-event": "Amazon S3 event notifications",
}
_AWS_ACCOUNT = {"type_id": 10, "type": "AWS Account"}
_USER_TYPES = {"user": 1, "federated": 1, "root": 2, "service": 4}  # OCSF: User, Admin, Service; else Other
_API_VERSIONS = {
    "s3": "2006-03-01", "s3express": "2006-03-01", "cloudtrail": "2013-11-01", "sts": "2011-06-15",
}  # fmt: skip
_TECHNIQUE = re.compile(r"attack\.(t\d{4}(?:\.\d{3})?)", re.IGNORECASE)  # as Sigma writes its tags


def finding(alert: Alert, detections: Mapping[str, Detection]) -> dict[str, Any]:
    """Render an alert as a Detection Finding: created by the first message, closed by the last."""
    document = _frame(alert.kind, alert.level) | {
        "message": headline(alert, LONGEST),
        "time": _milliseconds(alert.first if alert.kind == "first" else alert.last),
        "start_time": _milliseconds(alert.first),
        "end_time": _milliseconds(alert.last),
        "count": alert.count,
        "metadata": _metadata(f"{alert.id}-{alert.sequence}") | {"sequence": alert.sequence},
        "cloud": _filled({"provider": "AWS", "region": alert.region, "account": _owning_account(alert)}),
        "finding_info": _info(alert, detections),
        "resources": _resources(alert),
        "evidences": [_evidence(alert.evidence), *_behind(alert.evidence)],
        "remediation": _remediation(alert, detections),
        "unmapped": msgspec.to_builtins(alert),
    }
    if found := alert.evidence.finding:
        document = finding_ocsf.complete(document, found)
    if alert.verdict and not alert.verdict.overtaken:
        document = verdict_ocsf.complete(document, alert.verdict)
    return document


def severity_id(level: Severity) -> int:
    """Return OCSF's number for a severity, 1 (informational) to 5 (critical)."""
    return SEVERITIES.index(level) + 1


def _frame(kind: str, level: Severity) -> dict[str, Any]:
    """Return the members that every Detection Finding has."""
    number, name = _ACTIVITIES[kind]
    return {
        "activity_id": number,
        "activity_name": name,
        "category_uid": 2,
        "category_name": "Findings",
        "class_uid": 2004,
        "class_name": "Detection Finding",
        "type_uid": 200400 + number,
        "type_name": f"Detection Finding: {name}",
        "severity_id": severity_id(level),
        "severity": level.capitalize(),
        "is_alert": kind != "closed",
        # No status at the end: the window is over, but nobody resolved it (a verdict adds one).
        **({} if kind == "closed" else {"status_id": 1, "status": "New"}),
    }


def _metadata(uid: str) -> dict[str, Any]:
    return {
        "version": VERSION,
        "uid": uid,
        "profiles": ["cloud"],
        "product": {"name": "s3watch", "vendor_name": "s3watch", "version": __version__},
    }


def _info(alert: Alert, detections: Mapping[str, Detection]) -> dict[str, Any]:
    names = list(dict.fromkeys((alert.rule, *alert.rules)))
    main = detections.get(alert.rule)
    tags = [tag for name in names if name in detections for tag in detections[name].tags]
    return {"uid": alert.id, "title": main.title if main else alert.rule} | _filled(
        {
            "desc": main.why if main else "",
            "first_seen_time": _milliseconds(alert.first),
            "last_seen_time": _milliseconds(alert.last),
            "analytic": _analytic(alert.rule, main),
            "related_analytics": [_analytic(name, detections.get(name)) for name in names[1:]],
            "attacks": _attacks(tags),
            "data_sources": [_data_source(alert.evidence)],
        }
    )


def _data_source(evidence: Evidence) -> str:
    review = evidence.review
    return (review.finder if review else "") or _DATA_SOURCES.get(evidence.feed, _DATA_SOURCES["cloudtrail"])


def _analytic(rule: str, detection: Detection | None) -> dict[str, Any]:
    uid = (detection and detection.id) or rule
    return {"name": rule, "uid": uid, "type": "Rule", "type_id": 1}


def _attacks(tags: Iterable[str]) -> list[dict[str, Any]]:
    names = dict.fromkeys(found[1].upper() for tag in tags if (found := _TECHNIQUE.fullmatch(tag)))
    return [{"technique": {"uid": name, "name": name}} for name in names]


def _resources(alert: Alert) -> list[dict[str, Any]]:
    """Return the object and its bucket, the trail, or the part of s3watch's stack."""
    evidence = alert.evidence
    labels = [alert.label] if alert.label else []
    common = _filled({"region": alert.region, "labels": labels, "owner": _owner(alert)})
    if not evidence.bucket:
        kind = own_verbs.TYPES.get(evidence.own_part, "AWS::CloudTrail::Trail")
        names = split_parts(evidence.resource, evidence.own_part) if evidence.resource else []
        return [{"type": kind, "uid": name, "name": name} | common for name in names]
    arn = _bucket_arn(evidence)
    said = _filled({"data": _said(evidence)})
    bucket = {"type": "AWS::S3::Bucket", "uid": arn, "name": evidence.bucket} | common | said
    if not evidence.key:
        return [bucket]
    key = {"type": "AWS::S3::Object", "uid": f"{arn}/{evidence.key}", "name": evidence.key}
    return [key | _filled({"version": evidence.version}) | common, bucket]


def _said(evidence: Evidence) -> dict[str, Any]:
    """Return what the bucket said of itself."""
    facts = evidence.bucket_facts
    if not facts:
        return {}
    found = facts.public
    public = {"state": found.state, "ways": list(found.ways), "unread": found.unread} if found else {}
    return _filled({"versioning": facts.versioning, "tags": list(facts.tags), "public": _filled(public)})


def _bucket_arn(evidence: Evidence) -> str:
    region = evidence.region
    partition = (
        "aws-cn" if region.startswith("cn-") else "aws-us-gov" if region.startswith("us-gov-") else "aws"
    )
    if evidence.event_source.startswith("s3express"):
        return f"arn:{partition}:s3express:{region}:{evidence.bucket_account}:bucket/{evidence.bucket}"
    return f"arn:{partition}:s3:::{evidence.bucket}"


def _owner(alert: Alert) -> dict[str, Any]:
    """Return the owner named in the catalogue, with the account of the bucket."""
    if not alert.owner or not alert.account:
        return {}
    return {"name": alert.owner, "uid": alert.owner, "type_id": 0, "account": _owning_account(alert)}


def _owning_account(alert: Alert) -> dict[str, Any]:
    return _account(alert.account, alert.evidence)


def _account(number: str, evidence: Evidence) -> dict[str, Any]:
    """Return an account, with the name that the catalogue gives it, since IAM's alias is not recorded."""
    name = account_names.name_of(number, evidence) or number
    return {"uid": number, "name": name, **_AWS_ACCOUNT} if number else {}


def _evidence(evidence: Evidence) -> dict[str, Any]:
    country = {"location": {"country": evidence.country}} if evidence.country else {}
    network = {"autonomous_system": _filled({"number": evidence.as_number, "name": evidence.as_name})}
    owner = _account(evidence.vpce_account, evidence)
    whose = {"type_id": 0, "account": owner} if owner else {}
    endpoint = _filled({"ip": evidence.ip, "uid": evidence.vpce, "owner": whose} | country | network)
    data: dict[str, Any] = {
        "user_agent": evidence.user_agent,
        "tls": evidence.tls,
        "event_uid": evidence.event_id,
        "caller_tags": list(evidence.caller_tags),
        "unrecorded_buckets": list(evidence.unrecorded_buckets),
    }
    if review := evidence.review:
        data |= {"before": list(review.before), "after": list(review.after), "done": list(review.correction)}
    return _filled(
        {"api": _api(evidence), "actor": _actor(evidence), "src_endpoint": endpoint, "data": _filled(data)}
    )


def _behind(evidence: Evidence) -> list[dict[str, Any]]:
    """Return the calls to STS that made the caller's session, each with who made it, the latest first."""
    told = [(one, _evidence(call)) for one, call in calls_behind(evidence)]
    for one, call in told:
        if one.provider:
            call["actor"]["idp"] = {"name": one.provider, "uid": one.provider}
        if one.principal_id:
            call["actor"]["user"]["uid_alt"] = one.principal_id
    return [call for _, call in told]


def _api(evidence: Evidence) -> dict[str, Any]:
    source = evidence.event_source
    name = source.partition(".")[0]
    service = {"name": source, "uid": name, "version": _API_VERSIONS.get(name, "")}
    return _filled(
        {
            "operation": evidence.event_name or "unknown",
            "service": service if source else {},
            "request": {"uid": evidence.request_id} if evidence.request_id else {},
            "response": _filled({"error": evidence.error_code}),
        }
    )


def _actor(evidence: Evidence) -> dict[str, Any]:
    user = {
        "name": callers.vouched(evidence),
        "uid": evidence.arn or evidence.principal,
        "type": evidence.principal_type,
        "type_id": _USER_TYPES.get(evidence.principal_type, 99),
        "account": _account(evidence.caller_account, evidence),
        "credential_uid": evidence.access_key,
    }
    began = None if evidence.session_began is None else _milliseconds(evidence.session_began)
    session = _filled({"is_mfa": evidence.mfa, "created_time": began})
    return _filled({"user": _filled(user), "session": session})


def _remediation(alert: Alert, detections: Mapping[str, Detection]) -> dict[str, Any]:
    detection = None if alert.evidence.finding else detections.get(alert.rule)
    references = list(detection.references) if detection else []
    return _filled({"desc": "\n".join(steps(alert, detections)), "references": references})


def _milliseconds(time: float) -> int:
    return int(time * 1000)


def _filled(members: dict[str, Any]) -> dict[str, Any]:
    """Leave out members that are unknown (empty or None); 0 and False are known."""
    return {name: value for name, value in members.items() if value not in ("", None, [], {})}

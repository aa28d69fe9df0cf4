"""What every engine has to find: the plainest reading of a rule, on a dictionary."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from s3watch.detection.catalogue import Catalogue
from s3watch.facts.extraction import extract
from s3watch.ruleset import Label, Ruleset
from s3watch.sources.cloudtrail import decode

from benchmarks.events import to_bytes
from tests.support import naive_matcher

OPERATIONS = {
    "GetObject": "read", "PutObject": "write", "CopyObject": "write", "UploadPart": "write", "DeleteObject": "delete",
    "CompleteMultipartUpload": "write", "CreateMultipartUpload": "write", "HeadObject": "inspect",
    "GetObjectTagging": "inspect", "ListObjects": "list", "DeleteObjects": "delete", "PutBucketPolicy": "permission",
    "GetBucketAcl": "inspect",
}  # fmt: skip


@dataclass(frozen=True)
class View:
    """An event as the naive reading wants it."""

    document: dict[str, Any]
    facts: dict[str, Any]

    def field(self, name: str) -> Any:
        """Read a fact or a member by its path."""
        if name.startswith("s3."):
            return self.facts[name]
        value: Any = self.document
        for part in name.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        return value


def matching(ruleset: Ruleset, event: dict[str, Any]) -> list[str]:
    """Name the rules that match any of an event's accesses; a copy is two."""
    return sorted(
        {
            detection.rule
            for view in views(ruleset, event)
            for detection in ruleset.detections
            if naive_matcher.holds(detection.condition, view)
        }
    )


def matching_by_facts(ruleset: Ruleset, event: dict[str, Any]) -> list[str]:
    """Name them by the same plain reading, of the facts as the library draws them where rules need these."""
    raw, catalogue = to_bytes([event])[0], Catalogue(ruleset)
    found: set[str] = set()
    for access in extract(decode(raw), raw):
        catalogue.label(access)
        found |= {each.rule for each in ruleset.detections if naive_matcher.holds(each.condition, access)}
    return sorted(found)


def views(ruleset: Ruleset, event: dict[str, Any]) -> Iterator[View]:
    """See an event as each of its accesses."""
    request = event["requestParameters"]
    yield View(event, _facts(ruleset, event, request, OPERATIONS.get(event["eventName"], "other")))
    if "x-amz-copy-source" in request:
        bucket, _, key = request["x-amz-copy-source"].partition("/")
        yield View(event, _facts(ruleset, event, {"bucketName": bucket, "key": key}, "read"))


def _facts(
    ruleset: Ruleset, event: dict[str, Any], request: dict[str, Any], operation: str
) -> dict[str, Any]:
    bucket, key, name = request.get("bucketName"), request.get("key"), _principal(event["userIdentity"])
    labels = _labels(ruleset, event, request)
    uncovered = [label for label in labels if not _covers(label, name, operation, event)]
    additional = event.get("additionalEventData", {})
    return {
        "s3.bucket": bucket,
        "s3.key": key,
        "s3.operation": operation,
        "s3.outcome": "denied" if event.get("errorCode") == "AccessDenied" else "success",
        "s3.label": [label.name for label in labels],
        "s3.expected": not uncovered if labels else None,
        "s3.principal": name,
        "s3.principal_type": {"Root": "root", "AWSAccount": "anonymous"}.get(
            event["userIdentity"]["type"], "other"
        ),
        "s3.signature": additional.get("SignatureVersion"),
        "s3.auth": {"QueryString": "query"}.get(additional.get("AuthenticationMethod", ""), "other"),
        "s3.presigned": additional.get("AuthenticationMethod") == "QueryString"
        and "S3Console" not in event["userAgent"],
        "s3.ip": event["sourceIPAddress"],
    }


def _labels(ruleset: Ruleset, event: dict[str, Any], request: dict[str, Any]) -> list[Label]:
    bucket, key = request.get("bucketName"), request.get("key")
    listed = request.get("prefix", "") if event["eventName"] in ("ListObjects", "DeleteObjects") else None
    if bucket is None or (key is None and listed is None):
        return []
    own = [each for each in ruleset.patterns if each.bucket == bucket]
    found = [place for each in own for prefix, place in each.prefixes if _overlap(prefix, key, listed)]
    found += [place for each in own for glob, place in each.globs if key is None or fnmatchcase(key, glob)]
    return [ruleset.labels[place] for place in sorted(set(found))]


def _overlap(prefix: str, key: str | None, listed: str | None) -> bool:
    if key is not None:
        return key.startswith(prefix)
    return listed is not None and (listed.startswith(prefix) or prefix.startswith(listed))


def _principal(who: dict[str, Any]) -> str:
    match who["type"]:
        case "AssumedRole":
            return f"role/{who['sessionContext']['sessionIssuer']['userName']}"
        case "IAMUser":
            return f"user/{who['userName']}"
        case "Root":
            return "root"
        case "AWSService":
            return f"service/{who['invokedBy']}"
    return "anonymous"


def _covers(label: Label, principal: str, operation: str, event: dict[str, Any]) -> bool:
    return any(
        principal in expected.principals
        and operation in expected.operations
        and (not expected.networks or event.get("vpcEndpointId") in expected.networks)
        for expected in label.expected
    )

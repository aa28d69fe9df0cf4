"""Findings of other services as EventBridge brings them, in documented shapes, and what is read from them."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from tests.support.odd_json import JSON

OWNER, OTHER = "111122223333", "444455556666"
TIME = "2026-11-20T08:20:00Z"  # 1795162800


def make_event(source: str, detail_type: str, detail: Any, **changes: Any) -> dict[str, Any]:
    return {
        "version": "0", "id": "e1e1e1e1-0000-4000-8000-000000000001", "detail-type": detail_type,
        "source": source, "account": OWNER, "time": TIME, "region": "eu-west-1", "resources": [],
        "detail": detail,
    } | changes  # fmt: skip


def as_bytes(event: Any) -> bytes:
    return json.dumps(event).encode()


def merged(before: Any, changes: dict[str, Any]) -> Any:
    """Replace members of nested objects; a change to None takes the member out."""
    if not isinstance(before, dict):
        return changes
    after = dict(before)
    for name, value in changes.items():
        after[name] = merged(before.get(name), value) if isinstance(value, dict) else value
        if value is None:
            del after[name]
    return after


# https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings_eventbridge.html
GUARDDUTY = {
    "schemaVersion": "2.0", "accountId": OWNER, "region": "eu-west-1", "partition": "aws",
    "id": "16b1c0ffee0000000000000000000001",
    "arn": f"arn:aws:guardduty:eu-west-1:{OWNER}:detector/d0/finding/16b1c0ffee0000000000000000000001",
    "type": "Exfiltration:S3/AnomalousBehavior", "severity": 8,
    "title": "An S3 API was invoked in an unusual way by alice.",
    "description": "API GetObject was invoked by user alice from an address not seen before.",
    "createdAt": "2026-11-20T08:19:30Z", "updatedAt": "2026-11-20T08:19:30Z",
    "resource": {
        "resourceType": "S3Bucket",
        "accessKeyDetails": {
            "accessKeyId": "AKIAIOSFODNN7EXAMPLE", "principalId": "AIDAEXAMPLE",
            "userType": "IAMUser", "userName": "alice",
        },
        "s3BucketDetails": [
            {
                "arn": "arn:aws:s3:::hr-data", "name": "hr-data", "type": "Destination",
                "createdAt": 1513612692.0, "owner": {"id": "CanonicalId"}, "tags": [],
                "publicAccess": {"permissionConfiguration": {}, "effectivePermission": "NOT_PUBLIC"},
                "s3ObjectDetails": [
                    {
                        "objectArn": "arn:aws:s3:::hr-data/payroll/2026/q3.csv",
                        "key": "payroll/2026/q3.csv", "eTag": "e", "versionId": "v1",
                    }
                ],
            }
        ],
    },
    "service": {
        "serviceName": "guardduty", "detectorId": "d0", "resourceRole": "TARGET",
        "archived": False, "count": 3,
        "eventFirstSeen": "2026-11-20T08:14:03Z", "eventLastSeen": "2026-11-20T08:17:00Z",
        "featureName": "S3DataEvents",
        "action": {
            "actionType": "AWS_API_CALL",
            "awsApiCallAction": {
                "api": "GetObject", "callerType": "Remote IP", "serviceName": "s3.amazonaws.com",
                "userAgent": "[aws-cli/2.31.4]",
                "remoteIpDetails": {
                    "ipAddressV4": "198.51.100.20", "country": {"countryName": "Netherlands"},
                    "city": {"cityName": "Amsterdam"},
                    "organization": {"asn": "64500", "asnOrg": "Example Hosting"},
                },
            },
        },
        "additionalInfo": {"type": "default", "value": "{}"},
    },
}  # fmt: skip

# https://docs.aws.amazon.com/guardduty/latest/APIReference/API_Sequence.html
_COMMON = ("schemaVersion", "accountId", "region", "partition", "createdAt", "updatedAt")
SEQUENCE = {
    **{name: GUARDDUTY[name] for name in _COMMON},
    "id": "16b1c0ffee0000000000000000000002", "type": "AttackSequence:S3/CompromisedData", "severity": 9.0,
    "title": "Potential data compromise of one or more S3 buckets.",
    "description": "A sequence of actions was observed for role analyst.\nIt ended with deletions.",
    "resource": {"resourceType": "AttackSequence"},
    "service": {
        "serviceName": "guardduty", "archived": False, "count": 1, "featureName": "Correlation",
        "eventFirstSeen": "2026-11-20T06:00:00Z", "eventLastSeen": "2026-11-20T08:00:00Z",
        "additionalInfo": {},
        "detection": {
            "sequence": {
                "uid": "s1", "description": "A sequence",
                "actors": [
                    {
                        "id": "a1",
                        "user": {
                            "name": "analyst", "uid": "AROAEXAMPLE:alice@example.com", "type": "AssumedRole",
                            "credentialUid": "ASIAEXAMPLE", "account": {"uid": OTHER},
                        },
                    }
                ],
                "resources": [
                    {"uid": "arn:aws:s3:::hr-data", "name": "hr-data", "resourceType": "S3_BUCKET"},
                    {"uid": "arn:aws:s3:::hr-data/payroll/2026/q3.csv", "resourceType": "S3_OBJECT"},
                    {"uid": "ASIAEXAMPLE", "resourceType": "ACCESS_KEY"},
                ],
                "endpoints": [{"id": "e1", "ip": "203.0.113.7", "location": {"country": "NL"}}],
                "signals": [
                    {"uid": "g1", "type": "FINDING", "name": "Exfiltration:S3/AnomalousBehavior", "count": 4},
                    {"uid": "g2", "type": "CLOUD_TRAIL", "name": "s3:DeleteObject", "count": 12},
                ],
                "sequenceIndicators": [
                    {
                        "key": "HIGH_RISK_API", "title": "Sensitive APIs",
                        "values": ["s3:DeleteObject", "s3:GetObject"],
                    },
                    {"key": "TOR_IP", "values": ["203.0.113.7"]},
                ],
            }
        },
    },
}  # fmt: skip

# https://docs.aws.amazon.com/guardduty/latest/ug/monitor-with-eventbridge-s3-malware-protection.html
SCAN = {
    "schemaVersion": "1.0", "scanStatus": "COMPLETED", "resourceType": "S3_OBJECT",
    "s3ObjectDetails": {
        "bucketName": "hr-data", "objectKey": "payroll/inbox/invoice.exe", "eTag": "e", "versionId": "v7",
        "s3Throttled": False,
    },
    "scanResultDetails": {
        "scanResultStatus": "THREATS_FOUND", "threats": [{"name": "EICAR-Test-File (not a virus)"}],
    },
}  # fmt: skip

# https://docs.aws.amazon.com/macie/latest/user/findings-publish-event-schemas.html
_BUCKET = {
    "arn": "arn:aws:s3:::hr-data", "name": "hr-data", "owner": {"displayName": "x", "id": "y"}, "tags": [],
    "publicAccess": {"effectivePermission": "NOT_PUBLIC"}, "allowsUnencryptedObjectUploads": "FALSE",
}  # fmt: skip
MACIE = {
    "schemaVersion": "1.0", "id": "5ca1ab1e000000000000000000000001", "accountId": OWNER, "partition": "aws",
    "region": "eu-west-1", "type": "SensitiveData:S3Object/Multiple",
    "title": "The S3 object contains multiple types of sensitive information.",
    "description": "The object contains more than one type of sensitive information.",
    "severity": {"score": 3, "description": "High"},
    "createdAt": "2026-11-20T08:19:00.250Z", "updatedAt": "2026-11-20T08:19:00.250Z", "count": 1,
    "resourcesAffected": {
        "s3Bucket": _BUCKET,
        "s3Object": {
            "bucketArn": "arn:aws:s3:::hr-data", "key": "payroll/2026/q3.csv",
            "path": "hr-data/payroll/2026/q3.csv", "versionId": "", "size": 4750, "publicAccess": False,
        },
    },
    "category": "CLASSIFICATION",
    "classificationDetails": {
        "jobId": "j1", "detailedResultsLocation": "s3://macie-results/j1.jsonl.gz",
        "result": {
            "status": {"code": "COMPLETE", "reason": None}, "sizeClassified": 4750, "mimeType": "text/csv",
            "sensitiveData": [
                {
                    "category": "PERSONAL_INFORMATION", "totalCount": 58,
                    "detections": [{"type": "NAME", "count": 30}, {"type": "ADDRESS", "count": 28}],
                },
                {"category": "CREDENTIALS", "totalCount": 2, "detections": []},
            ],
            "customDataIdentifiers": {"totalCount": 4, "detections": [{"name": "staff number", "count": 4}]},
        },
    },
    "policyDetails": None, "sample": False, "archived": False,
}  # fmt: skip
MACIE_POLICY = merged(MACIE, {
    "id": "5ca1ab1e000000000000000000000002", "type": "Policy:IAMUser/S3BucketPublic", "category": "POLICY",
    "title": "The S3 bucket is public.", "description": "An ACL or policy makes it public.", "count": 2,
    "resourcesAffected": {"s3Object": None, "s3Bucket": {"publicAccess": {"effectivePermission": "PUBLIC"}}},
    "classificationDetails": None,
    "policyDetails": {
        "action": {
            "actionType": "AWS_API_CALL",
            "apiCallDetails": {
                "api": "PutBucketPolicy", "apiServiceName": "s3.amazonaws.com",
                "firstSeen": "2026-11-20T08:10:00Z", "lastSeen": "2026-11-20T08:12:00Z",
            },
        },
        "actor": {
            "userIdentity": {
                "type": "AssumedRole", "iamUser": None, "root": None,
                "assumedRole": {
                    "principalId": "AROAEXAMPLE:carol@example.com", "accountId": OWNER,
                    "accessKeyId": "ASIAEXAMPLE",
                    "arn": f"arn:aws:sts::{OWNER}:assumed-role/AWSReservedSSO_Admin_01/carol@example.com",
                    "sessionContext": {
                        "sessionIssuer": {
                            "type": "Role", "userName": "AWSReservedSSO_Admin_01", "accountId": OWNER,
                        },
                        "attributes": {"mfaAuthenticated": False, "creationDate": "2026-11-20T08:00:00Z"},
                    },
                },
            },
            "ipAddressDetails": {
                "ipAddressV4": "192.0.2.14", "ipCountry": {"code": "DE", "name": "Germany"},
                "ipOwner": {"asn": "64501", "asnOrg": "Example Telecom"},
            },
        },
    },
})  # fmt: skip

# https://docs.aws.amazon.com/awssupport/latest/user/cloudwatch-events-ta.html
ADVISOR = {
    "check-name": "Amazon S3 Bucket Permissions",
    "check-item-detail": {
        "Status": "Red", "Region": "eu-west-1", "Bucket Name": "hr-data", "ACL Allows List": "No",
        "ACL Allows Upload/Delete": "Yes", "Policy Allows Access": None,
    },
    "status": "ERROR", "resource_id": "arn:aws:s3:::hr-data", "uuid": "aa12345f-55c7-498e-b7ac-1b3d5f7a9b2c",
}  # fmt: skip

# https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-eventbridge.html
ANALYZER = {
    "accountId": OWNER, "action": ["s3:GetObject", "s3:ListBucket"], "analyzedAt": "2026-11-20T08:18:22Z",
    "condition": {"aws:SourceVpce": "vpce-0a1b2c3d"}, "createdAt": "2026-11-20T08:18:00Z",
    "id": "2a2a2a2a-dcba-4444-dcba-3b3b3b3b3b3b", "isDeleted": False, "isPublic": False,
    "principal": {"AWS": OTHER}, "region": "eu-west-1", "resource": "arn:aws:s3:::hr-data",
    "resourceType": "AWS::S3::Bucket", "status": "ACTIVE", "updatedAt": "2026-11-20T08:18:30Z",
    "version": "1.0",
    "sources": [{"type": "POLICY"}],
}  # fmt: skip


def guardduty(**changes: Any) -> dict[str, Any]:
    return make_event("aws.guardduty", "GuardDuty Finding", merged(GUARDDUTY, changes))


def credentials(name: str = "payroll-app", **changes: Any) -> dict[str, Any]:
    """A finding about the credentials of a role, used outside AWS, perhaps for something else than S3."""
    details = {
        "userType": "AssumedRole",
        "userName": name,
        "principalId": "AROAEXAMPLEROLEID:i-0a1b2c3d4e5f60718",
    }
    kind = "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS"
    resource = {"resourceType": "AccessKey", "s3BucketDetails": [], "accessKeyDetails": details}
    return guardduty(**merged({"type": kind, "resource": resource}, changes))


def sequence(**changes: Any) -> dict[str, Any]:
    return make_event("aws.guardduty", "GuardDuty Finding", merged(SEQUENCE, changes))


def scan(
    status: str = "THREATS_FOUND", key: str = "payroll/inbox/invoice.exe", **changes: Any
) -> dict[str, Any]:
    detail = merged(
        SCAN, {"scanResultDetails": {"scanResultStatus": status}, "s3ObjectDetails": {"objectKey": key}}
    )
    return make_event("aws.guardduty", "GuardDuty Malware Protection Object Scan Result", detail, **changes)


def macie(**changes: Any) -> dict[str, Any]:
    return make_event("aws.macie", "Macie Finding", merged(MACIE, changes))


def macie_policy(**changes: Any) -> dict[str, Any]:
    return make_event("aws.macie", "Macie Finding", merged(MACIE_POLICY, changes))


def advisor(time: str = TIME, **changes: Any) -> dict[str, Any]:
    name = "Trusted Advisor Check Item Refresh Notification"
    return make_event("aws.trustedadvisor", name, merged(ADVISOR, changes), region="us-east-1", time=time)


def analyzer(detail_type: str = "Access Analyzer Finding", **changes: Any) -> dict[str, Any]:
    arn = f"arn:aws:access-analyzer:eu-west-1:{OWNER}:analyzer/account"
    return make_event("aws.access-analyzer", detail_type, merged(ANALYZER, changes), resources=[arn])


EVENTS = {
    "guardduty": guardduty(), "credentials": credentials(), "sequence": sequence(), "scan": scan(),
    "unscanned": scan("FAILED"), "macie": macie(), "policy": macie_policy(), "advisor": advisor(),
    "analyzer": analyzer(), "internal": analyzer("Internal Access Finding"),
}  # fmt: skip


def parts(event):
    """Every place in an event where something else could stand."""
    found = []

    def walk(value, path):
        found.append(path)
        members = (
            value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        )
        for name, member in members:
            walk(member, (*path, name))

    walk(event["detail"], ("detail",))
    return found


def replaced(event, path, value):
    copy = json.loads(json.dumps(event))
    place = copy
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    return copy


@st.composite
def damaged(draw: st.DrawFn, event: dict[str, Any]) -> dict[str, Any]:
    """An event with anything in one of its places."""
    return replaced(event, draw(st.sampled_from(parts(event))), draw(JSON))

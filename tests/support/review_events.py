"""EventBridge events that occasion reviews, in the shapes AWS documents."""

from __future__ import annotations

from typing import Any

from tests.support.cloudtrail import as_bytes, make_event, make_record

ROLE = "arn:aws:iam::111122223333:role/s3watch-ReviewBucketRole"


def make_change(name: str = "PutBucketPolicy", **changes: Any) -> bytes:
    """A call that changes a bucket's settings."""
    facts: dict[str, Any] = {
        "key": None, "eventName": name, "readOnly": False, "managementEvent": True,
        "eventCategory": "Management",
    } | changes  # fmt: skip
    return make_event(make_record(**facts))


def make_compliance_change(
    rule: str = "s3-bucket-public-read-prohibited", bucket: str = "hr-data", **changes: Any
) -> bytes:
    """AWS Config's word on a bucket.

    https://docs.aws.amazon.com/config/latest/developerguide/monitor-config-with-cloudwatchevents.html
    """
    result = {
        "evaluationResultIdentifier": {
            "evaluationResultQualifier": {
                "configRuleName": rule, "resourceType": "AWS::S3::Bucket", "resourceId": bucket,
                "evaluationMode": "DETECTIVE",
            },
            "orderingTimestamp": "2026-11-20T08:14:00.170Z",
        },
        "complianceType": "NON_COMPLIANT",
        "resultRecordedTime": "2026-11-20T08:14:03.234Z",
        "configRuleInvokedTime": "2026-11-20T08:14:02.905Z",
    }  # fmt: skip
    detail = {
        "resourceType": "AWS::S3::Bucket", "resourceId": bucket, "awsRegion": "eu-west-1",
        "awsAccountId": "111122223333", "configRuleName": rule,
        "configRuleARN": "arn:aws:config:eu-west-1:111122223333:config-rule/config-rule-dtv0id",
        "messageType": "ComplianceChangeNotification", "recordVersion": "1.0",
        "notificationCreationTime": "2026-11-20T08:14:04.223Z",
        "newEvaluationResult": result | changes.pop("result", {}),
    } | changes  # fmt: skip
    return _envelope("aws.config", "Config Rules Compliance Change", detail)


def make_schedule() -> bytes:
    """The tick of a schedule rule."""
    return _envelope("aws.events", "Scheduled Event", {})


def _envelope(source: str, kind: str, detail: dict[str, Any]) -> bytes:
    return as_bytes(
        {
            "version": "0",
            "id": "7d0a0b4f-6d0c-4f2e-9a55-3a3f2f8c1c11",
            "detail-type": kind,
            "source": source,
            "account": "111122223333",
            "time": "2026-11-20T08:14:04Z",
            "region": "eu-west-1",
            "resources": [],
            "detail": detail,
        }
    )

"""Documents to mutate: of every kind that facts are read from, with all the members that are read."""

from __future__ import annotations

import json
from typing import Any

from tests.support.bucket_states import allow
from tests.support.cloudtrail import ANONYMOUS, OTHER, OWNER, make_record
from tests.support.log_files import TRAIL_KEY, make_notification
from tests.support.review_events import make_change, make_compliance_change, make_schedule

GROUP = "http://acs.amazonaws.com/groups/global/AllUsers"
POLICY: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        allow({"AWS": [f"arn:aws:iam::{OTHER}:root", "AROAEXAMPLE"], "Service": "cloudfront.amazonaws.com"}),
        allow("*", "s3:*", Condition={
            "IpAddress": {"aws:SourceIp": ["192.0.2.0/24"]},
            "StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5", "s3:DataAccessPointAccount": OWNER},
            "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/x"},
        }),
        allow("*", NotPrincipal={"AWS": OWNER}) | {"Effect": "Deny"},
    ],
}  # fmt: skip
ACL = {
    "AccessControlList": {
        "Grant": [
            {"Grantee": {"URI": GROUP, "xsi:type": "Group"}, "Permission": "READ"},
            {"Grantee": {"ID": "1" * 64, "xsi:type": "CanonicalUser"}, "Permission": "READ"},
        ]
    },
    "Owner": {"ID": "2" * 64},
}
HEADERS = {"x-amz-acl": ["public-read"], "x-amz-grant-read": f'id="0123", uri="{GROUP}"'}
LINK = {"X-Amz-Expires": "300", "X-Amz-Date": "20261120T081403Z", "X-Amz-SignedHeaders": "host"}
KEYS = {"Delete": {"Object": [{"Key": "payroll/a"}, {"Key": "payroll/b", "VersionId": "1"}]}}
RULE = {"Destination": {"Bucket": "arn:aws:s3:::other", "Account": OTHER}, "Status": "Enabled"}
KEY = {"x-amz-server-side-encryption-aws-kms-key-id": f"arn:aws:kms:eu-west-1:{OTHER}:key/1"}
SELECTORS = [{"dataResources": [{"type": "AWS::S3::Object", "values": ["arn:aws:s3"]}]}]
LIFECYCLE = {"type": "AWSService", "invokedBy": "lifecycle.s3.amazonaws.com"}


def _change(name: str, **request: Any) -> dict[str, Any]:
    return make_record(eventName=name, key=None, request=request)


RECORDS = [
    make_record(),
    _change("PutBucketPolicy", bucketPolicy=POLICY),
    _change("PutBucketPolicy", policy=json.dumps(POLICY)),
    _change("PutBucketAcl", AccessControlPolicy=ACL, **HEADERS),
    _change("DeleteObjects", **KEYS),
    _change("PutBucketReplication", ReplicationConfiguration={"Role": "arn", "Rule": [RULE]}),
    _change("PutBucketLifecycle", LifecycleConfiguration={"Rule": [{"Expiration": {"Days": 1}}]}),
    make_record(eventName="DeleteObject", eventType="AwsServiceEvent", userIdentity=LIFECYCLE),
    make_record(eventName="CopyObject", request={"x-amz-copy-source": "hr-data/payroll/x"}, additional=KEY),
    make_record(userIdentity=ANONYMOUS, request=LINK, additional={"AuthenticationMethod": "QueryString"}),
    make_record(
        eventName="PutEventSelectors", eventSource="cloudtrail.amazonaws.com", resources=[],
        requestParameters={"trailName": "main", "eventSelectors": SELECTORS},
    ),
]  # fmt: skip
TRIGGERS = [
    json.loads(event)
    for event in (
        make_change(),
        make_compliance_change(),
        make_compliance_change(resourceType="AWS::::Account"),
        make_compliance_change("s3-bucket-ssl-requests-only"),
        make_schedule(),
    )
]
NOTICES = [
    make_notification(TRAIL_KEY),
    {"Message": json.dumps(make_notification(TRAIL_KEY))},
    {"s3Bucket": "trail-logs", "s3ObjectKey": [TRAIL_KEY]},
]

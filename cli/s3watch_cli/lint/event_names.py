"""The events that s3watch receives, and the CloudTrail names of API calls and IAM actions."""

from __future__ import annotations

from s3watch.alerts.own_verbs import OWN_PARTS
from s3watch.facts.operations import S3_EVENTS, classify_event
from s3watch.facts.requests import own_parts

SOURCES = frozenset(  # as in template.yaml
    {
        "s3.amazonaws.com",
        "s3express.amazonaws.com",
        "cloudtrail.amazonaws.com",
        "organizations.amazonaws.com",
        "kms.amazonaws.com",
        "s3-banner.amazonaws.com",
        "s3-object-lambda.amazonaws.com",
        "s3files.amazonaws.com",
        "backup.amazonaws.com",
    }
)
# Which log files may have, of a trail that records them: IAM's are in us-east-1, or in a trail of all Regions
LOGGED_SOURCES = frozenset({"iam.amazonaws.com", "sts.amazonaws.com"})
OWN_SOURCES = SOURCES | own_parts.SOURCES  # for rules on s3.own_part; as in stacks/own-calls.yaml, too
TRAIL_EVENTS = frozenset(  # as in template.yaml, too
    {
        "StopLogging",
        "DeleteTrail",
        "UpdateTrail",
        "PutEventSelectors",
        "PutInsightSelectors",
        "RegisterOrganizationDelegatedAdmin",
        "DeregisterOrganizationDelegatedAdmin",
        "StopEventDataStoreIngestion",
        "DeleteEventDataStore",
        "UpdateEventDataStore",
        "PutEventConfiguration",
        "RegisterDelegatedAdministrator",  # by way of AWS Organizations, for CloudTrail
        "DeregisterDelegatedAdministrator",
        "DisableAWSServiceAccess",
        "DisableKey",  # of the keys in LogFileKeys
        "ScheduleKeyDeletion",
        "DeleteImportedKeyMaterial",
        "PutKeyPolicy",
        "CreateFileSystem",  # of S3 Files
        "PutFileSystemPolicy",
        "CreateBackupAccessPoint",
    }
)
OWN_EVENTS = frozenset(OWN_PARTS)  # calls that arrive if they are on a part of the stack
EVENT_OF_CALL = {  # API calls and IAM actions that public rules name, and what CloudTrail calls the event
    "PutBucketLifecycleConfiguration": "PutBucketLifecycle",
    "PutLifecycleConfiguration": "PutBucketLifecycle",
    "GetBucketLifecycleConfiguration": "GetBucketLifecycle",
    "GetLifecycleConfiguration": "GetBucketLifecycle",
    "DeleteLifecycleConfiguration": "DeleteBucketLifecycle",
    "PutEncryptionConfiguration": "PutBucketEncryption",
    "GetEncryptionConfiguration": "GetBucketEncryption",
    "DeleteEncryptionConfiguration": "DeleteBucketEncryption",
    "PutReplicationConfiguration": "PutBucketReplication",
    "GetReplicationConfiguration": "GetBucketReplication",
    "DeleteReplicationConfiguration": "DeleteBucketReplication",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeletePublicAccessBlock": "DeleteBucketPublicAccessBlock",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "PutInventoryConfiguration": "PutBucketInventoryConfiguration",
    "PutMetricsConfiguration": "PutBucketMetricsConfiguration",
    "PutAnalyticsConfiguration": "PutBucketAnalyticsConfiguration",
    "ListBucket": "ListObjects",
    "ListAllMyBuckets": "ListBuckets",
    "ListBucketVersions": "ListObjectVersions",
    "ListMultipartUploadParts": "ListParts",
    "DeleteObjectVersion": "DeleteObject",
    "GetObjectVersion": "GetObject",
    "PutObjectVersionAcl": "PutObjectAcl",
    "ReplicateObject": "PutObject",
    "ReplicateDelete": "DeleteObject",
}
READ_ONLY_OPERATIONS = frozenset({"list", "inspect"})


def is_read_only_management(name: str) -> bool:
    """Whether this is an event that EventBridge delivers only to rules that ask for all management events.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
    """
    if S3_EVENTS.get(name) != "management":
        return False
    return classify_event(name, "s3.amazonaws.com", "a-bucket", None)[0] in READ_ONLY_OPERATIONS


DELIVERED = TRAIL_EVENTS | {name for name in S3_EVENTS if not is_read_only_management(name)}

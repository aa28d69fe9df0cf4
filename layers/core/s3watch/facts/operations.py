"""Classifies events: the operation, its scope, and the outcome by the error code.

Event names are CloudTrail's, which often differ from the API's and from IAM actions (PutBucketLifecycle, not
PutBucketLifecycleConfiguration): https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html
"""

from __future__ import annotations

from typing import Literal

Operation = Literal[
    "read", "list", "inspect", "write", "delete", "permission", "protection", "configuration", "other"
]
Scope = Literal["object", "prefix", "bucket", "account"]
Outcome = Literal["success", "denied", "missing", "failed"]
Category = Literal["data", "management"]

S3_SOURCES = frozenset(
    {
        "s3.amazonaws.com",
        "s3express.amazonaws.com",  # directory buckets
        "s3-outposts.amazonaws.com",
        "s3-object-lambda.amazonaws.com",
        "s3-banner.amazonaws.com",  # S3 Object Lambda too, as EventBridge documents it
    }
)

_EVENTS: tuple[tuple[Category, Operation, Scope, str], ...] = (
    ("data", "read", "object", "GetObject GetObjectAnnotation GetObjectTorrent SelectObjectContent"),
    ("data", "list", "prefix", "ListObjects ListObjectsV2 ListObjectVersions"),
    ("data", "inspect", "object", """
        HeadObject GetObjectAcl GetObjectAttributes GetObjectLegalHold GetObjectRetention GetObjectTagging
        ListObjectAnnotations ListParts
    """),
    ("data", "inspect", "bucket", "HeadBucket"),
    ("data", "write", "object", """
        PutObject PostObject CopyObject RenameObject CreateMultipartUpload UploadPart UploadPartCopy
        CompleteMultipartUpload AbortMultipartUpload
    """),
    ("data", "delete", "object", "DeleteObject"),
    ("data", "delete", "prefix", "DeleteObjects"),
    ("data", "permission", "object", "PutObjectAcl"),
    ("data", "protection", "object", "PutObjectLegalHold PutObjectRetention UpdateObjectEncryption"),
    ("data", "configuration", "object", """
        PutObjectTagging DeleteObjectTagging PutObjectAnnotation DeleteObjectAnnotation RestoreObject
    """),
    ("data", "other", "bucket", "CreateSession PreflightRequest"),
    ("data", "other", "object", "Presign WriteGetObjectResponse"),
    ("management", "list", "prefix", "ListMultipartUploads"),
    ("management", "list", "account", """
        ListBuckets ListDirectoryBuckets ListRegionalBuckets ListAccessPoints
        ListAccessPointsForDirectoryBuckets ListAccessPointsForObjectLambda ListMultiRegionAccessPoints
        ListJobs ListAccessGrants ListAccessGrantsInstances ListAccessGrantsLocations ListCallerAccessGrants
        ListStorageLensConfigurations ListStorageLensGroups ListTagsForResource
    """),
    ("management", "inspect", "bucket", """
        GetAccelerateConfiguration GetBucket GetBucketAbac GetBucketAcl GetBucketAnalyticsConfiguration
        GetBucketCors GetBucketEncryption GetBucketIntelligentTieringConfiguration
        GetBucketInventoryConfiguration GetBucketLifecycle GetBucketLocation GetBucketLogging
        GetBucketMetadataConfiguration GetBucketMetadataTableConfiguration GetBucketMetricsConfiguration
        GetBucketNotification GetBucketObjectLockConfiguration GetBucketOwnershipControls GetBucketPolicy
        GetBucketPolicyStatus GetBucketPublicAccessBlock GetBucketReplication GetBucketRequestPayment
        GetBucketTagging GetBucketVersioning GetBucketWebsite ListBucketAnalyticsConfigurations
        ListBucketIntelligentTieringConfigurations ListBucketInventoryConfigurations
        ListBucketMetricsConfigurations GetAccessPoint GetAccessPointPolicy GetAccessPointPolicyStatus
        GetAccessPointScope
    """),
    ("management", "inspect", "account", """
        GetAccountPublicAccessBlock GetAccessPointForObjectLambda GetAccessPointConfigurationForObjectLambda
        GetAccessPointPolicyForObjectLambda GetAccessPointPolicyStatusForObjectLambda
        GetMultiRegionAccessPoint GetMultiRegionAccessPointPolicy GetMultiRegionAccessPointPolicyStatus
        GetMultiRegionAccessPointRoutes DescribeMultiRegionAccessPointOperation DescribeJob GetJobTagging
        GetAccessGrant GetAccessGrantsInstance GetAccessGrantsInstanceForPrefix
        GetAccessGrantsInstanceResourcePolicy GetAccessGrantsLocation GetStorageLensConfiguration
        GetStorageLensConfigurationTagging GetStorageLensGroup
    """),
    ("management", "delete", "bucket", "DeleteBucket"),
    ("management", "permission", "bucket", """
        PutBucketPolicy DeleteBucketPolicy PutBucketAcl PutBucketPublicAccessBlock
        DeleteBucketPublicAccessBlock PutBucketOwnershipControls DeleteBucketOwnershipControls PutBucketAbac
        CreateAccessPoint DeleteAccessPoint PutAccessPointPolicy DeleteAccessPointPolicy PutAccessPointScope
        DeleteAccessPointScope
    """),
    ("management", "permission", "account", """
        PutAccountPublicAccessBlock DeleteAccountPublicAccessBlock PutAccessPointPolicyForObjectLambda
        DeleteAccessPointPolicyForObjectLambda PutMultiRegionAccessPointPolicy DeleteAccessGrant
        CreateAccessGrantsInstance DeleteAccessGrantsInstance DeleteAccessGrantsLocation
        PutAccessGrantsInstanceResourcePolicy DeleteAccessGrantsInstanceResourcePolicy
        AssociateAccessGrantsIdentityCenter DissociateAccessGrantsIdentityCenter
    """),
    ("management", "permission", "prefix", """
        CreateAccessGrant CreateAccessGrantsLocation UpdateAccessGrantsLocation
    """),
    ("management", "inspect", "prefix", "GetDataAccess"),  # read-only; S3 records what is done with it
    ("management", "protection", "bucket", """
        PutBucketVersioning PutBucketObjectLockConfiguration PutBucketLifecycle DeleteBucketLifecycle
        PutBucketEncryption DeleteBucketEncryption PutBucketReplication DeleteBucketReplication
    """),
    ("management", "configuration", "bucket", """
        CreateBucket PutAccelerateConfiguration PutBucketAnalyticsConfiguration
        DeleteBucketAnalyticsConfiguration PutBucketCors DeleteBucketCors
        PutBucketIntelligentTieringConfiguration DeleteBucketIntelligentTieringConfiguration
        PutBucketInventoryConfiguration DeleteBucketInventoryConfiguration PutBucketLogging
        CreateBucketMetadataConfiguration CreateBucketMetadataTableConfiguration
        DeleteBucketMetadataConfiguration DeleteBucketMetadataTableConfiguration
        UpdateBucketMetadataAnnotationTableConfiguration UpdateBucketMetadataInventoryTableConfiguration
        UpdateBucketMetadataJournalTableConfiguration PutBucketMetricsConfiguration
        DeleteBucketMetricsConfiguration PutBucketNotification PutBucketRequestPayment PutBucketTagging
        DeleteBucketTagging PutBucketWebsite DeleteBucketWebsite
    """),
    ("management", "configuration", "account", """
        CreateAccessPointForObjectLambda DeleteAccessPointForObjectLambda
        PutAccessPointConfigurationForObjectLambda CreateMultiRegionAccessPoint DeleteMultiRegionAccessPoint
        SubmitMultiRegionAccessPointRoutes CreateJob JobCreated JobStatusChanged UpdateJobPriority
        UpdateJobStatus PutJobTagging DeleteJobTagging CreateStorageLensGroup UpdateStorageLensGroup
        DeleteStorageLensGroup PutStorageLensConfiguration DeleteStorageLensConfiguration
        PutStorageLensConfigurationTagging DeleteStorageLensConfigurationTagging TagResource UntagResource
    """),
)  # fmt: skip

S3_EVENTS: dict[str, Category] = {
    name: category for category, _, _, names in _EVENTS for name in names.split()
}
_MEANINGS: dict[str, tuple[Operation, Scope]] = {
    name: (operation, scope) for _, operation, scope, names in _EVENTS for name in names.split()
}

COPIES = {  # the operation on the source, and the header that names it
    "CopyObject": ("read", "x-amz-copy-source"),
    "UploadPartCopy": ("read", "x-amz-copy-source"),
    "RenameObject": ("delete", "x-amz-rename-source"),
}

_VERBS: tuple[tuple[str, Operation], ...] = (  # for event names that are not in the table
    ("List", "list"),
    ("Get", "inspect"),
    ("Head", "inspect"),
    ("Describe", "inspect"),
    ("DeleteObject", "delete"),
    ("Copy", "write"),
    ("Post", "write"),
    ("Upload", "write"),
    ("Put", "configuration"),
    ("Create", "configuration"),
    ("Update", "configuration"),
    ("Delete", "configuration"),
)


def classify_event(
    event_name: str, event_source: str, bucket: str | None, key: str | None
) -> tuple[Operation, Scope]:
    """Return an event's operation and scope; an event name that is not in the table goes by its verb.

    The scope is never narrower than what the record names: without a key, an event on an object is one on its
    bucket.
    """
    if event_source not in S3_SOURCES:
        return "other", "account"
    operation, scope = _MEANINGS.get(event_name) or (_guess(event_name), "object")
    if bucket is None:
        return operation, "account"
    if scope == "object" and key is None:
        return operation, "bucket"
    return operation, "object" if scope == "prefix" and operation != "list" and key is not None else scope


def _guess(event_name: str) -> Operation:
    return next((operation for verb, operation in _VERBS if event_name.startswith(verb)), "other")


_DENIED = frozenset(
    {
        "403",
        "AccountProblem",
        "AllAccessDisabled",
        "ExpiredToken",
        "Forbidden",
        "InvalidAccessKeyId",
        "InvalidToken",
        "NotSignedUp",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "TokenRefreshRequired",
    }
)


_OF_KMS = "KMS."  # errors that S3 passes on: if the key is not found, the object may well be there


def read_outcome(error_code: str | None) -> Outcome:
    """Return the outcome of a request; `missing` means an object, bucket or setting that does not exist.

    Codes: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList
    """
    if not error_code:
        return "success"
    if error_code in _DENIED or "AccessDenied" in error_code or "Unauthorized" in error_code:
        return "denied"
    if error_code.startswith(_OF_KMS):
        return "failed"
    if error_code == "404" or error_code.startswith("NoSuch") or "NotFound" in error_code:
        return "missing"
    return "failed"

"""The operations of access logs, as recorded or documented, with CloudTrail's names of the same events."""

from __future__ import annotations

NAMES = {
    "REST.GET.OBJECT": "GetObject", "REST.HEAD.OBJECT": "HeadObject", "REST.PUT.OBJECT": "PutObject",
    "REST.POST.OBJECT": "PostObject", "REST.DELETE.OBJECT": "DeleteObject", "REST.COPY.OBJECT": "CopyObject",
    "REST.COPY.OBJECT_GET": "GetObject", "REST.COPY.PART": "UploadPartCopy",
    "REST.COPY.PART_GET": "GetObject",
    "REST.PUT.PART": "UploadPart", "REST.POST.UPLOADS": "CreateMultipartUpload",
    "REST.POST.UPLOAD": "CompleteMultipartUpload", "REST.DELETE.UPLOAD": "AbortMultipartUpload",
    "REST.GET.UPLOAD": "ListParts", "REST.GET.OBJECT_TAGGING": "GetObjectTagging",
    "REST.PUT.OBJECT_LOCK_RETENTION": "PutObjectRetention", "REST.PUT.ACL": "PutObjectAcl",
    "WEBSITE.GET.OBJECT": "GetObject", "WEBSITE.HEAD.OBJECT": "HeadObject",
    "BATCH.DELETE.OBJECT": "DeleteObject", "S3.EXPIRE.OBJECT": "DeleteObject",
    "S3.CREATE.DELETEMARKER": "DeleteObject", "S3.RESTORE.OBJECT": "RestoreObject",
    "REST.GET.OBJECT_TORRENT": "GetObjectTorrent", "REST.POST.SELECT": "SelectObjectContent",
    "REST.DELETE.OBJECT_TAGGING": "DeleteObjectTagging", "REST.POST.OBJECT_RESTORE": "RestoreObject",
    "SOAP.GetObject": "GetObject", "SOAP.PutObject": "PutObject", "SOAP.CopyObject": "CopyObject",
    "SOAP.DeleteObject": "DeleteObject",
}  # fmt: skip
OF_BUCKETS = {
    "REST.GET.BUCKET": "ListObjects", "REST.GET.BUCKETVERSIONS": "ListObjectVersions",
    "REST.HEAD.BUCKET": "HeadBucket", "REST.PUT.BUCKET": "CreateBucket", "REST.DELETE.BUCKET": "DeleteBucket",
    "REST.GET.UPLOADS": "ListMultipartUploads", "REST.POST.MULTI_OBJECT_DELETE": "DeleteObjects",
    "REST.OPTIONS.PREFLIGHT": "PreflightRequest", "REST.GET.ACL": "GetBucketAcl",
    "REST.PUT.ACL": "PutBucketAcl", "REST.GET.BUCKETPOLICY": "GetBucketPolicy",
    "REST.PUT.BUCKETPOLICY": "PutBucketPolicy", "REST.DELETE.BUCKETPOLICY": "DeleteBucketPolicy",
    "REST.GET.POLICY_STATUS": "GetBucketPolicyStatus", "REST.PUT.VERSIONING": "PutBucketVersioning",
    "REST.PUT.LIFECYCLE": "PutBucketLifecycle", "REST.PUT.LOGGING_STATUS": "PutBucketLogging",
    "REST.GET.TAGGING": "GetBucketTagging", "REST.PUT.PUBLIC_ACCESS_BLOCK": "PutBucketPublicAccessBlock",
    "REST.PUT.ACCELERATE": "PutAccelerateConfiguration", "REST.GET.ENCRYPTION": "GetBucketEncryption",
    "REST.PUT.REPLICATION": "PutBucketReplication", "REST.PUT.NOTIFICATION": "PutBucketNotification",
    "REST.PUT.OBJECT_LOCK_CONFIGURATION": "PutBucketObjectLockConfiguration",
}  # fmt: skip

"""Translates the operation names of S3 server access logs into CloudTrail's event names.

Access logs write REST.VERB.RESOURCE, WEBSITE.VERB.RESOURCE, SOAP.OPERATION, BATCH.DELETE.OBJECT and, for what
S3 does itself, S3.ACTION.RESOURCE; a resource may have two parts, as in S3.COMPUTE.OBJECT.CHECKSUM. AWS
publishes no list of resources: the name of one that is not in these tables is composed from its verb and
resource.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-and-other-bucket-config.html
"""

from __future__ import annotations

_NAMES = {
    "BATCH.DELETE.OBJECT": "DeleteObject",
    "S3.EXPIRE.OBJECT": "DeleteObject",
    "S3.CREATE.DELETEMARKER": "DeleteObject",
    "S3.DELETE.UPLOAD": "AbortMultipartUpload",
    "S3.RESTORE.OBJECT": "RestoreObject",
    "COPY.OBJECT": "CopyObject",
    "COPY.OBJECT_GET": "GetObject",  # the read of a copy's source, logged on a line of its own
    "COPY.PART": "UploadPartCopy",
    "COPY.PART_GET": "GetObject",
    "DELETE.BUCKET": "DeleteBucket",
    "DELETE.UPLOAD": "AbortMultipartUpload",
    "GET.BUCKET": "ListObjects",
    "GET.BUCKETVERSIONS": "ListObjectVersions",
    "GET.OBJECT_TORRENT": "GetObjectTorrent",
    "GET.UPLOAD": "ListParts",
    "GET.UPLOADS": "ListMultipartUploads",
    "HEAD.BUCKET": "HeadBucket",
    "OPTIONS.PREFLIGHT": "PreflightRequest",
    "POST.BUCKET": "PostObject",
    "POST.MULTI_OBJECT_DELETE": "DeleteObjects",
    "POST.OBJECT": "PostObject",
    "POST.OBJECT_RESTORE": "RestoreObject",
    "POST.RESTORE": "RestoreObject",
    "POST.SELECT": "SelectObjectContent",
    "POST.UPLOAD": "CompleteMultipartUpload",
    "POST.UPLOADS": "CreateMultipartUpload",
    "PUT.BUCKET": "CreateBucket",
    "PUT.PART": "UploadPart",
}

# Settings of a bucket or an object: the log's resource, and the noun in CloudTrail's Get..., Put...
_SETTINGS = {
    "ACCELERATE": "AccelerateConfiguration",
    "ANALYTICS": "BucketAnalyticsConfiguration",
    "BUCKETPOLICY": "BucketPolicy",
    "CORS": "BucketCors",
    "ENCRYPTION": "BucketEncryption",
    "INTELLIGENT_TIERING": "BucketIntelligentTieringConfiguration",
    "INVENTORY": "BucketInventoryConfiguration",
    "LEGAL_HOLD": "ObjectLegalHold",
    "LIFECYCLE": "BucketLifecycle",
    "LOCATION": "BucketLocation",
    "LOGGING_STATUS": "BucketLogging",
    "METRICS": "BucketMetricsConfiguration",
    "NOTIFICATION": "BucketNotification",
    "OBJECT": "Object",
    "OBJECT_ATTRIBUTES": "ObjectAttributes",
    "OBJECT_LOCK_CONFIGURATION": "BucketObjectLockConfiguration",
    "OBJECT_LOCK_LEGALHOLD": "ObjectLegalHold",
    "OBJECT_LOCK_RETENTION": "ObjectRetention",
    "OBJECT_TAGGING": "ObjectTagging",
    "OWNERSHIP_CONTROLS": "BucketOwnershipControls",
    "POLICY_STATUS": "BucketPolicyStatus",
    "PUBLIC_ACCESS_BLOCK": "BucketPublicAccessBlock",
    "REPLICATION": "BucketReplication",
    "REQUEST_PAYMENT": "BucketRequestPayment",
    "RETENTION": "ObjectRetention",
    "TAGGING": "BucketTagging",
    "VERSIONING": "BucketVersioning",
    "WEBSITE": "BucketWebsite",
}
LIFECYCLE = ("S3.EXPIRE.", "S3.CREATE.DELETEMARKER", "S3.DELETE.UPLOAD", "S3.TRANSITION")
BATCH = "BATCH."
_ENCODED_ONCE = (BATCH, "S3.")  # not HTTP requests of their own: the key was never in a URL


def name_event(operation: str, *, of_object: bool) -> str:
    """Return CloudTrail's event name for an operation; `of_object` says whether the line has a key."""
    origin, _, what = operation.partition(".")
    if origin == "SOAP":
        return what
    named = _NAMES.get(operation) or _NAMES.get(what)
    if named:
        return named
    verb, _, resource = what.partition(".")
    thing = "Object" if of_object else "Bucket"
    noun = f"{thing}Acl" if resource == "ACL" else _SETTINGS.get(resource) or _noun(thing, resource)
    return _camel(verb) + noun


def _noun(thing: str, resource: str) -> str:
    """Compose a resource's noun, which some names begin with the thing: OBJECT.CHECKSUM, OBJECT_TAGGING."""
    words = _camel(resource.replace(".", "_"))
    return words if words.startswith(("Object", "Bucket")) else thing + words


def is_encoded_twice(operation: str) -> bool:
    """Return whether keys are URL-encoded twice: once in the request's URL, once more by the log."""
    return not operation.startswith(_ENCODED_ONCE)


def names_object(operation: str) -> bool:
    """Return whether an operation always has a key, so that a dash in its place is a key named `-`."""
    return operation.endswith(".OBJECT") and not operation.startswith("S3.")


def _camel(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))

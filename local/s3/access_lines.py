"""Lines of S3's server access log in the classic text format: 27 fields per request or object of a batch.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import quote, quote_plus, unquote

from local.cloudtrail.calls import Call, Operation, failure, failures, keys
from local.cloudtrail.record import CIPHER, signed

_NONE = "-"

# CloudTrail's name -> the log's; AWS publishes no list, these names are from real logs
_OPERATIONS = {
    "AbortMultipartUpload": "DELETE.UPLOAD",
    "CompleteMultipartUpload": "POST.UPLOAD",
    "CopyObject": "COPY.OBJECT",
    "CreateBucket": "PUT.BUCKET",
    "CreateMultipartUpload": "POST.UPLOADS",
    "DeleteBucket": "DELETE.BUCKET",
    "DeleteObjects": "POST.MULTI_OBJECT_DELETE",
    "HeadBucket": "HEAD.BUCKET",
    "ListMultipartUploads": "GET.UPLOADS",
    "ListObjectVersions": "GET.BUCKETVERSIONS",
    "ListObjects": "GET.BUCKET",
    "ListParts": "GET.UPLOAD",
    "RestoreObject": "POST.RESTORE",
    "SelectObjectContent": "POST.SELECT",
    "UploadPart": "PUT.PART",
    "UploadPartCopy": "COPY.PART",
}
# the noun of CloudTrail's Get..., Put... and Delete... -> the log's resource; others by their words
_RESOURCES = {
    "AccelerateConfiguration": "ACCELERATE",
    "BucketAcl": "ACL",
    "BucketAnalyticsConfiguration": "ANALYTICS",
    "BucketInventoryConfiguration": "INVENTORY",
    "BucketLogging": "LOGGING_STATUS",
    "BucketMetricsConfiguration": "METRICS",
    "BucketObjectLockConfiguration": "OBJECT_LOCK_CONFIGURATION",
    "BucketPolicy": "BUCKETPOLICY",
    "ObjectAcl": "ACL",
    "ObjectLegalHold": "OBJECT_LOCK_LEGALHOLD",
    "ObjectRetention": "OBJECT_LOCK_RETENTION",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line, and the bucket whose log it belongs to."""

    bucket: str
    text: str


@dataclass(frozen=True, slots=True)
class _Fields:
    """What differs between the lines of one request."""

    bucket: str
    operation: str
    key: str = _NONE
    request: str = _NONE
    status: int = 200
    error: str = _NONE
    sent: int = 0
    size: str = _NONE
    spent: str = f"{_NONE} {_NONE}"
    client: str = f"{_NONE} {_NONE}"


def write(call: Call, operation: Operation, requester: str, owner_id: str, region: str) -> Iterator[Line]:
    """Make the lines of a request: a copy has one for its source too, a batch one per object.

    `requester` is empty for anonymous and for rejected credentials; `owner_id` is the canonical user id.
    """
    if operation.bucket is None:
        return
    main = _main(call, operation)
    for fields in (main, *_copied(call, main), *_deleted(call, operation, main)):
        yield Line(fields.bucket, _text(call, fields, requester, owner_id, region))


def name(call: Call, operation: Operation) -> str:
    """Return the log's name of an operation, without its REST prefix."""
    if operation.name in _OPERATIONS:
        return _OPERATIONS[operation.name]
    noun = re.sub("^(Get|Head|Put|Delete)", "", operation.name)
    words = re.findall("[A-Z][a-z]+", noun.removeprefix("Bucket"))
    return f"{call.method}.{_RESOURCES.get(noun) or '_'.join(words).upper()}"


def _main(call: Call, operation: Operation) -> _Fields:
    failed = failure(call, operation.key)
    path, _, query = call.target.partition("?")
    asked = path.removeprefix(f"/{operation.bucket}") or "/"  # as sent to the bucket's own host
    milliseconds = round(call.took * 1000)
    agent = call.headers.get("user-agent", _NONE)
    return _Fields(
        bucket=operation.bucket or _NONE,
        operation=f"REST.{name(call, operation)}",
        key=_NONE if operation.key is None else quote(quote(operation.key)),
        request=f'"{call.method} {asked}{"?" if query else ""}{query} HTTP/1.1"',
        status=call.status,
        error=failed[0] if failed else _NONE,
        sent=0 if call.method == "HEAD" else call.bytes_out,
        size=_size(call, operation),
        spent=f"{milliseconds} {milliseconds}",
        client=f'"{call.headers.get("referer", _NONE)}" "{agent}"',
    )


def _copied(call: Call, main: _Fields) -> Iterator[_Fields]:
    if source := call.headers.get("x-amz-copy-source"):
        bucket, _, key = unquote(source.partition("?")[0]).lstrip("/").partition("/")
        yield replace(main, bucket=bucket, operation=f"{main.operation}_GET", key=quote(quote(key)), sent=0)


def _deleted(call: Call, operation: Operation, main: _Fields) -> Iterator[_Fields]:
    if operation.name != "DeleteObjects" or call.status >= 400:
        return
    failed = failures(call.answer)
    for key in keys(call.body, "Object"):
        error = failed.get(key, _NONE)
        status = 204 if error == _NONE else 403 if error == "AccessDenied" else 400
        yield _Fields(main.bucket, "BATCH.DELETE.OBJECT", quote_plus(key, "/"), status=status, error=error)


def _size(call: Call, operation: Operation) -> str:
    """Return the size of the whole object, which Content-Range gives after the slash."""
    if operation.name == "PutObject":
        return call.headers.get("x-amz-decoded-content-length", str(call.bytes_in))
    if operation.name not in ("GetObject", "HeadObject") or call.status >= 300:
        return _NONE
    whole = call.answer_headers.get("content-range", "").rpartition("/")[2]
    return whole or call.answer_headers.get("content-length", _NONE)


def _text(call: Call, fields: _Fields, requester: str, owner_id: str, region: str) -> str:
    signature, authentication = signed(call)
    host = f"{fields.bucket}.s3.{region}.amazonaws.com"
    moment = time.strftime("[%d/%b/%Y:%H:%M:%S +0000]", time.gmtime(call.time))
    return " ".join(
        (
            owner_id, fields.bucket, moment, call.ip, requester or _NONE, call.request_id, fields.operation,
            fields.key, fields.request, str(fields.status), fields.error, str(fields.sent or _NONE),
            fields.size, fields.spent, fields.client, call.query.get("versionId", _NONE),
            call.answer_headers.get("x-amz-id-2", _NONE), signature or _NONE, CIPHER, authentication or _NONE,
            host, "TLSv1.3", _NONE, _NONE, _NONE,
        )
    )  # fmt: skip

"""A call on S3, CloudTrail or STS as it was sent, and the event name CloudTrail gives it.

Names: https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl
from xml.etree import ElementTree as ET

READ_METHODS = ("GET", "HEAD")

# (method, the query parameters and headers that identify it, event name); the first that fits, in order
_ON_OBJECT = (
    ("GET", "uploadId", "ListParts"),
    ("GET", "tagging", "GetObjectTagging"),
    ("GET", "retention", "GetObjectRetention"),
    ("GET", "legal-hold", "GetObjectLegalHold"),
    ("GET", "acl", "GetObjectAcl"),
    ("GET", "attributes", "GetObjectAttributes"),
    ("GET", "torrent", "GetObjectTorrent"),
    ("GET", "", "GetObject"),
    ("HEAD", "", "HeadObject"),
    ("PUT", "tagging", "PutObjectTagging"),
    ("PUT", "retention", "PutObjectRetention"),
    ("PUT", "legal-hold", "PutObjectLegalHold"),
    ("PUT", "acl", "PutObjectAcl"),
    ("PUT", "partNumber x-amz-copy-source", "UploadPartCopy"),
    ("PUT", "partNumber", "UploadPart"),
    ("PUT", "x-amz-copy-source", "CopyObject"),
    ("PUT", "", "PutObject"),
    ("POST", "restore", "RestoreObject"),
    ("POST", "select", "SelectObjectContent"),
    ("POST", "uploads", "CreateMultipartUpload"),
    ("POST", "uploadId", "CompleteMultipartUpload"),
    ("DELETE", "uploadId", "AbortMultipartUpload"),
    ("DELETE", "tagging", "DeleteObjectTagging"),
    ("DELETE", "", "DeleteObject"),
)

# the query parameter of a bucket's configuration -> the noun in its event names
_CONFIGURATIONS = {
    "accelerate": "AccelerateConfiguration",
    "acl": "BucketAcl",
    "analytics": "BucketAnalyticsConfiguration",
    "cors": "BucketCors",
    "encryption": "BucketEncryption",
    "inventory": "BucketInventoryConfiguration",
    "lifecycle": "BucketLifecycle",
    "location": "BucketLocation",
    "logging": "BucketLogging",
    "metrics": "BucketMetricsConfiguration",
    "notification": "BucketNotification",
    "object-lock": "BucketObjectLockConfiguration",
    "ownershipControls": "BucketOwnershipControls",
    "policy": "BucketPolicy",
    "policyStatus": "BucketPolicyStatus",
    "publicAccessBlock": "BucketPublicAccessBlock",
    "replication": "BucketReplication",
    "requestPayment": "BucketRequestPayment",
    "tagging": "BucketTagging",
    "versioning": "BucketVersioning",
    "website": "BucketWebsite",
}
_VERBS = {"GET": "Get", "PUT": "Put", "DELETE": "Delete"}
_CONTROL = "/v20180820/"  # S3 Control's paths begin so
_ACCOUNT_BLOCK = f"{_CONTROL}configuration/publicAccessBlock"
_ACCESS_POINT = re.compile(rf"{_CONTROL}accesspoint(?P<name>/[^/]+)?(?P<policy>/policy)?")


@dataclass(frozen=True, slots=True)
class Call:
    """One request and its answer; header names in lower case, bodies only where a record needs them."""

    service: str  # "s3", "cloudtrail" or "sts"
    method: str
    path: str  # decoded, path style: /bucket/key
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    bytes_in: int
    status: int
    answer_headers: Mapping[str, str]
    answer: bytes
    bytes_out: int
    ip: str
    time: float  # epoch seconds when the request came
    target: str = ""  # path and query as they were sent
    took: float = 0.0  # seconds until the answer had gone

    @property
    def request_id(self) -> str:
        """The request id that the caller received and the record repeats."""
        return self.answer_headers.get("x-amz-request-id") or self.answer_headers.get("x-amzn-requestid", "")


@dataclass(frozen=True, slots=True)
class Operation:
    """The operation of a call, in CloudTrail's terms."""

    name: str
    bucket: str | None = None
    key: str | None = None
    data: bool = False  # a data event; else a management event
    read_only: bool = False
    role: str | None = None  # the ARN of the role that a call to STS assumes


def operation(call: Call) -> Operation | None:
    """Return the operation of a call; None for a request that CloudTrail does not record."""
    if call.service == "cloudtrail":
        name = call.headers.get("x-amz-target", "").rpartition(".")[2]
        return (
            Operation(name, read_only=name.startswith(("Get", "List", "Describe", "Lookup")))
            if name
            else None
        )
    if call.service == "sts":
        return _on_sts(call)
    if call.path.startswith(_CONTROL):
        return _on_account(call)
    bucket, _, key = call.path.lstrip("/").partition("/")
    if not bucket:
        return Operation("ListBuckets", read_only=True) if call.method == "GET" else None
    return _on_object(call, bucket, key) if key else _on_bucket(call, bucket)


def _on_sts(call: Call) -> Operation | None:
    """Return the call if it assumes a role; of a web identity's call the token would have to be read."""
    asked = form(call.body)
    role = asked.get("RoleArn")
    is_recorded = asked.get("Action") == "AssumeRole" and role
    return Operation("AssumeRole", read_only=True, role=role) if is_recorded else None


def form(body: bytes) -> dict[str, str]:
    """Return the parameters of a call to a service that takes forms."""
    return dict(parse_qsl(body.decode(errors="replace")))


def _on_account(call: Call) -> Operation | None:
    read_only = call.method in READ_METHODS
    if call.path.startswith(_ACCOUNT_BLOCK):
        return Operation(f"{_VERBS[call.method]}AccountPublicAccessBlock", read_only=read_only)
    point = _ACCESS_POINT.fullmatch(call.path)
    if point is None:
        return None
    if not point["name"]:
        return Operation("ListAccessPoints", read_only=True)
    verb = "Create" if call.method == "PUT" and not point["policy"] else _VERBS[call.method]
    return Operation(f"{verb}AccessPoint{'Policy' if point['policy'] else ''}", read_only=read_only)


def _on_object(call: Call, bucket: str, key: str) -> Operation | None:
    for method, marks, name in _ON_OBJECT:
        if call.method == method and all(
            mark in call.query or mark in call.headers for mark in marks.split()
        ):
            return Operation(name, bucket, key, data=True, read_only=method in READ_METHODS)
    return None


def _on_bucket(call: Call, bucket: str) -> Operation | None:
    read_only = call.method in READ_METHODS
    if call.method == "HEAD":
        return Operation("HeadBucket", bucket, data=True, read_only=True)
    if call.method == "POST":
        return Operation("DeleteObjects", bucket, data=True) if "delete" in call.query else None
    for mark, noun in _CONFIGURATIONS.items():
        if mark in call.query:
            return Operation(f"{_VERBS[call.method]}{noun}", bucket, read_only=read_only)
    if call.method == "GET":
        if "uploads" in call.query:
            return Operation("ListMultipartUploads", bucket, read_only=True)
        name = "ListObjectVersions" if "versions" in call.query else "ListObjects"
        return Operation(name, bucket, data=True, read_only=True)
    return Operation("CreateBucket" if call.method == "PUT" else "DeleteBucket", bucket)


def keeps_body(method: str, query: Container[str], path: str = "") -> bool:
    """Tell whether the record needs the body: a configuration, an ACL or keys to delete, never an object."""
    if path.startswith(_CONTROL):
        return True
    if method == "POST":
        return "delete" in query
    return method == "PUT" and any(mark in query for mark in _CONFIGURATIONS)


def document(body: bytes) -> dict[str, Any]:
    """Convert an XML body to what CloudTrail shows: root's name over children, repeated ones as a list."""
    try:
        root = ET.fromstring(body)  # noqa: S314 - written by our own callers on loopback
    except ET.ParseError:
        return {}
    name, namespace = _local(root.tag)
    content = _content(root)
    if namespace and isinstance(content, dict):
        content["xmlns"] = namespace
    return {name: content}


def keys(body: bytes, of: str) -> list[str]:
    """Return the Key of every element named `of` in an XML body, decoded."""
    try:
        return [key.text or "" for key in ET.fromstring(body).iterfind(f"{{*}}{of}/{{*}}Key")]  # noqa: S314 - as above
    except ET.ParseError:
        return []


def failures(body: bytes) -> dict[str, str]:
    """Return key and error code of each object that a batch delete failed to delete, by its answer."""
    try:
        errors = ET.fromstring(body).iterfind("{*}Error")  # noqa: S314 - as above
    except ET.ParseError:
        return {}
    return {error.findtext("{*}Key", ""): error.findtext("{*}Code", "") for error in errors}


def _content(element: ET.Element) -> Any:
    if not len(element) and not element.attrib:
        return _scalar(element.text or "")
    content: dict[str, Any] = {f"xsi:{_local(name)[0]}": value for name, value in element.attrib.items()}
    for child in element:
        name = _local(child.tag)[0]
        value = _content(child)
        content[name] = [*_listed(content[name]), value] if name in content else value
    return content


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _local(tag: str) -> tuple[str, str]:
    namespace, _, name = tag.rpartition("}")
    return name, namespace.lstrip("{")


def _scalar(text: str) -> str | int | bool:
    if text in ("true", "false"):
        return text == "true"
    return int(text) if re.fullmatch(r"\d{1,9}", text) else text


def failure(call: Call, key: str | None) -> tuple[str, str] | None:
    """Return (error code, message) of a denied or failed call; the answer to a HEAD has no body."""
    if call.status < 400:
        return None
    if call.answer.startswith(b"{"):
        told = json.loads(call.answer)
        return str(told.get("__type", "")).rpartition("#")[2], str(told.get("message", ""))
    told = next(iter(document(call.answer).values()), {}) if call.answer else {}
    told = told.get("Error", told) if isinstance(told, dict) else {}  # STS puts it one element deeper
    if isinstance(told, dict) and told.get("Code"):
        return str(told["Code"]), str(told.get("Message", ""))
    if call.status == 404:
        missing = ("NoSuchKey", "The specified key does not exist.")
        return missing if key else ("NoSuchBucket", "The specified bucket does not exist")
    return "AccessDenied", "Access Denied"

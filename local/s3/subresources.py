"""Calls on a bucket's configuration that ministack mistakes for listings: answered properly or refused.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketMetricsConfiguration.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from xml.etree import ElementTree as ET

from ministack.core.responses import AccountScopedDict
from ministack.services import s3

Answer = tuple[int, dict[str, str], bytes]
Query = Mapping[str, Any]

NOT_HERE = ("abac", "analytics", "intelligent-tiering", "inventory", "metadataConfiguration", "metadataTable")
_XML = {"Content-Type": "application/xml"}  # copied for each answer: ministack adds to it

_metrics: Any = AccountScopedDict()  # (bucket, id) -> the configuration's XML


def put_metrics(bucket: str, name: str, body: bytes) -> Answer:
    """Store a bucket's request metrics configuration; no metrics are published here."""
    _metrics[bucket, name] = body
    return 200, {}, b""


def metrics(method: str, bucket: str, body: bytes, query: Query) -> Answer:
    """Put, get, list or delete a bucket's request metrics configurations."""
    name = s3._qp(query, "id", "")
    if method == "PUT":
        return put_metrics(bucket, name, body)
    if not name:
        return _list_metrics(bucket)
    if (bucket, name) not in _metrics:
        return _error("NoSuchConfiguration", "The specified configuration does not exist.", 404)
    if method == "DELETE":
        del _metrics[bucket, name]
        return 204, {}, b""
    return 200, dict(_XML), _metrics[bucket, name]


def _list_metrics(bucket: str) -> Answer:
    root = ET.Element("ListMetricsConfigurationsResult", xmlns=s3.S3_NS)
    ET.SubElement(root, "IsTruncated").text = "false"
    kept = [body for (of, _), body in sorted(_metrics.items()) if of == bucket]
    root.extend(ET.fromstring(body) for body in kept)  # noqa: S314 - our own callers' XML
    return 200, dict(_XML), ET.tostring(root)


def policy_status(bucket: str) -> Answer:
    """Answer GetBucketPolicyStatus: whether the bucket's policy is public, by S3's definition."""
    policy = s3._bucket_policies.get(bucket)
    if not policy:
        return _error("NoSuchBucketPolicy", "The bucket policy does not exist", 404)
    root = ET.Element("PolicyStatus", xmlns=s3.S3_NS)
    ET.SubElement(root, "IsPublic").text = str(bool(s3._policy_is_public(policy))).lower()
    return 200, dict(_XML), ET.tostring(root)


def _error(code: str, message: str, status: int) -> Answer:
    answer: Answer = s3._error(code, message, status)
    return answer


def routing(dispatch: Callable[..., Answer]) -> Callable[..., Answer]:
    """Wrap S3's routing to answer these calls, and to refuse those that are missing here."""

    def routed(
        method: str, bucket: str, key: str, headers: Mapping[str, str], body: bytes, query: Query
    ) -> Answer:
        if key or bucket not in s3._buckets:
            return dispatch(method, bucket, key, headers, body, query)
        if "metrics" in query:
            return metrics(method, bucket, body, query)
        if "policyStatus" in query:
            return policy_status(bucket)
        if "requestPayment" in query and method == "GET":
            return s3._get_bucket_request_payment(bucket)  # type: ignore[no-any-return]  # not typed
        if any(name in query for name in NOT_HERE):
            return _error("NotImplemented", "The local AWS has no such configuration", 501)
        return dispatch(method, bucket, key, headers, body, query)

    return routed


def install() -> None:
    """Install these calls in S3's routing."""
    s3._dispatch = routing(s3._dispatch)

"""Builders of access-log lines and of S3's own events, in the shapes AWS documents."""

from __future__ import annotations

import json
from typing import Any

OWNER_ID = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"
STRANGER_ID = "0123456789abcdef" * 4
ANALYST = "arn:aws:sts::111122223333:assumed-role/Analyst/alice"
_ORDER = (
    "owner", "bucket", "time", "ip", "requester", "request", "operation", "key", "uri", "status", "error",
    "sent", "size", "total", "turnaround", "referer", "agent", "version", "host_id", "signature", "cipher",
    "authentication", "host", "tls", "access_point", "acl_required", "source_region",
)  # fmt: skip
_QUOTED = ("uri", "referer", "agent")


def make_line(*, fields: int = 27, **changes: str) -> bytes:
    """One line: a role reads an object, unless the changes say otherwise; a dash has no quotes."""
    values = {
        "owner": OWNER_ID, "bucket": "hr-data", "time": "[20/Nov/2026:08:14:03 +0000]", "ip": "203.0.113.7",
        "requester": ANALYST, "request": "K8R4TZ0QX6M2V9WB", "operation": "REST.GET.OBJECT",
        "key": "payroll/2026/q3.csv", "uri": "GET /payroll/2026/q3.csv HTTP/1.1", "status": "200",
        "error": "-",
        "sent": "28441", "size": "28441", "total": "70", "turnaround": "10", "referer": '"-"',
        "agent": "aws-cli/2.31.0 md/awscrt#0.27.6", "version": "-", "host_id": "EXAMPLE=",
        "signature": "SigV4", "cipher": "TLS_AES_128_GCM_SHA256", "authentication": "AuthHeader",
        "host": "hr-data.s3.eu-west-1.amazonaws.com", "tls": "TLSv1.3", "access_point": "-",
        "acl_required": "-", "source_region": "eu-west-1",
    } | changes  # fmt: skip
    texts = (_quote(values[name]) if name in _QUOTED else values[name] for name in _ORDER[:fields])
    return " ".join(texts).encode(errors="surrogatepass")


def _quote(value: str) -> str:
    return value if value in ("-", '"-"') else f'"{value}"'


def make_deletion(**detail: Any) -> dict[str, Any]:
    """An "Object Deleted" event: alice's account deletes one object, unless the changes say otherwise."""
    return {
        "version": "0",
        "id": "2ee9cc15-d022-49ea-8fb8-1b1bac4850f9",
        "detail-type": "Object Deleted",
        "source": "aws.s3",
        "account": "111122223333",
        "time": "2026-11-20T08:14:03Z",
        "region": "eu-west-1",
        "resources": ["arn:aws:s3:::hr-data"],
        "detail": {
            "version": "0",
            "bucket": {"name": "hr-data"},
            "object": {"key": "payroll/2026/q3.csv", "sequencer": "617f0837b476e463"},
            "request-id": "K8R4TZ0QX6M2V9WB",
            "requester": "111122223333",
            "source-ip-address": "203.0.113.7",
            "reason": "DeleteObject",
            "deletion-type": "Permanently Deleted",
        }
        | {name.replace("_", "-"): value for name, value in detail.items()},
    }


def as_text(document: Any) -> str:
    """JSON as text."""
    return json.dumps(document)

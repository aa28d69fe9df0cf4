"""Calls for the tests of records."""

from __future__ import annotations

from typing import Any

from local.cloudtrail.calls import Call

PLAIN: dict[str, Any] = {
    "service": "s3",
    "method": "GET",
    "path": "/hr-data/payroll/q3.csv",
    "query": {},
    "headers": {},
    "body": b"",
    "bytes_in": 0,
    "status": 200,
    "answer_headers": {"x-amz-request-id": "K8R4TZ0QX6M2V9WB", "x-amz-id-2": "aGVsbG8="},
    "answer": b"",
    "bytes_out": 1000,
    "ip": "203.0.113.7",
    "time": 1795161600.0,  # 2026-11-20T08:00:00Z
}


def call(**changes: Any) -> Call:
    """A read of an object, changed as named."""
    return Call(**PLAIN | changes)

"""A builder of access-log lines in the shape AWS documents."""

from __future__ import annotations

FIELDS = {
    "owner": "79a59df900b949e5",
    "bucket": "hr-data",
    "time": "[20/Nov/2026:08:14:03 +0000]",
    "ip": "203.0.113.7",
    "requester": "arn:aws:sts::111122223333:assumed-role/Analyst/alice",
    "request": "K8R4TZ0QX6M2V9WB",
    "operation": "REST.GET.OBJECT",
    "key": "payroll/2026/q3.csv",
    "uri": '"GET /payroll/2026/q3.csv HTTP/1.1"',
    "status": "200",
    "error": "-",
    "sent": "28441",
    "size": "28441",
    "total": "28",
    "turnaround": "20",
    "referer": '"-"',
    "agent": '"aws-cli/2.31"',
    "version": "-",
    "host": "EXAMPLE=",
    "signature": "SigV4",
    "cipher": "TLS_AES_128_GCM_SHA256",
    "auth": "AuthHeader",
    "endpoint": "hr-data.s3.eu-west-1.amazonaws.com",
    "tls": "TLSv1.3",
    "access_point": "-",
    "acl": "-",
    "region": "eu-west-1",
}


def make_line(fields: int = 27, at: str = "08:14:03", **changes: str) -> str:
    """A line with the first so many of its fields, of 20 November 2026 at this time."""
    values = FIELDS | {"time": f"[20/Nov/2026:{at} +0000]"} | changes
    return " ".join(list(values.values())[:fields])

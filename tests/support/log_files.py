"""Log files, and the messages that tell of them, in the shapes AWS documents."""

from __future__ import annotations

from typing import Any

FOLDER = "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/11/20"
TRAIL_KEY = f"{FOLDER}/111122223333_CloudTrail_eu-west-1_20261120T0815Z_AbCdEfGh12345678.json.gz"
ORGANIZATION_KEY = f"AWSLogs/o-a1b2c3d4e5/{TRAIL_KEY.removeprefix('AWSLogs/')}"
ACCESS_KEY = "111122223333/eu-west-1/hr-data/2026/11/20/2026-11-20-08-14-03-0123456789ABCDEF"


def make_notification(
    key: str, bucket: str = "trail-logs", event: str = "ObjectCreated:Put", version: str | None = None
) -> dict[str, Any]:
    """S3's notification of one object; the key is given as S3 writes it, URL-encoded."""
    versioned = {"versionId": version} if version else {}
    return {
        "Records": [
            {
                "eventVersion": "2.5",
                "eventSource": "aws:s3",
                "awsRegion": "eu-west-1",
                "eventTime": "2026-11-20T08:19:03.000Z",
                "eventName": event,
                "s3": {
                    "s3SchemaVersion": "1.0",
                    "configurationId": "log files",
                    "bucket": {"name": bucket, "arn": f"arn:aws:s3:::{bucket}"},
                    "object": {"key": key, "size": 1024, "eTag": "etag", "sequencer": "0055"} | versioned,
                },
            }
        ]
    }

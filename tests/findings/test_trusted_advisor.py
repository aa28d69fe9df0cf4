from __future__ import annotations

import pytest
from s3watch.errors import RecordError
from s3watch.findings.finding import Finding, Ignored, Target
from s3watch.findings.loose_json import Document
from s3watch.findings.trusted_advisor import read

from tests.support.sample_findings import OWNER, advisor


def test_every_member_of_a_check_item_is_read():
    assert read(Document(advisor())) == Finding(
        service="Trusted Advisor", kind="exposure", id=f"{OWNER} Amazon S3 Bucket Permissions hr-data",
        type="Amazon S3 Bucket Permissions", severity="high",
        thread=f"Trusted Advisor {OWNER} Amazon S3 Bucket Permissions hr-data",
        revision="ERROR 2026-11-20T08:20:00Z aa12345f-55c7-498e-b7ac-1b3d5f7a9b2c",
        updated=1795162800.0, first=1795162800.0, last=1795162800.0,
        title="Amazon S3 Bucket Permissions: ERROR", targets=(Target("hr-data"),), account=OWNER,
        region="eu-west-1", event_id="e1e1e1e1-0000-4000-8000-000000000001",
        details=("ACL Allows List: No", "ACL Allows Upload/Delete: Yes"),
        link="https://us-east-1.console.aws.amazon.com/trustedadvisor/home?region=us-east-1#/category/security",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("check", "status", "expected"),
    [
        ("Amazon S3 Bucket Permissions", "WARN", ("exposure", "medium", "active")),
        ("Amazon S3 Bucket Permissions", "OK", ("exposure", "low", "resolved")),
        ("Amazon S3 Bucket Logging", "WARN", ("logging", "low", "active")),
        ("Amazon S3 Server Access Logs Enabled", "ERROR", ("logging", "medium", "active")),
        ("Amazon S3 Server Access Logs Enabled", "INFO", ("logging", "low", "resolved")),
    ],
    ids=["permissions warn", "permissions ok", "logging warn", "logs error", "logs info"],
)
def test_checks_of_permissions_and_logging_are_reported(check, status, expected):
    found = read(Document(advisor(**{"check-name": check, "status": status})))

    assert (found.kind, found.severity, found.state) == expected


@pytest.mark.parametrize(
    "check", ["Amazon S3 Bucket Versioning", "Exposed Access Keys", ""], ids=["versioning", "keys", "none"]
)
def test_other_checks_are_ignored(check):
    assert read(Document(advisor(**{"check-name": check}))) == Ignored("unrelated check")


@pytest.mark.parametrize("columns", [None, "Red", {"Bucket Name": None}], ids=["none", "text", "empty"])
def test_without_columns_the_bucket_is_taken_from_the_resource(columns):
    assert read(Document(advisor(**{"check-item-detail": columns}))).targets == (Target("hr-data"),)


def test_an_item_without_a_bucket_is_an_error():
    with pytest.raises(RecordError, match="without a bucket"):
        read(Document(advisor(**{"check-item-detail": None, "resource_id": ""})))

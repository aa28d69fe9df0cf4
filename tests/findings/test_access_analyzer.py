from __future__ import annotations

import pytest
from s3watch.errors import RecordError
from s3watch.findings.access_analyzer import INTERNAL, read
from s3watch.findings.finding import Finding, Ignored, Target
from s3watch.findings.loose_json import Document

from tests.support.sample_findings import OTHER, OWNER, analyzer


def test_every_member_of_an_external_access_finding_is_read():
    assert read(Document(analyzer())) == Finding(
        service="IAM Access Analyzer", kind="exposure", id="2a2a2a2a-dcba-4444-dcba-3b3b3b3b3b3b",
        type="external access", severity="medium",
        thread="IAM Access Analyzer 2a2a2a2a-dcba-4444-dcba-3b3b3b3b3b3b",
        revision="2026-11-20T08:18:30Z ACTIVE False", updated=1795162710.0, opened=1795162680.0,
        first=1795162680.0, last=1795162710.0,
        title=f"{OTHER} outside the zone of trust can access hr-data",
        targets=(Target("hr-data"),), account=OWNER, region="eu-west-1",
        event_id="e1e1e1e1-0000-4000-8000-000000000001",
        details=(
            f"principal: AWS {OTHER}", "allowed: s3:GetObject, s3:ListBucket",
            "only if aws:SourceVpce is vpce-0a1b2c3d", "granted by: POLICY",
        ),
        link="https://eu-west-1.console.aws.amazon.com/access-analyzer/home?region=eu-west-1"
        "#/findings/2a2a2a2a-dcba-4444-dcba-3b3b3b3b3b3b",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (analyzer(isPublic=True), ("exposure", "public access", "high", "Everyone can access hr-data")),
        (
            analyzer(INTERNAL, accessType="INTRA_ORG"),
            ("internal", "internal access", "low", f"{OTHER} in the zone of trust can access hr-data"),
        ),
        (
            analyzer(error="ACCESS_DENIED", principal=None),
            (
                "unanalyzed", "error", "low",
                "Access Analyzer could not analyze who can access hr-data: ACCESS_DENIED",
            ),
        ),
    ],
    ids=["public", "internal", "error"],
)  # fmt: skip
def test_kind_and_severity_follow_who_can_access_the_bucket(event, expected):
    found = read(Document(event))

    assert (found.kind, found.type, found.severity, found.title) == expected


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, "active"), ({"status": "RESOLVED"}, "resolved"), ({"status": "ARCHIVED"}, "archived"),
        ({"status": "RESOLVED", "isDeleted": True}, "deleted"), ({"status": None}, "active"),
    ],
    ids=["active", "resolved", "archived", "deleted", "not said"],
)  # fmt: skip
def test_the_state_follows_the_status(changes, state):
    assert read(Document(analyzer(**changes))).state == state


@pytest.mark.parametrize("kind", ["AWS::IAM::Role", "AWS::KMS::Key", None], ids=["role", "key", "none"])
def test_other_resources_are_not_about_s3(kind):
    assert read(Document(analyzer(resourceType=kind))) == Ignored("not about S3")


def test_a_directory_bucket_is_a_bucket():
    arn = f"arn:aws:s3express:eu-west-1:{OWNER}:bucket/hr--euw1-az1--x-s3"
    found = read(Document(analyzer(resourceType="AWS::S3Express::DirectoryBucket", resource=arn)))

    assert found.targets == (Target("hr--euw1-az1--x-s3"),)


def test_an_access_point_is_named():
    arn = f"arn:aws:s3:eu-west-1:{OWNER}:accesspoint/partners"
    sources = [{"type": "S3_ACCESS_POINT", "detail": {"accessPointArn": arn}}]

    assert f"access point: {arn}" in read(Document(analyzer(sources=sources))).details


@pytest.mark.parametrize("member", ["id", "resource"], ids=str)
def test_a_finding_without_a_required_member_is_an_error(member):
    with pytest.raises(RecordError, match="a finding without"):
        read(Document(analyzer(**{member: None})))

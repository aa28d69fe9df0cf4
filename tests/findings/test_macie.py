from __future__ import annotations

import pytest
from s3watch.errors import RecordError
from s3watch.findings.finding import Finding, Target
from s3watch.findings.loose_json import Document
from s3watch.findings.macie import read

from tests.support.sample_findings import OTHER, OWNER, macie, macie_policy

LINK = "https://eu-west-1.console.aws.amazon.com/macie/home?region=eu-west-1#findings?macros=current&itemId="


def test_every_member_of_a_sensitive_data_finding_is_read():
    assert read(Document(macie())) == Finding(
        service="Macie", kind="sensitive", id="5ca1ab1e000000000000000000000001",
        type="SensitiveData:S3Object/Multiple", severity="high",
        thread="Macie 5ca1ab1e000000000000000000000001", revision="2026-11-20T08:19:00.250Z 1",
        updated=1795162740.25, opened=1795162740.25, first=1795162740.25, last=1795162740.25,
        title="The S3 object contains multiple types of sensitive information.",
        description="The object contains more than one type of sensitive information.",
        targets=(Target("hr-data", "payroll/2026/q3.csv"),), account=OWNER, region="eu-west-1",
        event_id="e1e1e1e1-0000-4000-8000-000000000001",
        actor="unknown", principal="unknown", principal_type="unknown",
        details=(
            "PERSONAL_INFORMATION: NAME 30, ADDRESS 28", "CREDENTIALS: 2", "custom identifier staff number 4",
            "the bucket is not public", "detailed results: s3://macie-results/j1.jsonl.gz",
        ),
        link=f"{LINK}5ca1ab1e000000000000000000000001",
    )  # fmt: skip


def test_every_member_of_a_policy_finding_is_read():
    assert read(Document(macie_policy())) == Finding(
        service="Macie", kind="policy", id="5ca1ab1e000000000000000000000002",
        type="Policy:IAMUser/S3BucketPublic", severity="high",
        thread="Macie 5ca1ab1e000000000000000000000002", revision="2026-11-20T08:19:00.250Z 2",
        updated=1795162740.25, opened=1795162740.25, first=1795162200.0, last=1795162320.0, count=2,
        title="The S3 bucket is public.", description="An ACL or policy makes it public.",
        targets=(Target("hr-data"),), account=OWNER, region="eu-west-1",
        event_id="e1e1e1e1-0000-4000-8000-000000000001",
        actor="carol@example.com", claim_source="session name",  # the finding does not have the role's path
        principal="role/AWSReservedSSO_Admin_01", principal_type="role",
        caller_account=OWNER, access_key="ASIAEXAMPLE", api="PutBucketPolicy",
        api_source="s3.amazonaws.com", ip="192.0.2.14", origin="Germany, AS64501 Example Telecom",
        details=("the bucket is public",), link=f"{LINK}5ca1ab1e000000000000000000000002",
    )  # fmt: skip


def actor(**identity):
    changes = {"policyDetails": {"actor": {"userIdentity": {"assumedRole": None} | identity}}}
    return read(Document(macie_policy(**changes))).principal


@pytest.mark.parametrize(
    ("identity", "principal"),
    [
        ({"type": "IAMUser", "iamUser": {"userName": "bob", "accountId": OWNER}}, "user/bob"),
        ({"type": "Root", "root": {"accountId": OWNER, "arn": f"arn:aws:iam::{OWNER}:root"}}, "root"),
        ({"type": "AWSService", "awsService": {"invokedBy": "x.example"}}, "service/x.example"),
        ({"type": "AWSAccount", "awsAccount": {"accountId": OTHER, "principalId": "x"}}, OTHER),
        ({"type": "FederatedUser", "federatedUser": {"arn": f"arn::::{OWNER}:f/d"}}, "federated/d"),
        ({"type": None}, "unknown"),
    ],
    ids=["user", "root", "service", "account", "federated", "nobody"],
)  # fmt: skip
def test_the_actor_is_read_in_every_form(identity, principal):
    assert actor(**identity) == principal


@pytest.mark.parametrize(
    ("severity", "name"),
    [
        ({"score": 1, "description": "Low"}, "low"), ({"score": "2", "description": "Medium"}, "medium"),
        ({"score": 3}, "high"), ({"score": None, "description": "High"}, "high"), (None, "medium"),
        (8, "medium"),
    ],
    ids=["1", "2 as text", "3", "a word only", "nothing", "another shape"],
)  # fmt: skip
def test_severity_follows_the_score(severity, name):
    assert read(Document(macie(severity=severity))).severity == name


def test_numbers_may_be_text_and_the_time_of_the_update_may_be_missing():
    found = read(Document(macie(count="3", updatedAt=None)))

    assert (found.count, found.updated, found.revision) == (3, 1795162740.25, "2026-11-20T08:19:00.250Z 3")


@pytest.mark.parametrize(
    ("changes", "state"),
    [({"sample": True}, (True, "active")), ({"archived": True}, (False, "archived"))],
    ids=["sample", "archived"],
)
def test_sample_and_archived_findings_are_recognized(changes, state):
    found = read(Document(macie(**changes)))

    assert (found.sample, found.state) == state


def test_a_finding_without_an_id_is_an_error():
    with pytest.raises(RecordError, match="without an id"):
        read(Document(macie(id=None)))

from __future__ import annotations

import pytest
from s3watch.errors import RecordError
from s3watch.findings.finding import Finding, Ignored, Target
from s3watch.findings.guardduty import read, severity
from s3watch.findings.loose_json import Document

from tests.support.sample_findings import OTHER, OWNER, credentials, guardduty, sequence

# https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_finding-types-s3.html and other types about S3
TYPES = {
    "Discovery:S3/AnomalousBehavior": "threat", "Discovery:S3/MaliciousIPCaller": "threat",
    "Discovery:S3/MaliciousIPCaller.Custom": "threat", "Discovery:S3/TorIPCaller": "threat",
    "Exfiltration:S3/AnomalousBehavior": "threat", "Exfiltration:S3/MaliciousIPCaller": "threat",
    "Impact:S3/AnomalousBehavior.Delete": "threat", "Impact:S3/AnomalousBehavior.Permission": "threat",
    "Impact:S3/AnomalousBehavior.Write": "threat", "Impact:S3/MaliciousIPCaller": "threat",
    "PenTest:S3/KaliLinux": "threat", "PenTest:S3/ParrotLinux": "threat", "PenTest:S3/PentooLinux": "threat",
    "Policy:S3/AccountBlockPublicAccessDisabled": "policy",
    "Policy:S3/BucketAnonymousAccessGranted": "policy",
    "Policy:S3/BucketBlockPublicAccessDisabled": "policy", "Policy:S3/BucketPublicAccessGranted": "policy",
    "Stealth:S3/ServerAccessLoggingDisabled": "policy",
    "UnauthorizedAccess:S3/MaliciousIPCaller.Custom": "threat", "UnauthorizedAccess:S3/TorIPCaller": "threat",
    "Object:S3/MaliciousFile": "malware", "AttackSequence:S3/CompromisedData": "sequence",
    "AttackSequence:IAM/CompromisedCredentials": "sequence", "Novel:S3/Something": "threat",
}  # fmt: skip


def reading(**changes):
    return read(Document(guardduty(**changes)))


def caller(**details):
    return reading(resource={"accessKeyDetails": details})


def test_every_member_of_a_finding_is_read():
    assert reading() == Finding(
        service="GuardDuty", kind="threat", id="16b1c0ffee0000000000000000000001",
        type="Exfiltration:S3/AnomalousBehavior", severity="high",
        thread="GuardDuty 16b1c0ffee0000000000000000000001", revision="2026-11-20T08:19:30Z 3 False",
        updated=1795162770.0, opened=1795162770.0, first=1795162443.0, last=1795162620.0, count=3,
        title="An S3 API was invoked in an unusual way by alice.",
        description="API GetObject was invoked by user alice from an address not seen before.",
        targets=(Target("hr-data", "payroll/2026/q3.csv", "v1"),), account=OWNER, region="eu-west-1",
        event_id="e1e1e1e1-0000-4000-8000-000000000001",
        actor="user/alice", principal="user/alice", principal_type="user", caller_account=OWNER,
        access_key="AKIAIOSFODNN7EXAMPLE", api="GetObject", api_source="s3.amazonaws.com",
        ip="198.51.100.20", origin="Amsterdam, Netherlands, AS64500 Example Hosting",
        user_agent="[aws-cli/2.31.4]",
        link="https://eu-west-1.console.aws.amazon.com/guardduty/home?region=eu-west-1"
        "#/findings?macros=all&fId=16b1c0ffee0000000000000000000001",
    )  # fmt: skip


def test_an_attack_sequence_has_its_actor_buckets_and_signals():
    found = read(Document(sequence()))

    assert (found.kind, found.severity, found.actor, found.access_key, found.ip, found.origin) == (
        "sequence", "critical", f"{OTHER}:role/analyst", "ASIAEXAMPLE", "203.0.113.7", "NL",
    )  # fmt: skip
    assert found.targets == (Target("hr-data"), Target("hr-data", "payroll/2026/q3.csv"))
    assert found.details == (
        "signal: Exfiltration:S3/AnomalousBehavior, 4 times",
        "signal: s3:DeleteObject, 12 times",
        "Sensitive APIs: s3:DeleteObject, s3:GetObject",
        "TOR_IP: 203.0.113.7",
    )


@pytest.mark.parametrize(("name", "kind"), TYPES.items(), ids=TYPES)
def test_every_finding_type_about_s3_is_reported(name, kind):
    assert reading(type=name).kind == kind


@pytest.mark.parametrize(
    "name",
    [
        "Backdoor:EC2/C&CActivity.B!DNS",
        "Policy:IAMUser/RootCredentialUsage",
        "Stealth:IAMUser/PasswordPolicyChange",
        "",
    ],
    ids=["EC2", "the root user", "passwords", "no type"],
)
def test_other_types_are_not_about_s3(name):
    assert reading(type=name) == Ignored("not about S3")


def test_a_finding_about_credentials_says_whose_they_are():
    found = read(Document(credentials()))

    assert isinstance(found, Finding)
    assert (found.kind, found.principal, found.targets) == ("credentials", "role/payroll-app", ())


@pytest.mark.parametrize(
    ("resources", "reported"),
    [([{"uid": "arn:aws:s3:::hr-data"}], True), ([{"uid": "arn:aws:eks:eu-west-1:1:cluster/c"}], False)],
    ids=["a bucket involved", "no bucket"],
)
def test_an_attack_sequence_that_started_elsewhere_is_reported_if_it_involves_a_bucket(resources, reported):
    changes = {"service": {"detection": {"sequence": {"resources": resources}}}}
    found = read(Document(sequence(type="AttackSequence:EKS/CompromisedCluster", **changes)))

    assert isinstance(found, Finding) is reported


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (0, "informational"), (1.0, "low"), (3.9, "low"), (4.0, "medium"), (6.9, "medium"), (7.0, "high"),
        (8.9, "high"), (9.0, "critical"), (10.0, "critical"), (None, "medium"),
    ],
    ids=str,
)  # fmt: skip
def test_severity_follows_the_documented_bands(number, name):
    assert severity(number) == name


@pytest.mark.parametrize(
    ("details", "principal", "kind"),
    [
        ({"userType": "AssumedRole", "userName": "etl", "principalId": "AROA:job"}, "role/etl", "role"),
        ({"userType": "Role", "userName": "etl"}, "role/etl", "role"),
        ({"userType": "Root", "userName": "root"}, "root", "root"),
        ({"userType": "FederatedUser", "userName": "dana"}, "federated/dana", "federated"),
        ({"userType": "AWSAccount", "userName": "ANONYMOUS_PRINCIPAL"}, "anonymous", "anonymous"),
        ({"userType": "Unheard", "userName": "", "principalId": ""}, "unknown", "unknown"),
    ],
    ids=["session", "role", "root", "federated", "anonymous", "unknown"],
)
def test_the_principal_is_written_in_its_normal_form(details, principal, kind):
    found = caller(**details)

    assert (found.principal, found.principal_type) == (principal, kind)


def test_a_person_behind_a_shared_role_is_the_actor():
    found = caller(
        userType="AssumedRole", userName="AWSReservedSSO_Analyst_01", principalId="AROA:alice@example.com"
    )

    assert (found.actor, found.principal) == ("alice@example.com", "role/AWSReservedSSO_Analyst_01")


def test_a_caller_from_another_account_has_its_account_id():
    call = {"awsApiCallAction": {"remoteAccountDetails": {"accountId": OTHER, "affiliated": False}}}

    assert reading(service={"action": call}).principal == f"{OTHER}:user/alice"


def test_the_outcome_of_a_denied_call_is_denied():
    found = reading(service={"action": {"awsApiCallAction": {"errorCode": "AccessDenied"}}})

    assert (found.outcome, found.error_code) == ("denied", "AccessDenied")


@pytest.mark.parametrize(
    "info",
    [{"sample": True}, {"value": '{"sample":true}'}, {"value": '{ "sample" : true }'}],
    ids=["member", "text", "text with blanks"],
)
def test_a_sample_finding_is_recognized(info):
    assert reading(service={"additionalInfo": info}).sample


def test_an_archived_finding_is_closed():
    assert reading(service={"archived": True}).is_closed


def test_a_finding_in_the_form_of_the_api_is_read_too():
    def capital(value):
        if isinstance(value, dict):
            return {name[:1].upper() + name[1:]: capital(member) for name, member in value.items()}
        return [capital(member) for member in value] if isinstance(value, list) else value

    event = guardduty()

    assert read(Document(event | {"detail": capital(event["detail"])})) == reading()


@pytest.mark.parametrize(
    "changes",
    [
        {"resource": {"s3BucketDetails": {"name": "hr-data"}}},
        {"resource": {"s3BucketDetails": [{"arn": "arn:aws-cn:s3:::hr-data"}, None, "odd"]}},
    ],
    ids=["an object for a list", "no name, null and text"],
)
def test_the_bucket_is_found_in_other_shapes(changes):
    assert reading(**changes).targets == (Target("hr-data"),)


def test_a_bucket_that_is_named_only_in_the_call_is_found():
    call = {"awsApiCallAction": {"affectedResources": {"AWS::S3::Bucket": "hr-data"}}}

    assert reading(resource={"s3BucketDetails": None}, service={"action": call}).targets == (
        Target("hr-data"),
    )


@pytest.mark.parametrize("member", ["resource", "service"], ids=str)
def test_a_finding_without_resource_or_service_is_read(member):
    assert isinstance(reading(**{member: None}), Finding)


def test_a_finding_about_s3_without_an_id_is_an_error():
    with pytest.raises(RecordError, match="without an id"):
        reading(id=None, arn=None)


def test_a_public_bucket_and_threats_are_in_the_details():
    found = reading(
        type="Object:S3/MaliciousFile",
        resource={
            "s3BucketDetails": [{"name": "hr-data", "publicAccess": {"effectivePermission": "PUBLIC"}}]
        },
        service={"malwareScanDetails": {"threats": [{"name": "EICAR-Test-File"}]}},
    )

    assert found.details == ("threat: EICAR-Test-File", "the bucket is public")

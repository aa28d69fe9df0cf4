from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace
from s3watch.ledger.evidence import completed, evidence_of, grouping_label, know_no_more, tally, worst_first
from s3watch.ruleset import AwsRanges, Expected, Label

from tests.support.cloudtrail import OTHER, OWNER, SSO_PATH, make_record, make_role, make_user
from tests.support.sensitive import NOW, PAYROLL, first_access, make_hits, make_reads

ANONYMOUS = {"type": "AWSAccount", "principalId": "", "accountId": "anonymous"}


def test_evidence_holds_the_facts_of_the_access():
    alice = make_role("AWSReservedSSO_Analyst_01", "alice@example.com", path=SSO_PATH)
    (hit,) = make_hits(make_record(userIdentity=alice))
    shown = msgspec.to_builtins(evidence_of(hit.access))

    assert shown == {
        "time": NOW, "event_id": "f2b287f3-0df1-4234-a2f4-c4bdfed47657", "request_id": "K8R4TZ0QX6M2V9WB",
        "event_name": "GetObject", "event_source": "s3.amazonaws.com", "operation": "read", "scope": "object",
        "outcome": "success", "act": "read", "region": "eu-west-1", "bucket": "hr-data",
        "key": "payroll/2026/q3.csv",
        "actor": "alice@example.com", "actor_verified": True,
        "principal": "role/AWSReservedSSO_Analyst_01", "principal_type": "role",
        "arn": "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Analyst_01/alice@example.com",
        "access_key": "ASIAEXAMPLE", "session_began": NOW - 4443,
        "caller_account": "111122223333", "bucket_account": "111122223333",
        "network_kind": "ip", "ip": "203.0.113.7", "client": "aws-cli 2.31",
        "user_agent": make_record()["userAgent"], "tls": "1.3", "auth": "header", "signature": "SigV4",
        "bytes_in": 0, "bytes_out": 28441, "expected": False, "expected_principals": ("role/payroll-app",),
    }  # fmt: skip


def test_evidence_names_some_of_many_grantees_and_counts_the_others():
    header = ", ".join(f'id="{number:064}"' for number in range(2000))
    evidence = evidence_of(
        first_access(make_record(eventName="PutBucketAcl", key=None, request={"x-amz-grant-read": header}))
    )

    assert (len(evidence.grants_accounts), evidence.other_grantees) == (50, 1950)
    assert evidence.grants_accounts[:2] == ("0" * 64, f"{1:064}")


def test_evidence_names_the_buckets_that_copies_go_to_whatever_account_is_claimed():
    rules = [
        {"Status": "Enabled", "Destination": {"Bucket": f"arn:aws:s3:::copies-{number:03}", "Account": OWNER}}
        for number in range(300)
    ]
    request = {"ReplicationConfiguration": {"Rule": rules}}
    evidence = evidence_of(
        first_access(make_record(eventName="PutBucketReplication", key=None, request=request))
    )

    assert (len(evidence.destination_buckets), evidence.other_buckets) == (50, 250)
    assert (evidence.destination_buckets[0], evidence.destination_accounts) == ("copies-000", ())


def test_evidence_names_some_of_many_expected_principals_and_counts_the_others():
    access = first_access(make_record())
    roles = tuple(f"role/{'a' * 1000}{number}" for number in range(300))
    access.labels = (Label("payroll", "high", "", (Expected(roles),)),)
    evidence = evidence_of(access)

    assert (len(evidence.expected_principals), evidence.other_expected) == (50, 250)
    assert set(map(len, evidence.expected_principals)) == {256}


def test_evidence_of_a_presigned_url_says_until_when_it_is_valid():
    record = make_record(
        request={"X-Amz-Date": "20261120T081403Z", "X-Amz-Expires": "604800"},
        additional={"AuthenticationMethod": "QueryString"},
    )

    assert evidence_of(first_access(record)).presigned_until == NOW + 604800


def test_a_presigned_url_with_a_broken_date_has_no_end():
    record = make_record(
        request={"X-Amz-Date": "yesterday", "X-Amz-Expires": "604800"},
        additional={"AuthenticationMethod": "QueryString"},
    )

    assert evidence_of(first_access(record)).presigned_until is None


@pytest.mark.parametrize(
    "parameters",
    [
        {"name": "main"},
        {"name": "arn:aws:cloudtrail:eu-west-1:111122223333:trail/main"},
        {"trailName": "main"},
    ],
    ids=["name", "ARN", "the name of a trail"],
)
def test_evidence_of_a_change_to_a_trail_has_its_arn_however_the_call_names_it(parameters: dict[str, str]):
    stopped = make_record(
        eventName="StopLogging", eventSource="cloudtrail.amazonaws.com",
        requestParameters=parameters, resources=[],
    )  # fmt: skip

    assert (
        evidence_of(first_access(stopped)).resource == "arn:aws:cloudtrail:eu-west-1:111122223333:trail/main"
    )


@pytest.mark.parametrize(
    ("source", "name", "request_parameters", "resource"),
    [
        ("cloudtrail", "RegisterOrganizationDelegatedAdmin", {"memberAccountId": OTHER}, OTHER),
        ("cloudtrail", "DeregisterOrganizationDelegatedAdmin", {"delegatedAdminAccountId": OTHER}, OTHER),
        ("cloudtrail", "DeleteEventDataStore", {"eventDataStore": "0a1b2c3d"}, "0a1b2c3d"),
        ("cloudtrail", "UpdateEventDataStore", {"name": "new", "eventDataStore": "0a1b2c3d"}, "0a1b2c3d"),
        ("organizations", "RegisterDelegatedAdministrator", {"accountId": OTHER}, OTHER),
        ("kms", "DisableKey", {"keyId": "0d1e2f3a"}, "0d1e2f3a"),
        ("s3files", "CreateFileSystem", {"bucket": "arn:aws:s3:::hr-data"}, "arn:aws:s3:::hr-data"),
        ("s3files", "PutFileSystemPolicy", {"fileSystemId": "fs-0a1b2c3d"}, "fs-0a1b2c3d"),
        ("backup", "CreateBackupAccessPoint", {"recoveryPointArn": "arn:aws:backup"}, "arn:aws:backup"),
        ("s3", "CreateAccessGrantsInstance", {"accountId": OWNER}, ""),
    ],
    ids=[
        "registered", "deregistered", "data store", "renamed data store", "organization", "key",
        "file system", "its policy", "backup", "the account itself",
    ],
)  # fmt: skip
def test_evidence_without_a_bucket_names_what_the_call_is_about(source, name, request_parameters, resource):
    record = make_record(
        eventName=name, eventSource=f"{source}.amazonaws.com", requestParameters=request_parameters,
        resources=[],
    )  # fmt: skip

    assert evidence_of(first_access(record)).resource == resource


def test_an_access_is_grouped_by_its_most_severe_uncovered_label():
    access = first_access(make_record())
    access.labels = (PAYROLL, Label("everything", "low"), Label("salaries", "critical"))

    assert grouping_label(access).name == "salaries"


def test_an_access_to_a_decoy_is_grouped_by_the_decoy():
    access = first_access(make_record())
    access.labels = (PAYROLL, Label("salaries", "critical"), Label("bait", "critical", is_decoy=True))

    assert grouping_label(access).name == "bait"


def test_an_access_without_labels_has_no_grouping_label():
    assert grouping_label(first_access(make_record())) is None


def test_hits_add_up():
    added = tally(make_hits(*make_reads(3)))

    assert (added.sums.acts, added.keys, added.ips, added.sums.bytes_out, added.level, added.rules) == (
        {"read": 3}, ("payroll/0.csv", "payroll/1.csv", "payroll/2.csv"), ("203.0.113.7",), 3 * 28441, "high",
        ("unexpected-access",),
    )  # fmt: skip


def test_the_most_severe_hit_becomes_the_evidence():
    hits = make_hits(
        make_record(userIdentity=make_user()), make_record(userIdentity=ANONYMOUS, eventID="worst")
    )
    added = tally(worst_first(hits))

    assert (added.evidence.event_id, added.level, added.rules[0]) == ("worst", "critical", "anonymous-access")


def test_of_equally_severe_hits_the_gravest_act_becomes_the_evidence_then_the_latest():
    names = ("GetObject", "DeleteObject", "GetObject")
    hits = make_hits(*(make_record(eventName=name, requestID=f"R{n}") for n, name in enumerate(names)))
    reads = make_hits(*(make_record(requestID=f"R{n}", eventTime=f"2026-11-20T08:14:0{n}Z") for n in (3, 1)))

    assert [tally(worst_first(some)).evidence.request_id for some in (hits, reads)] == ["R1", "R3"]


def test_detections_at_high_or_above_are_alarming():
    denied = make_hits(make_record(errorCode="AccessDenied"))

    assert [tally(hits).alarming for hits in (make_hits(make_record()), denied)] == [
        ("unexpected-access",),
        (),
    ]


def test_an_object_that_stands_for_others_counts_for_them():
    (hit,) = make_hits(make_record(eventName="DeleteObject"))
    hit.access.others = 41

    assert tally([hit]).sums.acts == {"delete": 42}


def test_texts_of_evidence_are_bounded():
    (hit,) = make_hits(make_record(userAgent="x" * 500_000, eventName="GetObject"))

    assert len(msgspec.json.encode(evidence_of(hit.access))) < 3 * 4096


def test_the_key_of_a_batch_delete_is_bounded_whatever_record_it_is_from():
    access = first_access(make_record(eventName="DeleteObjects", key=None))
    access.key = "x" * 5000

    assert evidence_of(access).key == "x" * 4096


def test_the_answer_to_a_copy_is_no_data_that_was_read():
    source = {"x-amz-copy-source": "hr-data/payroll/2026/q3.csv"}
    copies = make_hits(make_record(eventName="CopyObject", bucket="elsewhere", request=source))

    assert (tally(copies).evidence.peer_uri, tally(copies).sums.bytes_out) == (
        "s3://elsewhere/payroll/2026/q3.csv",
        0,
    )


def test_evidence_names_the_settings_that_a_request_puts():
    request = {"VersioningConfiguration": {"Status": "Suspended"}}
    access = first_access(make_record(eventName="PutBucketVersioning", key=None, request=request))

    assert evidence_of(access).changes == ("Status Suspended",)


def test_an_access_to_a_bucket_shows_what_the_bucket_holds():
    access = first_access(make_record(eventName="PutBucketPolicy", key=None))
    access.labels, access.bucket_labels = (), (PAYROLL,)

    assert evidence_of(access).holds == ("payroll",)


def test_evidence_names_those_whom_the_label_expects_to_do_what_was_done():
    readers = Expected(("role/backup",), ("read",))
    label = Label("payroll", expected=(Expected(("role/payroll-app",), ("read", "write")), readers))
    written = first_access(make_record(eventName="PutObject"))
    written.labels = (label,)

    assert evidence_of(written).expected_principals == ("role/payroll-app",)


def test_evidence_says_for_what_credentials_were_made_and_where_they_were_used():
    function = f"arn:aws:lambda:eu-west-1:{OWNER}:function:payroll-export"
    scope = {"issuerType": "AWS::Lambda::Function", "credentialsIssuedTo": function}
    access = first_access(make_record(userIdentity=make_role() | {"inScopeOf": scope}))
    access.ranges = AwsRanges("2026-11-20-08-00-00")
    evidence = evidence_of(access)

    assert (evidence.workload, evidence.workload_holder, evidence.workload_certain, evidence.outside_aws) == (
        "lambda", function, True, True,
    )  # fmt: skip


def test_evidence_says_from_where_only_somebody_is_expected():
    rules = (
        Expected(("role/backup",), ("read",), ("vpce-0a1b2c3d", "192.0.2.0/24")),
        Expected(("role/payroll-app",), ("read",)),
    )
    access = first_access(make_record())
    access.labels = (Label("payroll", "high", expected=rules),)

    assert evidence_of(access).expected_principals == (
        "role/backup (network: vpce-0a1b2c3d or 192.0.2.0/24)",
        "role/payroll-app",
    )


def test_evidence_of_a_listing_has_its_prefix():
    listing = make_record(eventName="ListObjects", key=None, request={"prefix": "payroll/2026/"})

    assert evidence_of(first_access(listing)).prefix == "payroll/2026/"


@pytest.mark.parametrize(
    ("source", "said"),
    [("10.0.12.34", OTHER), ("8.8.8.8", "")],
    ids=["in a VPC", "a global address, as of the console"],
)
def test_evidence_names_the_account_of_a_strangers_endpoint(source, said):
    endpoint = {"vpcEndpointId": "vpce-0a1b2c3d", "vpcEndpointAccountId": OTHER}

    assert evidence_of(first_access(make_record(sourceIPAddress=source, **endpoint))).vpce_account == said


def test_the_evidence_of_hits_is_completed_by_what_is_known_without_a_call():
    hits, names = make_hits(*make_reads(2)), ((OWNER, "hr-prod"),)
    known = completed(tally, lambda evidence: replace(evidence, account_names=names))(hits)

    assert known == replace(tally(hits), evidence=replace(tally(hits).evidence, account_names=names))
    assert completed(tally, know_no_more)(hits) == tally(hits)

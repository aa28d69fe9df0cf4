from __future__ import annotations

from datetime import timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from s3watch.facts.access import Access
from s3watch.facts.field_paths import getter
from s3watch.facts.fields import FACTS
from s3watch.ruleset import Expected, Label
from s3watch.sources.cloudtrail import decode

from tests.support.cloudtrail import (
    ANONYMOUS,
    OTHER,
    OWNER,
    as_bytes,
    make_record,
    make_resources,
    make_role,
    make_user,
)

BROWSER = "[Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0]"
SIGNED_QUERY = {"AuthenticationMethod": "QueryString"}


def make_access(*, known=None, **changes):
    raw = as_bytes(make_record(**changes))
    return Access(decode(raw), raw, **(known or {}))


def make_label(name, severity="medium", owner="", *expected):
    return Label(name, severity, owner, tuple(Expected((principal,)) for principal in expected))


def test_a_new_access_point_is_an_access_to_its_bucket():
    request = {"name": "ap", "CreateAccessPointRequest": {"Bucket": "hr-data"}}
    access = make_access(eventName="CreateAccessPoint", requestParameters=request, without=("resources",))
    assert (access.bucket, access.scope, access.operation) == ("hr-data", "bucket", "permission")


def test_an_ordinary_read_has_all_its_facts():
    access = make_access()
    assert {name.removeprefix("s3."): access.field(name) for name in FACTS} == {
        "operation": "read",
        "scope": "object",
        "outcome": "success",
        "bucket": "hr-data",
        "key": "payroll/2026/q3.csv",
        "version": None,
        "peer_uri": None,
        "label": (),
        "label_severity": None,
        "label_owner": None,
        "bucket_labels": (),
        "log_bucket": False,
        "own_part": None,
        "leaves_label": None,
        "expected": None,
        "decoy": False,
        "principal": "role/Analyst",
        "accountable": "role/Analyst",
        "principal_type": "role",
        "calling_service": None,
        "actor": "role/Analyst",
        "caller_account": OWNER,
        "bucket_account": OWNER,
        "cross_account": False,
        "auth": "header",
        "presigned": False,
        "presign_expires": None,
        "signature": "SigV4",
        "console": False,
        "like_console": False,
        "mfa": False,
        "workload_role": None,
        "network_kind": "ip",
        "ip": "203.0.113.7",
        "country": None,  # documentation addresses are in none
        "outside_aws": None,
        "vpce": None,
        "tls": "1.3",
        "client": "aws-cli",
        "bytes_in": 0,
        "bytes_out": 28441,
        "hour": 8,
        "weekday": "friday",
        "grants_public": None,
        "grants_public_write": None,
        "grants_accounts": (),
        "grants_ids": (),
        "kms_accounts": (),
        "destination_accounts": (),
        "retention_days": None,
        "expiry_days": None,
        "unrecorded_buckets": (),
        "unrecorded_changes": None,
        "first_seen": None,
        "last_seen_days": None,
        "new_network": None,
        "new_client": None,
        "feed": "cloudtrail",
    }


@pytest.mark.parametrize(
    "bucket",
    [
        f"arn:aws:s3:eu-west-1:{OWNER}:accesspoint/reports",
        "reports-0a1b2c3d4e5f-s3alias",
        "ap--euw1-az1--xa-s3",
    ],
    ids=["ARN", "alias", "directory bucket's alias"],
)
def test_an_access_through_an_access_point_names_the_bucket_behind_it(bucket):
    access = make_access(bucket=bucket, resources=make_resources("hr-data", "payroll/2026/q3.csv"))
    assert access.uri == "s3://hr-data/payroll/2026/q3.csv"


def test_an_access_point_stands_for_a_bucket_that_is_not_recorded():
    assert make_access(bucket="reports-0a1b-s3alias", resources=None).bucket == "reports-0a1b-s3alias"


def test_a_directory_bucket_is_a_bucket_too():
    bucket = "hr-data--euw1-az1--x-s3"
    arn = f"arn:aws:s3express:eu-west-1:{OWNER}:bucket/{bucket}"
    access = make_access(
        bucket=bucket,
        eventSource="s3express.amazonaws.com",
        resources=[{"accountId": OWNER, "type": "AWS::S3Express::DirectoryBucket", "ARN": arn}],
    )
    assert (access.operation, access.bucket, access.bucket_account) == ("read", bucket, OWNER)


@pytest.mark.parametrize("key", ["a b.csv", "a%20b.csv", "a+b.csv", "ü/\N{GRINNING FACE}", "../x", " "])
def test_a_key_is_not_decoded_again(key):
    assert make_access(key=key).key == key


@pytest.mark.parametrize("value", ["L4kq", ["L4kq"]], ids=["text", "list of one"])
def test_the_version_is_the_one_in_the_request(value):
    assert make_access(request={"versionId": value}).version == "L4kq"


@pytest.mark.parametrize(
    ("request_parameters", "prefix"),
    [
        ({"prefix": "payroll/"}, "payroll/"),
        ({"prefix": ["payroll/"]}, "payroll/"),
        ({"prefix": ""}, ""),
        ({}, ""),
    ],
    ids=["text", "list of one", "empty", "none"],
)
def test_a_listing_has_a_prefix(request_parameters, prefix):
    assert make_access(eventName="ListObjects", key=None, request=request_parameters).prefix == prefix


def test_the_prefix_of_a_listing_may_be_in_the_resources():
    resources = [{"type": "AWS::S3::Object", "ARNPrefix": "arn:aws:s3:::hr-data/payroll/"}]
    access = make_access(eventName="ListObjects", key=None, resources=resources)
    assert (access.scope, access.key, access.prefix) == ("prefix", None, "payroll/")


def test_records_of_one_request_have_the_same_dedupe_key():
    ours = make_access(eventID="1", recipientAccountId=OWNER)
    theirs = make_access(eventID="2", recipientAccountId=OTHER)
    assert (
        ours.dedupe_key
        == theirs.dedupe_key
        == ("K8R4TZ0QX6M2V9WB", "read", "hr-data", "payroll/2026/q3.csv", None)
    )


def test_without_a_request_id_the_event_id_is_in_the_dedupe_key():
    assert make_access(without=("requestID",)).dedupe_key[0] == "f2b287f3-0df1-4234-a2f4-c4bdfed47657"


def test_an_access_is_expected_if_every_label_expects_it():
    label, other = make_label("payroll", "high", "hr@example.com", "role/Analyst"), make_label("csv")
    expected, unexpected = (
        make_access(known={"labels": (label,)}),
        make_access(known={"labels": (label, other)}),
    )
    assert (expected.expected, unexpected.expected, unexpected.uncovered_labels) == (True, False, (other,))


def test_the_leading_label_is_the_most_severe_uncovered_one():
    covered = make_label("payroll", "critical", "hr@example.com", "role/Analyst")
    labels = (
        covered,
        make_label("csv", "low", "data@example.com"),
        make_label("2026", "medium", "it@example.com"),
    )
    access = make_access(known={"labels": labels})
    assert (access.label_severity, access.label_owner) == ("medium", "it@example.com")


def test_the_leading_label_of_an_expected_access_is_its_most_severe():
    labels = (make_label("csv", "low", "", "role/*"), make_label("payroll", "high", "", "role/*"))
    access = make_access(known={"labels": labels})
    assert (access.label_severity, access.label_owner) == ("high", None)


def test_a_decoy_leads_whatever_else_an_object_is():
    decoy = Label("bait", "critical", "security@example.com", is_decoy=True)
    access = make_access(known={"labels": (make_label("payroll", "critical", "hr@example.com"), decoy)})
    assert (access.decoy, access.label_owner, access.expected) == (True, "security@example.com", False)


def test_the_leading_label_of_an_access_to_a_bucket_is_one_of_the_buckets():
    labels = make_label("csv", "low", "data@example.com"), make_label("payroll", "high", "hr@example.com")
    access = make_access(eventName="PutBucketPolicy", key=None, known={"bucket_labels": labels})
    assert (access.field("s3.bucket_labels"), access.label_severity, access.label_owner) == (
        ("csv", "payroll"), "high", "hr@example.com"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("names", "expected"),
    [((), None), (("payroll",), True), (("payroll", "csv"), False)],
    ids=["of no label", "of one that expects it", "of two, one of which does"],
)
def test_a_request_about_a_bucket_is_expected_if_every_label_of_its_objects_expects_it(names, expected):
    deployer = Expected(("role/Analyst",), ("permission",))
    known = tuple(Label(name, expected=(deployer,) if name == "payroll" else ()) for name in names)
    access = make_access(eventName="PutBucketPolicy", key=None, known={"bucket_labels": known})
    assert (access.expected, access.labels) == (expected, ())


def test_a_request_about_an_unlabelled_object_is_not_judged_by_the_labels_of_others():
    assert make_access(known={"bucket_labels": (make_label("payroll"),)}).expected is None


def test_a_caller_outside_the_bucket_owners_account_is_cross_account():
    access = make_access(userIdentity=make_user("eve", OTHER), recipientAccountId=OTHER)
    assert (access.principal, access.cross_account) == (f"{OTHER}:user/eve", True)


NAMED_BY_ACCOUNT = {"type": "AWSAccount", "principalId": "AIDAEXAMPLE", "accountId": OTHER}


@pytest.mark.parametrize(
    ("identity", "recipient", "owner", "foreign"),
    [
        (make_user("eve", OTHER), OWNER, OWNER, True),
        (make_user("eve", OTHER), OTHER, None, None),
        (make_user("alice"), OWNER, None, None),
        (NAMED_BY_ACCOUNT, OWNER, OWNER, True),
        (NAMED_BY_ACCOUNT, None, None, True),
        (ANONYMOUS, OWNER, OWNER, None),
        (ANONYMOUS, None, None, None),
        (NAMED_BY_ACCOUNT, OTHER, OTHER, False),
        ({"type": "AWSAccount", "principalId": "79a59d"}, OWNER, OWNER, None),
        ({"type": "AWSService", "invokedBy": "backup.amazonaws.com"}, OWNER, None, None),
    ],
    ids=[
        "the owner's record of a stranger", "a stranger's own", "the owner's own", "by account alone",
        "by account alone, an old record", "nobody", "nobody, an old record",
        "the owner by account alone", "a canonical id", "a service",
    ],
)  # fmt: skip
def test_where_no_resource_names_the_bucket_its_owner_is_whose_record_of_another_it_is(
    identity: dict[str, Any], recipient: str | None, owner: str | None, foreign: bool | None
):
    access = make_access(userIdentity=identity, recipientAccountId=recipient, resources=None)
    assert (access.bucket_account, access.cross_account) == (owner, foreign)


@pytest.mark.parametrize(
    ("changes", "auth"),
    [
        ({"additional": {"AuthenticationMethod": "AuthHeader"}}, "header"),
        ({"additional": SIGNED_QUERY}, "query"),
        ({"additional": {"AuthenticationMethod": "HtmlForm"}}, "form"),
        ({"additional": {"AuthenticationMethod": None}}, None),
        ({"additionalEventData": {}, "userIdentity": ANONYMOUS}, "none"),
        ({"additionalEventData": None}, None),
    ],
    ids=["header", "query", "form", "signed, method not recorded", "anonymous", "not recorded"],
)
def test_the_authentication_of_a_request_is_named(changes, auth):
    assert make_access(**changes).auth == auth


@pytest.mark.parametrize(
    ("changes", "presigned"),
    [
        ({"additional": SIGNED_QUERY}, True),
        ({"additional": SIGNED_QUERY, "request": {"X-Amz-Expires": "300"}}, True),
        (
            {
                "additional": SIGNED_QUERY,
                "request": {"X-Amz-Expires": "300"},
                "sessionCredentialFromConsole": "true",
            },
            False,
        ),
        (
            {
                "additional": SIGNED_QUERY,
                "request": {"X-Amz-Expires": "3600"},
                "sessionCredentialFromConsole": "true",
            },
            True,
        ),
        ({"sessionCredentialFromConsole": "true"}, False),
        (
            {
                "additional": SIGNED_QUERY,
                "request": {"X-Amz-Expires": "300"},
                "userAgent": "[S3Console/0.4, aws-internal/3]",
            },
            True,
        ),
    ],
    ids=[
        "shared",
        "shared for short",
        "opened by the console",
        "shared by the console",
        "header",
        "a user agent of the console",
    ],
)
def test_a_presigned_url_is_told_apart_from_the_consoles_own(changes, presigned):
    assert make_access(**{"userAgent": BROWSER} | changes).presigned is presigned


@pytest.mark.parametrize("value", ["604800", 604800, ["604800"]], ids=["text", "number", "list of one"])
def test_the_lifetime_of_a_presigned_url_is_in_seconds(value):
    assert make_access(request={"X-Amz-Expires": value}).presign_expires == 604800


@pytest.mark.parametrize(
    "agent",
    ["[S3Console/0.4, aws-internal/3]", "console.amazonaws.com", "signin.amazonaws.com"],
    ids=["S3's console", "the console", "the sign-in"],
)
def test_the_console_is_believed_by_its_mark_and_not_by_a_user_agent_that_anybody_can_send(agent: str):
    claimed, marked = make_access(userAgent=agent), make_access(sessionCredentialFromConsole="true")

    assert (claimed.console, claimed.client, marked.console) == (False, "console", True)


def test_an_endpoint_of_the_console_is_not_the_callers_network():
    access = make_access(
        userAgent="signin.amazonaws.com", sourceIPAddress="8.8.8.8", vpcEndpointId="vpce-a0d039c9"
    )
    assert (access.network_kind, access.vpce) == ("ip", "vpce-a0d039c9")


@pytest.mark.parametrize(
    ("network", "country"),
    [
        ({"sourceIPAddress": "8.8.8.8"}, "US"),
        ({"sourceIPAddress": "8.8.8.8", "vpcEndpointId": "vpce-a0d039c9"}, "US"),
        ({"sourceIPAddress": "8.8.8.8", "vpcEndpointId": "vpce-1", "vpcEndpointAccountId": OWNER}, None),
        ({"sourceIPAddress": "athena.amazonaws.com"}, None),
    ],
    ids=["an address", "through an endpoint of AWS", "through an own endpoint", "a service"],
)
def test_an_access_comes_from_the_country_of_its_address_unless_that_is_in_a_vpc(network, country):
    assert make_access(**network).country == country


GLOBAL = "2600:1f14:1:2::5"  # one of AWS's: documentation addresses are not global


@pytest.mark.parametrize(
    ("account", "identity", "kind"),
    [
        (OWNER, make_role(), "vpce"),
        (OTHER, make_role(account=OTHER), "vpce"),
        (OTHER, make_role(), "ip"),
        (None, make_role(), "ip"),
    ],
    ids=["of the bucket's owner", "of the caller", "of somebody else, such as AWS", "not recorded"],
)
def test_a_global_address_behind_an_own_endpoint_is_in_a_vpc(account, identity, kind):
    endpoint = {"vpcEndpointId": "vpce-0a1b2c3d"} | ({"vpcEndpointAccountId": account} if account else {})

    assert make_access(userIdentity=identity, sourceIPAddress=GLOBAL, **endpoint).network_kind == kind


PLAIN = {"tlsDetails": None, "additional": {"CipherSuite": None}}


@pytest.mark.parametrize(
    ("changes", "tls"),
    [
        ({}, "none"),
        ({"eventVersion": "1.08"}, "none"),
        ({"eventVersion": "2.0"}, "none"),
        ({"eventVersion": "1.07"}, None),
        ({"eventVersion": None}, None),
        ({"eventVersion": "new"}, None),
        ({"additional": {"CipherSuite": "ECDHE-RSA-AES128-SHA"}}, None),
        ({"additionalEventData": None}, None),
        ({"tlsDetails": {"cipherSuite": "ECDHE-RSA-AES128-SHA"}}, None),
        ({"sourceIPAddress": "athena.amazonaws.com"}, None),
        ({"sessionCredentialFromConsole": "true"}, None),
        ({"userIdentity": make_role() | {"invokedBy": "athena.amazonaws.com"}}, None),
    ],
    ids=[
        "recorded", "first version to record it", "a later version", "an older version", "no version",
        "an odd version", "a cipher", "no details", "a cipher without its version", "a service",
        "the console", "a service on behalf of somebody",
    ],
)  # fmt: skip
def test_that_a_request_came_without_tls_is_known_if_its_record_would_name_a_cipher(changes, tls):
    assert make_access(**PLAIN | changes).tls == tls


@pytest.mark.parametrize(
    ("version", "console", "presigned"),
    [("1.08", False, True), ("1.07", None, False), (None, None, False)],
    ids=["recorded", "an older version", "no version"],
)
def test_that_the_console_was_not_used_is_known_if_its_record_would_say_so(version, console, presigned):
    access = make_access(eventVersion=version, additional=SIGNED_QUERY, request={"X-Amz-Expires": "300"})

    assert (access.console, access.presigned) == (console, presigned)


def test_whether_a_request_without_a_recorded_method_was_presigned_is_not_known():
    assert make_access(additionalEventData=None).presigned is None


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        (ZoneInfo("Asia/Tokyo"), (17, "friday")),
        (ZoneInfo("America/Los_Angeles"), (0, "friday")),
        (timezone(-timedelta(hours=9)), (23, "thursday")),
    ],
    ids=["Tokyo", "Los Angeles", "nine hours behind"],
)
def test_hours_are_those_of_the_configured_zone(zone, expected):
    access = make_access(known={"zone": zone})
    assert (access.hour, access.weekday) == expected


def test_without_a_time_there_is_no_hour():
    access = make_access(eventTime="yesterday")
    assert (access.time, access.hour, access.weekday) == (None, None, None)


def test_a_policy_in_a_request_is_evaluated():
    statement = {"Effect": "Allow", "Principal": {"AWS": [OWNER, OTHER]}, "Action": "s3:*", "Resource": "*"}
    access = make_access(
        eventName="PutBucketPolicy", key=None, request={"bucketPolicy": {"Statement": statement}}
    )
    assert (access.settings.grants_public, access.settings.grants_accounts) == (False, (OTHER,))


@pytest.mark.parametrize(
    "name", ["PutObject", "CopyObject", "CreateBucket", "CreateMultipartUpload", "PutObjectAcl"]
)
def test_a_public_acl_is_recognized_in_every_request(name):
    assert make_access(eventName=name, request={"x-amz-acl": "public-read"}).settings.grants_public is True


def test_a_known_fact_is_taken_as_given():
    assert make_access(known={"key": "other.csv", "operation": "delete"}).dedupe_key[1:4] == (
        "delete",
        "hr-data",
        "other.csv",
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("eventName", "GetObject"),
        ("errorCode", None),
        ("eventVersion", "1.11"),
        ("readOnly", True),
        ("requestParameters.key", "payroll/2026/q3.csv"),
        ("requestParameters.Host", "hr-data.s3.eu-west-1.amazonaws.com"),
        ("requestParameters.nothing", None),
        ("requestParameters.key.deeper", None),
        ("userIdentity.sessionContext.attributes.mfaAuthenticated", "false"),
        ("additionalEventData.bytesTransferredOut", 28441),
        ("tlsDetails.tlsVersion", "TLSv1.3"),
        ("resources.ARN", ["arn:aws:s3:::hr-data/payroll/2026/q3.csv", "arn:aws:s3:::hr-data"]),
        ("resources.accountId", [OWNER]),
        ("nothing.at.all", None),
        ("s3.operation", "read"),
    ],
)
def test_a_field_is_read_by_its_dotted_name(name, expected):
    assert make_access().field(name) == expected


def test_the_name_of_a_header_is_a_field():
    assert make_access(request={"x-amz-acl": "private"}).field("requestParameters.x-amz-acl") == "private"


def test_a_record_without_parameters_has_no_fields_in_them():
    assert make_access(requestParameters=None).field("requestParameters.key") is None


def test_every_fact_can_be_read_by_its_name():
    access = make_access(userIdentity=make_role())
    assert [getter(name)(access) for name in FACTS] == [access.field(name) for name in FACTS]


def test_an_unknown_fact_is_refused():
    with pytest.raises(KeyError, match=r"s3\.colour"):
        getter("s3.colour")

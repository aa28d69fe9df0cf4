import json

import pytest

from local.cloudtrail.calls import operation
from local.cloudtrail.record import ANONYMOUS, Caller, signed, write
from tests.support.local_calls import PLAIN, call

HOME, STRANGER = "111122223333", "444455556666"
HOST = "hr-data.s3.eu-west-1.amazonaws.com"
SIGNED = {"authorization": "AWS4-HMAC-SHA256 Credential=AKIA/...", "user-agent": "aws-cli/2.31.0"}
ALICE = Caller(
    HOME,
    {"type": "IAMUser", "principalId": "AIDA1", "arn": f"arn:aws:iam::{HOME}:user/alice", "accountId": HOME},
)
MALLORY = Caller(
    STRANGER,
    {
        "type": "IAMUser",
        "principalId": "AIDA2",
        "arn": f"arn:aws:iam::{STRANGER}:user/m",
        "accountId": STRANGER,
    },
)
DENIED = {
    "status": 403,
    "answer": b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>",
}


def records(caller=ALICE, owner=HOME, **changes):
    made = call(**{"headers": SIGNED, **changes})
    named = operation(made)
    assert named
    return write(made, named, caller, owner, "eu-west-1")


def only(**arguments):
    [record] = records(**arguments)
    return record


def test_a_read_is_recorded_in_the_documented_shape():
    record = only()

    assert record.pop("eventID")
    assert record == {
        "eventVersion": "1.11",
        "userIdentity": ALICE.identity,
        "eventTime": "2026-11-20T08:00:00Z",
        "eventSource": "s3.amazonaws.com",
        "eventName": "GetObject",
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "203.0.113.7",
        "userAgent": "[aws-cli/2.31.0]",
        "requestParameters": {"bucketName": "hr-data", "Host": HOST, "key": "payroll/q3.csv"},
        "responseElements": None,
        "requestID": "K8R4TZ0QX6M2V9WB",
        "readOnly": True,
        "eventType": "AwsApiCall",
        "managementEvent": False,
        "eventCategory": "Data",
        "tlsDetails": {
            "tlsVersion": "TLSv1.3",
            "cipherSuite": "TLS_AES_128_GCM_SHA256",
            "clientProvidedHostHeader": HOST,
        },
        "additionalEventData": {
            "SignatureVersion": "SigV4",
            "AuthenticationMethod": "AuthHeader",
            "CipherSuite": "TLS_AES_128_GCM_SHA256",
            "bytesTransferredIn": 0,
            "bytesTransferredOut": 1000,
            "x-amz-id-2": "aGVsbG8=",
        },
        "recipientAccountId": HOME,
        "resources": [
            {"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::hr-data/payroll/q3.csv"},
            {"accountId": HOME, "type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::hr-data"},
        ],
    }


def test_a_write_tells_what_s3_answered_and_how_it_encrypted():
    answered = PLAIN["answer_headers"] | {"x-amz-version-id": "v1", "x-amz-server-side-encryption": "AES256"}
    record = only(method="PUT", answer_headers=answered, bytes_in=230)

    assert record["responseElements"] == {"x-amz-version-id": "v1", "x-amz-server-side-encryption": "AES256"}
    assert record["additionalEventData"]["SSEApplied"] == "Default_SSE_S3"
    assert record["additionalEventData"]["bytesTransferredIn"] == 230


def test_a_presigned_url_shows_its_query_but_no_secret():
    query = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": "AKIA/20261120/eu-west-1/s3/aws4_request",
        "X-Amz-Date": "20261120T080000Z",
        "X-Amz-Expires": "604800",
        "X-Amz-SignedHeaders": "host",
        "X-Amz-Security-Token": "secret",
        "X-Amz-Signature": "secret",
    }
    record = only(query=query, headers={})

    assert record["requestParameters"] == {
        "bucketName": "hr-data",
        "Host": HOST,
        "key": "payroll/q3.csv",
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Date": "20261120T080000Z",
        "X-Amz-Expires": "604800",
        "X-Amz-SignedHeaders": "host",
    }
    assert record["additionalEventData"]["AuthenticationMethod"] == "QueryString"


def test_the_headers_that_matter_are_request_parameters():
    headers = SIGNED | {
        "x-amz-acl": "public-read",
        "x-amz-copy-source": "b/k",
        "x-amz-date": "20261120T080000Z",
        "x-amz-server-side-encryption-customer-algorithm": "AES256",
        "x-amz-server-side-encryption-customer-key": "secret",
    }

    assert only(method="PUT", headers=headers)["requestParameters"] == {
        "bucketName": "hr-data",
        "Host": HOST,
        "key": "payroll/q3.csv",
        "x-amz-acl": "public-read",
        "x-amz-copy-source": "b/k",
        "x-amz-server-side-encryption-customer-algorithm": "AES256",
    }


def test_an_anonymous_request_is_the_bucket_owners_record_alone():
    record = only(caller=ANONYMOUS, headers={}, **DENIED)

    assert record["userIdentity"] == {"type": "AWSAccount", "principalId": "", "accountId": "anonymous"}
    assert (record["recipientAccountId"], record["errorCode"]) == (HOME, "AccessDenied")
    assert "AuthenticationMethod" not in record["additionalEventData"]
    assert record["sharedEventID"]


def test_another_accounts_call_makes_a_copy_for_each_account():
    theirs, ours = sorted(
        records(caller=MALLORY), key=lambda record: record["recipientAccountId"], reverse=True
    )

    assert theirs["userIdentity"] == MALLORY.identity
    assert ours["userIdentity"] == {"type": "AWSAccount", "principalId": "AIDA2", "accountId": STRANGER}
    assert theirs["sharedEventID"] == ours["sharedEventID"]
    assert theirs["eventID"] != ours["eventID"]
    assert theirs["requestID"] == ours["requestID"]


@pytest.mark.parametrize(
    "answer",
    [
        b"<Error><Code>InvalidAccessKeyId</Code><Message>?</Message></Error>",
        b"<Error><Code>SignatureDoesNotMatch</Code><Message>?</Message></Error>",
        b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>",
    ],
    ids=["unknown key", "wrong signature", "expired link"],
)
def test_a_request_that_fails_authentication_is_not_recorded(answer):
    assert records(status=403, answer=answer) == []


def test_a_listing_is_recorded_with_its_prefix():
    record = only(path="/hr-data", query={"list-type": "2", "prefix": "payroll/"})

    assert record["eventName"] == "ListObjects"
    assert record["resources"][0] == {"type": "AWS::S3::Object", "ARNPrefix": "arn:aws:s3:::hr-data/payroll/"}


def test_a_batch_delete_is_recorded_without_keys_and_then_object_by_object():
    body = b"<Delete><Object><Key>a</Key></Object><Object><Key>b</Key></Object></Delete>"
    answer = b"<DeleteResult><Error><Key>b</Key><Code>AccessDenied</Code></Error></DeleteResult>"
    batch, single = records(path="/hr-data", method="POST", query={"delete": ""}, body=body, answer=answer)

    assert batch["requestParameters"] == {"bucketName": "hr-data", "Host": HOST, "delete": ""}
    assert batch["resources"][0] == {"type": "AWS::S3::Object", "ARNPrefix": "arn:aws:s3:::hr-data/"}
    assert (single["eventName"], single["eventType"]) == ("DeleteObject", "AwsServiceEvent")
    assert single["requestParameters"] == {"bucketName": "hr-data", "Host": HOST, "key": "a"}
    assert single["resources"][0] == {"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::hr-data/a"}
    assert single["requestID"] == batch["requestID"]
    assert single["eventID"] != batch["eventID"]


def test_a_batch_delete_that_is_denied_deletes_nothing():
    body = b"<Delete><Object><Key>a</Key></Object></Delete>"

    assert len(records(path="/hr-data", method="POST", query={"delete": ""}, body=body, **DENIED)) == 1


def test_a_bucket_policy_is_recorded_as_a_management_event_with_the_policy():
    policy = {"Version": "2012-10-17", "Statement": []}
    record = only(path="/hr-data", method="PUT", query={"policy": ""}, body=json.dumps(policy).encode())

    assert record["requestParameters"] == {
        "bucketName": "hr-data", "Host": HOST, "policy": "", "bucketPolicy": policy,
    }  # fmt: skip
    assert (record["eventCategory"], record["managementEvent"], record["readOnly"]) == (
        "Management",
        True,
        False,
    )
    assert record["resources"] == [
        {"accountId": HOME, "type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::hr-data"}
    ]


def test_a_stopped_trail_is_recorded_in_cloudtrails_words():
    headers = {"x-amz-target": "CloudTrail_20131101.StopLogging", "user-agent": "Boto3"}
    record = only(
        service="cloudtrail", method="POST", path="/", headers=headers, body=b'{"Name": "t"}', owner=None
    )

    assert (record["eventSource"], record["eventName"]) == ("cloudtrail.amazonaws.com", "StopLogging")
    assert record["requestParameters"] == {"name": "t"}
    assert record["userAgent"] == "Boto3"
    assert "additionalEventData" not in record


def test_a_bucket_that_does_not_exist_is_the_callers_record_alone():
    answer = b"<Error><Code>NoSuchBucket</Code><Message>?</Message></Error>"
    record = only(caller=MALLORY, owner=None, status=404, answer=answer)

    assert (record["recipientAccountId"], record["errorCode"]) == (STRANGER, "NoSuchBucket")
    assert "resources" not in record


V2_LINK = {"AWSAccessKeyId": "AKIA", "Signature": "x"}
V4A_LINK = {"X-Amz-Algorithm": "AWS4-ECDSA-P256-SHA256", "X-Amz-Signature": "x"}


@pytest.mark.parametrize(
    ("query", "headers", "shown"),
    [
        pytest.param({}, SIGNED, ("SigV4", "AuthHeader"), id="header"),
        pytest.param({}, {"authorization": "AWS AKIA:x"}, ("SigV2", "AuthHeader"), id="SigV2 header"),
        pytest.param(V2_LINK, {}, ("SigV2", "QueryString"), id="SigV2 link"),
        pytest.param(V4A_LINK, {}, ("SigV4A", "QueryString"), id="SigV4A link"),
        pytest.param({}, {}, ("", ""), id="nothing"),
    ],
)
def test_the_signature_is_told_by_where_it_is(query, headers, shown):
    assert signed(call(query=query, headers=headers)) == shown

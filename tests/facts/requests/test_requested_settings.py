from __future__ import annotations

import json

import pytest
from s3watch.facts.requested_grants import mark_grants, read_grants
from s3watch.facts.requests import destinations, retention
from s3watch.facts.requests.requested_settings import RequestedSettings

from tests.support.cloudtrail import OTHER, OWNER
from tests.support.policies import allow
from tests.support.sensitive import NOW


def settings(event_name="PutBucketPolicy", request=None, response=None):
    record = {"requestParameters": request, "responseElements": response}
    return RequestedSettings(event_name, record.get, OWNER, NOW)


def test_a_request_that_sets_nothing_has_no_facts():
    found = settings()

    assert (found.grants_public, found.grants_accounts, found.grants_ids) == (None, (), ())
    assert (found.kms_accounts, found.destination_accounts) == ((), ())
    assert (found.retention_days, found.expiry_days) == (None, None)


def test_a_policy_has_grantees_of_three_kinds():
    statements = [allow(), allow({"AWS": [OTHER, "AROAEXAMPLEGONE12345"]})]
    found = settings(request={"bucketPolicy": {"Statement": statements}})

    assert (found.grants_public, found.grants_accounts, found.grants_ids) == (
        True, (OTHER,), ("AROAEXAMPLEGONE12345",)
    )  # fmt: skip


@pytest.mark.parametrize("place", ["request", "response"])
def test_the_key_that_encrypts_may_be_named_by_the_request_or_the_response(place):
    key = {"x-amz-server-side-encryption-aws-kms-key-id": f"arn:aws:kms:eu-west-1:{OTHER}:key/1234abcd"}

    assert settings("PutObject", **{place: key}).kms_accounts == (OTHER,)


NAMES = [
    "bucketName", "key", "X-Amz-Acl", "acl", "AccessControlList", "x-amz-grant-read", "policy",
    "bucketPolicy", "ReplicationConfiguration", "BucketLoggingStatus", "StorageLensConfiguration",
    "LifecycleConfiguration", "x-amz-object-lock-retain-until-date",
    "x-amz-object-lock-event-hold-duration-days", "Retention", "Retention.RetainUntilDate",
    "ObjectLockConfiguration", "CreateAccessGrantRequest",
]  # fmt: skip
POLICY = {"Statement": [allow({"AWS": OTHER})]}
VALUES = [
    "", "hr-data", "public-read", f'id="{OTHER}"', f"arn:aws:sqs:eu-west-1:{OTHER}:queue",
    "arn:aws:s3:::copies", "2030-11-20T00:00:00Z", 7, None, ["public-read"],
    {"Rule": {"Status": "Enabled", "Expiration": {"Days": 1}}}, POLICY, json.dumps(POLICY),
    {"LoggingEnabled": {"TargetBucket": "logs"}}, {"RetainUntilDate": "2030-01-01T00:00:00Z"},
    {"Grantee": {"GranteeIdentifier": f"arn:aws:iam::{OTHER}:role/etl"}},
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_request_sets_what_the_readers_of_each_setting_find_in_it(name):
    for value in VALUES:
        sent = {"bucketName": "hr-data", name: value}
        found, grants = settings("PutObject", sent), read_grants(sent, OWNER, "PutObject")

        assert (found.grants, found.grants_mark) == (grants, mark_grants(sent, grants))
        assert set(found.destination_accounts) == destinations.find_accounts(sent) - {OWNER}
        assert found.destination_buckets == destinations.find_buckets(sent)
        assert found.retention_days == retention.read_retention_days(sent, NOW)
        assert found.expiry_days == retention.read_expiry_days(sent, NOW)


@pytest.mark.parametrize(
    ("sent", "nothing"),
    [
        (None, True),
        ({"bucketName": "hr-data", "key": "a.csv"}, True),
        ({"x-amz-acl": "private"}, False),
        ([], False),
    ],
    ids=["no parameters", "an object", "a list", "no object"],
)
def test_most_requests_say_by_their_names_that_they_set_nothing(sent, nothing):
    assert settings("PutObject", sent).are_none is nothing


def test_a_member_is_read_once():
    asked = []
    found = RequestedSettings("PutObject", asked.append, OWNER, None)

    assert (found.retention_days, found.expiry_days, found.destination_accounts) == (None, None, ())
    assert asked == ["requestParameters"]

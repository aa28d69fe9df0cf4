from __future__ import annotations

import pytest
from s3watch.facts.requests.requested_settings import RequestedSettings

from tests.support.cloudtrail import OTHER, OWNER
from tests.support.policies import allow


def settings(event_name="PutBucketPolicy", request=None, response=None):
    record = {"requestParameters": request, "responseElements": response}
    return RequestedSettings(event_name, record.get, OWNER, None)


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


def test_a_member_is_read_once():
    asked = []
    found = RequestedSettings("PutObject", asked.append, OWNER, None)

    assert (found.retention_days, found.expiry_days, found.destination_accounts) == (None, None, ())
    assert asked == ["requestParameters"]

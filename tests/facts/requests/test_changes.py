from __future__ import annotations

import pytest
from hypothesis import given
from s3watch.facts.requests.changes import MOST, read_changes

from tests.support.odd_json import JSON

ALL_ON = {
    "BlockPublicAcls": "true",
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}


def changes(event, request, source="s3.amazonaws.com", operation="protection"):
    return read_changes(event, source, operation, request)


@pytest.mark.parametrize(
    ("event", "request_", "named"),
    [
        ("PutBucketPublicAccessBlock", ALL_ON, ()),
        ("PutBucketPublicAccessBlock", ALL_ON | {"BlockPublicPolicy": False}, ("BlockPublicPolicy off",)),
        (
            "PutAccountPublicAccessBlock",
            {"IgnorePublicAcls": "TRUE", "BlockPublicPolicy": "true"},
            ("BlockPublicAcls off", "RestrictPublicBuckets off"),
        ),
        ("GetBucketPublicAccessBlock", {}, ()),
    ],
    ids=["all on", "one off", "left out", "read"],
)
def test_the_settings_of_block_public_access_that_are_off_are_named(event, request_, named):
    assert changes(event, {"bucketName": "hr-data", "PublicAccessBlockConfiguration": request_}) == named


def test_deleting_block_public_access_turns_all_four_off():
    assert changes("DeleteBucketPublicAccessBlock", {"bucketName": "hr-data"}) == (
        "BlockPublicAcls off", "IgnorePublicAcls off", "BlockPublicPolicy off", "RestrictPublicBuckets off"
    )  # fmt: skip


def test_what_is_turned_off_comes_first_however_much_was_written_before_it():
    harmless = {f"Setting{number}": "Enabled" for number in range(MOST)}
    put = {"VersioningConfiguration": harmless | {"Status": "Suspended"}}

    assert changes("PutBucketVersioning", put) == (
        "Status Suspended", *(f"Setting{number} Enabled" for number in range(MOST - 1))
    )  # fmt: skip


@pytest.mark.parametrize(
    ("event", "request_", "named"),
    [
        (
            "PutBucketVersioning",
            {"versioning": "", "VersioningConfiguration": {"Status": "Suspended", "MfaDelete": "Disabled"}},
            ("Status Suspended", "MfaDelete Disabled"),
        ),
        (
            "PutBucketOwnershipControls",
            {"OwnershipControls": {"xmlns": "http://x", "Rule": {"ObjectOwnership": "ObjectWriter"}}},
            ("ObjectOwnership ObjectWriter",),
        ),
        (
            "PutBucketEncryption",
            {
                "ServerSideEncryptionConfiguration": {
                    "Rule": {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
                }
            },
            ("SSEAlgorithm AES256",),
        ),
    ],
    ids=["versioning", "ownership", "encryption"],
)
def test_a_setting_is_named_with_its_value(event, request_, named):
    host = {"Host": "hr-data.s3.eu-west-1.amazonaws.com", "x-amz-account-id": "111122223333"}
    request = {"bucketName": "hr-data", **host, **request_}

    assert changes(event, request) == named


def test_settings_of_a_trail_are_named():
    request = {"name": "org-trail", "isMultiRegionTrail": False, "s3BucketName": "logs"}

    assert changes("UpdateTrail", request, source="cloudtrail.amazonaws.com", operation="other") == (
        "isMultiRegionTrail false", "s3BucketName logs"
    )  # fmt: skip


@pytest.mark.parametrize("operation", ["read", "write", "permission", "delete"])
def test_other_requests_put_no_settings(operation):
    assert changes("PutObject", {"x-amz-storage-class": "GLACIER"}, operation=operation) == ()


@given(JSON)
def test_whatever_a_request_holds_the_changes_are_few_and_short(request_):
    named = changes("PutBucketVersioning", request_)

    assert len(named) <= MOST
    assert all(len(change) <= 200 for change in named)

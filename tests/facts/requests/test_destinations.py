from __future__ import annotations

from typing import Any

import pytest
from s3watch.facts.requests.destinations import find_accounts, find_buckets

from tests.support.cloudtrail import OTHER, OWNER, make_record
from tests.support.sensitive import first_access


def replication(*destinations: dict[str, Any]) -> dict[str, Any]:
    rules = [{"Status": "Enabled", "Destination": each} for each in destinations]
    return {
        "ReplicationConfiguration": {
            "Role": f"arn:aws:iam::{OWNER}:role/replication",
            "Rule": rules if len(rules) > 1 else rules[0],
        }
    }


TO_OTHER = {"Bucket": "arn:aws:s3:::elsewhere", "Account": OTHER}
TO_OWN = {"Bucket": "arn:aws:s3:::hr-data-replica"}
INVENTORY = {"Destination": {"S3BucketDestination": {"AccountId": OTHER, "Bucket": "arn:aws:s3:::lists"}}}
ANALYTICS = {
    "StorageClassAnalysis": {
        "DataExport": {"Destination": {"S3BucketDestination": {"BucketAccountId": OTHER}}}
    }
}
TABLE = {"S3TablesDestination": {"TableBucketArn": f"arn:aws:s3tables:eu-west-1:{OTHER}:bucket/lists"}}
FUNCTION = f"arn:aws:lambda:eu-west-1:{OTHER}:function:redact"
TOPIC = {"TopicConfiguration": {"Topic": f"arn:aws:sns:eu-west-1:{OTHER}:uploads"}}
TRANSFORMATION = {
    "TransformationConfiguration": {"ContentTransformation": {"AwsLambda": {"FunctionArn": FUNCTION}}}
}
OBJECT_LAMBDA = {"Configuration": {"TransformationConfigurations": TRANSFORMATION}}

REGIONS = {"Region": [{"Bucket": "hr-data"}, {"Bucket": "elsewhere", "BucketAccountId": OTHER}]}
LENS = {
    "AwsOrg": {"Arn": "arn:aws:organizations::777788889999:organization/o-exampleorgid"},
    "DataExport": {"S3BucketDestination": {"AccountId": OTHER, "Arn": "arn:aws:s3:::usage"}},
}


@pytest.mark.parametrize(
    ("request_parameters", "accounts"),
    [
        (replication(TO_OTHER), {OWNER, OTHER}),
        (replication(TO_OWN, TO_OTHER), {OWNER, OTHER}),
        (replication(TO_OWN), {OWNER}),
        ({"InventoryConfiguration": INVENTORY}, {OTHER}),
        ({"AnalyticsConfiguration": ANALYTICS}, {OTHER}),
        ({"MetadataTableConfiguration": TABLE}, {OTHER}),
        ({"NotificationConfiguration": TOPIC}, {OTHER}),
        ({"NotificationConfiguration": {"CloudFunctionConfiguration": [{"Id": FUNCTION}]}}, {OTHER}),
        ({"CreateAccessPointForObjectLambdaRequest": OBJECT_LAMBDA}, {OTHER}),
        ({"CreateMultiRegionAccessPointRequest": {"Details": {"Regions": REGIONS}}}, {OTHER}),
        ({"PutStorageLensConfigurationRequest": {"StorageLensConfiguration": LENS}}, {OTHER}),
        ({"StorageLensConfiguration": LENS}, {OTHER}),
        ({"accountId": OTHER, "bucketPolicy": {"Principal": FUNCTION}}, set()),
        ({"InventoryConfiguration": {"Id": OTHER, "AccountId": "44445555", "Bucket": "arn:"}}, set()),
        ([7], set()),
        (None, set()),
    ],
    ids=[
        "replication", "one of several", "the owner's role", "inventory", "analytics", "metadata table",
        "notification", "function", "Object Lambda", "Multi-Region Access Point",
        "Storage Lens", "Storage Lens without the element around", "other members", "no account", "a list",
        "null",
    ],
)  # fmt: skip
def test_the_accounts_that_get_data_are_found(request_parameters: Any, accounts: set[str]):
    assert find_accounts(request_parameters) == accounts


@pytest.mark.parametrize(
    ("destination", "accounts"), [(TO_OTHER, (OTHER,)), (TO_OWN, ())], ids=["another account", "not named"]
)
def test_the_fact_leaves_out_the_buckets_account(destination: dict[str, Any], accounts: tuple[str, ...]):
    access = first_access(
        make_record(eventName="PutBucketReplication", key=None, request=replication(destination))
    )

    assert access.field("s3.destination_accounts") == accounts


EXPECTED_OWNERS = {
    "x-amz-expected-bucket-owner": OTHER,
    "x-amz-source-expected-bucket-owner": OTHER,
    "expectedBucketOwner": OTHER,
}


def test_whom_a_caller_expects_to_own_a_bucket_is_no_fact():
    """S3 refuses a wrong one, but tells whose the bucket is in the record itself."""
    access = first_access(make_record(eventName="PutBucketReplication", key=None, request=EXPECTED_OWNERS))

    assert (access.field("s3.destination_accounts"), access.field("s3.bucket_account")) == ((), OWNER)


LOGGING = {"LoggingEnabled": {"TargetBucket": "logs", "TargetPrefix": "arn:aws:s3:::decoy"}}
ROUTES = {
    "RouteUpdates": {"Route": [{"Bucket": "hr-data", "TrafficDialPercentage": 0}, REGIONS["Region"][1]]}
}
EXPORT_BY_ARN = {
    "DataExport": {
        "S3BucketDestination": {"Arn": f"arn:aws:s3:eu-west-1:{OTHER}:bucket/usage", "Prefix": "x"}
    }
}


@pytest.mark.parametrize(
    ("request_parameters", "buckets"),
    [
        (replication(TO_OWN, TO_OTHER), ("elsewhere", "hr-data-replica")),
        ({"bucketName": "hr-data", "InventoryConfiguration": INVENTORY}, ("lists",)),
        ({"InventoryConfiguration": {"Filter": {"Prefix": "arn:aws:s3:::decoy"}}}, ()),
        ({"NotificationConfiguration": TOPIC}, ()),
        ({"MetadataTableConfiguration": TABLE}, ()),
        ({"CreateMultiRegionAccessPointRequest": {"Regions": REGIONS}}, ("elsewhere", "hr-data")),
        ({"SubmitMultiRegionAccessPointRoutesRequest": ROUTES}, ("elsewhere", "hr-data")),
        ({"StorageLensConfiguration": EXPORT_BY_ARN}, ("usage",)),
        ({"StorageLensConfiguration": LENS}, ("usage",)),
        ({"BucketLoggingStatus": LOGGING}, ("logs",)),
        ({"InventoryConfiguration": {"Bucket": [7, {"Bucket": None}, "arn:"]}}, ()),
        ([7], ()),
    ],
    ids=[
        "replication", "inventory", "a filter", "notification", "metadata table", "Multi-Region Access Point",
        "its routes", "Storage Lens, with an account", "Storage Lens", "access logs", "no bucket", "a list",
    ],
)  # fmt: skip
def test_the_buckets_that_get_data_are_found(request_parameters: Any, buckets: tuple[str, ...]):
    assert find_buckets(request_parameters) == buckets

from __future__ import annotations

import pytest
from s3watch.facts.operations import S3_EVENTS, interpret, judge

S3 = "s3.amazonaws.com"


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ("GetObject", ("read", "object")),
        ("SelectObjectContent", ("read", "object")),
        ("HeadObject", ("inspect", "object")),
        ("GetObjectAcl", ("inspect", "object")),
        ("PutObject", ("write", "object")),
        ("CompleteMultipartUpload", ("write", "object")),
        ("DeleteObject", ("delete", "object")),
        ("PutObjectAcl", ("permission", "object")),
        ("PutObjectRetention", ("protection", "object")),
        ("PutObjectTagging", ("configuration", "object")),
        ("RestoreObject", ("configuration", "object")),
    ],
)
def test_an_event_on_an_object(event, expected):
    assert interpret(event, S3, "hr-data", "q3.csv") == expected


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ("ListObjects", ("list", "prefix")),
        ("ListObjectVersions", ("list", "prefix")),
        ("DeleteObjects", ("delete", "prefix")),
        ("HeadBucket", ("inspect", "bucket")),
        ("GetBucketPolicy", ("inspect", "bucket")),
        ("PutBucketPolicy", ("permission", "bucket")),
        ("DeleteBucketPublicAccessBlock", ("permission", "bucket")),
        ("PutBucketVersioning", ("protection", "bucket")),
        ("PutBucketLifecycle", ("protection", "bucket")),
        ("DeleteBucketEncryption", ("protection", "bucket")),
        ("PutBucketLogging", ("configuration", "bucket")),
        ("CreateBucket", ("configuration", "bucket")),
        ("DeleteBucket", ("delete", "bucket")),
        ("PreflightRequest", ("other", "bucket")),
    ],
)
def test_an_event_on_a_bucket(event, expected):
    assert interpret(event, S3, "hr-data", None) == expected


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ("ListBuckets", ("list", "account")),
        ("PutAccountPublicAccessBlock", ("permission", "account")),
        ("CreateJob", ("configuration", "account")),
        ("GetObject", ("read", "account")),
    ],
)
def test_an_event_without_a_bucket(event, expected):
    assert interpret(event, S3, None, None) == expected


def test_an_object_event_without_a_key_is_aimed_at_the_bucket():
    assert interpret("GetObject", S3, "hr-data", None) == ("read", "bucket")


def test_a_batch_delete_that_names_a_key_is_aimed_at_the_object():
    assert interpret("DeleteObjects", S3, "hr-data", "q3.csv") == ("delete", "object")


@pytest.mark.parametrize(
    ("event", "operation"),
    [
        ("GetObjectHologram", "inspect"),
        ("ListObjectHolograms", "list"),
        ("PutObjectHologram", "configuration"),
        ("DeleteObjectHologram", "delete"),
        ("DeleteBucketHologram", "configuration"),
        ("CopyHologram", "write"),
        ("Hologram", "other"),
        ("getObject", "other"),
    ],
)
def test_an_event_newer_than_the_table_goes_by_its_verb(event, operation):
    assert interpret(event, S3, "hr-data", "q3.csv") == (operation, "object")


@pytest.mark.parametrize(
    "source", ["s3express.amazonaws.com", "s3-outposts.amazonaws.com", "s3-object-lambda.amazonaws.com"]
)
def test_the_other_kinds_of_s3_are_s3(source):
    assert interpret("GetObject", source, "hr-data--euw1-az1--x-s3", "q3.csv") == ("read", "object")


@pytest.mark.parametrize("event", ["StopLogging", "PutEventSelectors", "GetObject"])
def test_an_event_of_another_service_is_the_account_s(event):
    assert interpret(event, "cloudtrail.amazonaws.com", "hr-data", None) == ("other", "account")


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (None, "success"),
        ("", "success"),
        ("AccessDenied", "denied"),
        ("VpceAccessDenied", "denied"),
        ("AccessDeniedException", "denied"),
        ("Client.UnauthorizedOperation", "denied"),
        ("AllAccessDisabled", "denied"),
        ("SignatureDoesNotMatch", "denied"),
        ("403", "denied"),
        ("NoSuchKey", "missing"),
        ("NoSuchBucket", "missing"),
        ("NoSuchVersion", "missing"),
        ("NoSuchLifecycleConfiguration", "missing"),
        ("ServerSideEncryptionConfigurationNotFoundError", "missing"),
        ("404", "missing"),
        ("MethodNotAllowed", "failed"),
        ("PreconditionFailed", "failed"),
        ("InternalError", "failed"),
    ],
    ids=str,
)
def test_an_error_code_says_how_it_came_out(code, outcome):
    assert judge(code) == outcome


@pytest.mark.parametrize(
    ("event", "category"),
    [
        ("GetObject", "data"),
        ("DeleteObjects", "data"),
        ("HeadBucket", "data"),
        ("PutBucketPolicy", "management"),
        ("PutBucketLifecycle", "management"),
        ("PutBucketLifecycleConfiguration", None),
        ("GetBucketObjectLockConfiguration", "management"),
        ("GetObjectLockConfiguration", None),
    ],
)
def test_events_are_known_by_the_names_cloudtrail_writes(event, category):
    assert S3_EVENTS.get(event) == category

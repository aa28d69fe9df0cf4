from __future__ import annotations

import pytest
from s3watch.facts.operations import S3_EVENTS, classify_event, read_outcome

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
def test_an_event_on_an_object_has_its_operation_and_scope(event, expected):
    assert classify_event(event, S3, "hr-data", "q3.csv") == expected


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
def test_an_event_on_a_bucket_has_its_operation_and_scope(event, expected):
    assert classify_event(event, S3, "hr-data", None) == expected


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ("ListBuckets", ("list", "account")),
        ("PutAccountPublicAccessBlock", ("permission", "account")),
        ("CreateJob", ("configuration", "account")),
        ("GetObject", ("read", "account")),
    ],
)
def test_an_event_without_a_bucket_has_the_scope_account(event, expected):
    assert classify_event(event, S3, None, None) == expected


def test_an_event_on_an_object_without_a_key_has_the_scope_bucket():
    assert classify_event("GetObject", S3, "hr-data", None) == ("read", "bucket")


def test_a_batch_delete_that_names_a_key_has_the_scope_object():
    assert classify_event("DeleteObjects", S3, "hr-data", "q3.csv") == ("delete", "object")


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
def test_an_event_that_is_not_in_the_table_goes_by_its_verb(event, operation):
    assert classify_event(event, S3, "hr-data", "q3.csv") == (operation, "object")


@pytest.mark.parametrize(
    "source", ["s3express.amazonaws.com", "s3-outposts.amazonaws.com", "s3-object-lambda.amazonaws.com"]
)
def test_the_event_sources_of_other_kinds_of_s3_are_s3(source):
    assert classify_event("GetObject", source, "hr-data--euw1-az1--x-s3", "q3.csv") == ("read", "object")


@pytest.mark.parametrize("event", ["StopLogging", "PutEventSelectors", "GetObject"])
def test_an_event_of_another_service_has_the_scope_account(event):
    assert classify_event(event, "cloudtrail.amazonaws.com", "hr-data", None) == ("other", "account")


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
        ("KMS.NotFoundException", "failed"),
        ("KMS.DisabledException", "failed"),
        ("KMS.AccessDeniedException", "denied"),
        ("TrailNotFoundException", "missing"),
        ("MethodNotAllowed", "failed"),
        ("PreconditionFailed", "failed"),
        ("InternalError", "failed"),
    ],
    ids=str,
)
def test_the_error_code_decides_the_outcome(code, outcome):
    assert read_outcome(code) == outcome


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
def test_events_have_the_names_that_cloudtrail_writes(event, category):
    assert S3_EVENTS.get(event) == category

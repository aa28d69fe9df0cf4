"""A bucket, on moto or the local AWS, that the reviewer itself reviews and corrects."""

from __future__ import annotations

from typing import Any

import boto3
from s3watch.aws import clients, corrections
from s3watch.aws.buckets import BucketReader, read_acl
from s3watch.aws.dynamodb_store import DynamoDBStore
from s3watch.ledger.ledger import Ledger
from s3watch.pipelines.review_bucket import Buckets, Reviewer
from s3watch.posture.acl import public_grants
from s3watch.posture.remediation import Remediation
from s3watch.posture.review_state import Correction

from tests.support.aws_answers import without_access_grants
from tests.support.ledger_table import TABLE, make_table
from tests.support.review_events import ROLE
from tests.support.sensitive import NOW, RULESET

BUCKET = "hr-data"
ACCOUNT = "123456789012"  # moto's
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "eu-west-1",
}  # fmt: skip


def make_bucket() -> Any:
    """Create the ledger's table and a bucket that may be opened to the public; returns the client of S3."""
    make_table()
    client = boto3.client("s3")
    client.create_bucket(
        Bucket=BUCKET,
        CreateBucketConfiguration={"LocationConstraint": "eu-west-1"},
        ObjectOwnership="ObjectWriter",  # else S3 takes no ACL
    )
    client.delete_public_access_block(Bucket=BUCKET)
    without_access_grants(clients.client("s3control"))
    return client


def correct_acl() -> None:
    """Correct the bucket's ACL as a review does, which by itself also asks S3's control plane."""
    store = DynamoDBStore(clients.client("dynamodb"), TABLE)
    correction = Correction("cause", "acl", {"Grants": public_grants(read_acl(BUCKET))}, NOW)
    known = store.reviewed(BUCKET)
    store.keep_reviewed(known, known.with_attempt(correction, NOW))
    corrections.correct(BUCKET, correction)


def review(mode: Any, event: bytes) -> Any:
    """Review the bucket for this event, with this way of correcting it."""
    real = Buckets(lambda: reader().read, corrections.correct)
    ledger = Ledger(DynamoDBStore(clients.client("dynamodb"), TABLE))
    return Reviewer(RULESET, ledger, real, (BUCKET,), Remediation(mode, role=ROLE)).run([("m", event)], NOW)


def grants(s3: Any) -> list[Any]:
    """Whom the bucket's ACL grants something: the URI of a group, None for an account."""
    return [grant["Grantee"].get("URI") for grant in s3.get_bucket_acl(Bucket=BUCKET)["Grants"]]


def reader() -> BucketReader:
    """Return what reads the buckets of one trigger."""
    return BucketReader(ACCOUNT)


def read(bucket: str = BUCKET) -> Any:
    """Read a bucket's settings as a review does."""
    return reader().read(bucket)

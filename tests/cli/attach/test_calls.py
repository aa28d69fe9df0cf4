"""Calls of attach whose refusals the local AWS does not know: a stand-in answers as S3 does."""

from __future__ import annotations

import boto3
import pytest
from botocore.stub import Stubber
from s3watch.errors import RefusedError
from s3watch_cli.attach.calls import METRICS, Account, read, write

from local.settings import ACCOUNT, REGION


@pytest.fixture
def stubbed():
    """An account whose S3 answers as a test says; the SDK's model refuses calls that S3 would refuse."""
    client = boto3.client("s3", region_name=REGION, aws_access_key_id="key", aws_secret_access_key="secret")
    with Stubber(client) as stubber:
        yield Account(ACCOUNT, "aws", REGION, lambda *_, **__: client), stubber
        stubber.assert_no_pending_responses()


ON = {"MetricsConfiguration": {"Id": "s3watch"}}


def test_a_bucket_of_another_region_is_refused(stubbed):
    account, s3 = stubbed
    s3.add_response("head_bucket", {"BucketRegion": "us-east-2"})

    with pytest.raises(RefusedError, match=r"hr-data: is in us-east-2, not in .* use --region us-east-2"):
        account.check_bucket("hr-data")


def test_a_change_in_the_very_moment_is_not_overwritten(stubbed):
    account, s3 = stubbed
    s3.add_response("get_bucket_metrics_configuration", ON)

    with pytest.raises(RefusedError, match="hr-data: its request metrics changed in the meantime"):
        write(account, METRICS, "hr-data", {}, ON)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("AccessDenied", "the credentials lack s3:GetMetricsConfiguration; use others with --profile"),
        ("NoSuchBucket", "no such bucket; check its name"),
        ("PermanentRedirect", "it is in another Region; set it with --region"),
        ("OperationAborted", "another change is in progress; try again in a minute"),
        ("ExpiredToken", "the credentials have expired; log in again"),
        ("Unheard", "GetBucketMetricsConfiguration failed with Unheard"),
    ],
    ids=str,
)
def test_a_refusal_of_s3_is_one_line_with_what_to_try(stubbed, code, said):
    account, s3 = stubbed
    s3.add_client_error("get_bucket_metrics_configuration", code, "as S3\nsays")

    with pytest.raises(RefusedError) as refused:
        read(account, METRICS, "hr-data")

    assert str(refused.value) == f"hr-data: {said} (as S3 says)"

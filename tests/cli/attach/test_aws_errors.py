"""What AWS or its SDK refuses is one line: what is wrong with which resource, and what to try."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore import exceptions as sdk
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from s3watch.errors import RefusedError, UnavailableError
from s3watch_cli.attach.aws_errors import explain, translate_errors_of_library
from s3watch_cli.attach.deployed_stack import read_output

URL = "https://dynamodb.eu-wset-1.amazonaws.com/"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (
            "ValidationError",
            "no such stack in this account and Region; check --stack, --profile and --region",
        ),
        ("AccessDenied", "the credentials lack cloudformation:DescribeStacks; use others with --profile"),
        ("ExpiredToken", "the credentials have expired; log in again"),
    ],
    ids=["no stack", "denied", "expired"],
)
def test_of_a_stack_that_cannot_be_read_only_what_is_wrong_is_told(code, said):
    client = boto3.client(
        "cloudformation", region_name="eu-west-1", aws_access_key_id="key", aws_secret_access_key="secret"
    )
    stubber = Stubber(client)
    stubber.add_client_error("describe_stacks", code, "as AWS\nsays")

    with stubber, pytest.raises(RefusedError, match=rf"^the stack nope: {said}.* \(as AWS says\)$"):
        read_output(client, "nope", "AccessLogBucket", "deploy with AccessLogDays=90")


def answer(operation: str, code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "as AWS\nsays"}}, operation)


@pytest.mark.parametrize(
    ("operation", "code", "said"),
    [
        (
            "GetItem",
            "AccessDeniedException",
            "the credentials lack dynamodb:GetItem; use others",
        ),
        (
            "DescribeStacks",
            "AccessDenied",
            "the credentials lack cloudformation:DescribeStacks; use others with",
        ),
        ("GetBucketAcl", "AccessDenied", "the credentials lack s3:GetBucketAcl; use others with --profile"),
        ("GetItem", "ExpiredTokenException", "the credentials have expired; log in again"),
        (
            "GetItem",
            "UnrecognizedClientException",
            "the credentials are not valid; log in again",
        ),
        ("GetCallerIdentity", "SignatureDoesNotMatch", "the secret access key is not valid; log in again"),
        ("GetItem", "ThrottlingException", "AWS throttles requests; try again in a minute"),
        ("GetItem", "Unheard", "GetItem failed with Unheard"),
    ],
    ids=lambda value: value.partition(";")[0],
)
def test_an_answer_of_aws_is_told_with_what_to_try(operation, code, said):
    told = explain(answer(operation, code))

    assert told.startswith(said)
    assert told.endswith(" (as AWS says)")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (sdk.EndpointConnectionError(endpoint_url=URL), "AWS cannot be reached; check --region, the network"),
        (sdk.ConnectTimeoutError(endpoint_url=URL), "AWS cannot be reached; check --region, the network"),
        (sdk.ReadTimeoutError(endpoint_url=URL), "AWS cannot be reached; check --region, the network"),
        (sdk.SSLError(endpoint_url=URL, error="x"), "AWS cannot be reached; check --region, the network"),
        (
            sdk.UnauthorizedSSOTokenError(),
            "no usable AWS credentials; log in again",
        ),
        (sdk.LoginRefreshRequired(), "no usable AWS credentials; log in again"),
        (sdk.PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"), "no usable AWS"),
        (sdk.InvalidRegionError(region_name="eu west"), "Provided region_name 'eu west' doesn't match"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_what_stops_the_sdk_is_told_with_what_to_try(error: Any, said: str):
    assert explain(error).startswith(said)


def fail_in_the_library(error: Exception, cause: Exception | None) -> None:
    with translate_errors_of_library("hr-data"):
        raise error from cause


def test_what_the_library_was_refused_is_told_with_what_to_try():
    with pytest.raises(RefusedError, match=r"^hr-data: the credentials lack s3:PutBucketAcl; use others"):
        fail_in_the_library(UnavailableError("S3: refused"), answer("PutBucketAcl", "AccessDenied"))


def test_the_words_of_the_library_itself_stay():
    with pytest.raises(RefusedError, match=r"^there is no bucket hr-data any more$"):
        fail_in_the_library(RefusedError("there is no bucket hr-data any more"), None)

"""Errors of the AWS SDK in one line: what of which resource failed, and what to try."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    HTTPClientError,
    LoginError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    SSOError,
    TokenRetrievalError,
)
from botocore.exceptions import (
    ConnectionError as NoConnectionError,
)
from s3watch.errors import RefusedError, UnavailableError

AWS_ERRORS = (ClientError, BotoCoreError)
# IAM actions of operations, where they are not the operation's name in S3.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
PERMISSIONS = {
    "BatchGetItem": "dynamodb:BatchGetItem",
    "DeleteBucketMetricsConfiguration": "s3:PutMetricsConfiguration",
    "DeletePublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "ConfirmSubscription": "sns:ConfirmSubscription",
    "DescribeStacks": "cloudformation:DescribeStacks",
    "DescribeTrails": "cloudtrail:DescribeTrails",
    "GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "GetBucketMetricsConfiguration": "s3:GetMetricsConfiguration",
    "GetBucketNotificationConfiguration": "s3:GetBucketNotification",
    "GetEventSelectors": "cloudtrail:GetEventSelectors",
    "GetItem": "dynamodb:GetItem",
    "GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "GetQueueAttributes": "sqs:GetQueueAttributes",
    "GetQueueUrl": "sqs:GetQueueUrl",
    "GetSubscriptionAttributes": "sns:GetSubscriptionAttributes",
    "HeadBucket": "s3:ListBucket",
    "ListSubscriptionsByTopic": "sns:ListSubscriptionsByTopic",
    "PutBucketMetricsConfiguration": "s3:PutMetricsConfiguration",
    "PutBucketNotificationConfiguration": "s3:PutBucketNotification",
    "PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "Query": "dynamodb:Query",
    "Scan": "dynamodb:Scan",
    "Subscribe": "sns:Subscribe",
    "TransactWriteItems": "dynamodb:UpdateItem",
    "Unsubscribe": "sns:Unsubscribe",
    "UpdateItem": "dynamodb:UpdateItem",
}
DENIED = frozenset({"AccessDenied", "AccessDeniedException", "403", "AuthorizationError"})
HERE = "in this account and Region"
LOG_IN = "log in again, or use another --profile"
LATER = "try again in a minute"
NO_TABLE = f"no such table {HERE}; check --table, --profile and --region"
# By error code, or by operation and error code.
ADVICE = {
    "404": f"no such bucket {HERE}; check its name, --profile and --region",
    "NoSuchBucket": "no such bucket; check its name",
    "DescribeStacks ValidationError": f"no such stack {HERE}; check --stack, --profile and --region",
    "GetItem ResourceNotFoundException": NO_TABLE,
    "Query ResourceNotFoundException": NO_TABLE,
    "Scan ResourceNotFoundException": NO_TABLE,
    "TrailNotFoundException": f"no such trail {HERE}; check its name and --region",
    "NotFound": "no such topic; check whether it was deleted",
    "AWS.SimpleQueueService.NonExistentQueue": "no such queue; deploy with ScanLogFiles=true, or use --queue",
    "301": "it is in another Region; set it with --region",
    "PermanentRedirect": "it is in another Region; set it with --region",
    "OperationAborted": f"another change is in progress; {LATER}",
    "SlowDown": f"S3 throttles requests; {LATER}",
    "Throttling": f"AWS throttles requests; {LATER}",
    "ThrottlingException": f"AWS throttles requests; {LATER}",
    "ServiceUnavailable": f"AWS does not serve it at the moment; {LATER}",
    "InternalError": f"AWS does not serve it at the moment; {LATER}",
    "InvalidTargetBucketForLogging": "S3 cannot log to that bucket; check its policy, owner and Region",
    "TooManyConfigurations": "it has as many metrics configurations as S3 allows; delete one",
    "ExpiredToken": "the credentials have expired; log in again",
    "ExpiredTokenException": "the credentials have expired; log in again",
    "RequestExpired": "the credentials have expired; log in again",
    "InvalidAccessKeyId": f"the credentials are not valid; {LOG_IN}",
    "InvalidClientTokenId": f"the credentials are not valid; {LOG_IN}",
    "InvalidToken": f"the credentials are not valid; {LOG_IN}",
    "UnrecognizedClientException": f"the credentials are not valid; {LOG_IN}",
    "SignatureDoesNotMatch": f"the secret access key is not valid; {LOG_IN}",
    "InvalidSignatureException": f"the secret access key is not valid; {LOG_IN}",
    "RequestTimeTooSkewed": "the clock of this machine is wrong; set it",
}
UNREACHABLE = (
    "S3 tested every destination and could not send to one; the policies of that queue or topic and of its"
    " KMS key must allow s3.amazonaws.com to send for this bucket"
)


@contextmanager
def translate_errors(resource: str) -> Iterator[None]:
    """Translate errors of the AWS SDK into RefusedError: one line with what to do."""
    try:
        yield
    except AWS_ERRORS as error:
        raise RefusedError(f"{resource}: {explain(error)}") from error


@contextmanager
def translate_errors_of_library(resource: str) -> Iterator[None]:
    """Translate them likewise where `s3watch.aws` made the call, whose own words do not say what to do."""
    try:
        yield
    except (RefusedError, UnavailableError) as error:
        if not isinstance(error.__cause__, AWS_ERRORS):
            raise
        raise RefusedError(f"{resource}: {explain(error.__cause__)}") from error


def explain(error: ClientError | BotoCoreError) -> str:
    """Return what is wrong and what to try, with the SDK's own words."""
    if isinstance(error, ClientError):
        return _explain_answer(error)
    words = " ".join(str(error).split())
    match error:
        case NoRegionError():
            return "no Region is set; set one with --region or AWS_REGION"
        case NoCredentialsError():
            return "no AWS credentials found; log in, or use --profile"
        case (
            PartialCredentialsError()
            | CredentialRetrievalError()
            | LoginError()
            | SSOError()
            | TokenRetrievalError()
        ):
            return f"no usable AWS credentials; {LOG_IN} ({words})"
        case HTTPClientError() | NoConnectionError():
            return f"AWS cannot be reached; check --region, the network and its proxy ({words})"
        case _:
            return words


def _explain_answer(error: ClientError) -> str:
    code, operation = error_code(error), error.operation_name
    message = " ".join(error.response.get("Error", {}).get("Message", "").split())
    if code in DENIED:
        allowed = PERMISSIONS.get(operation, f"s3:{operation}")
        return f"the credentials lack {allowed}; use others with --profile ({message})"
    if "Unable to validate" in message:
        return f"{UNREACHABLE} ({message})"
    advice = ADVICE.get(f"{operation} {code}") or ADVICE.get(code) or f"{operation} failed with {code}"
    return f"{advice} ({message})"


def error_code(error: ClientError) -> str:
    """Return the code of an error that AWS answered."""
    return str(error.response.get("Error", {}).get("Code", ""))

"""The boto3 clients, the calls to SNS, SQS and S3, and the translation of AWS errors into ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Literal, overload

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.exceptions import ConnectionError as NoConnectionError

from s3watch.errors import LogFileError, RefusedError, UnavailableError
from s3watch.text import one_line

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

    from s3watch.alerts.sns_message import Publication
    from s3watch.sources.log_notifications import LogObject

BLOCK = 8 * 1024 * 1024  # bytes of an object that are held at a time; nearly all log files are smaller
BATCH_SIZE = 10  # messages in one ChangeMessageVisibilityBatch
# Answers after which the same call may succeed: throttled, crossed by another, or our credentials expired.
PASSING_STATUS = frozenset({408, 409, 429})
PASSING_CODES = frozenset(
    {
        "ExpiredToken", "InternalError", "InvalidAccessKeyId", "InvalidClientTokenId", "InvalidToken",
        "OperationAborted", "RequestLimitExceeded", "RequestTimeTooSkewed", "RequestTimeout",
        "ServiceUnavailable", "SignatureDoesNotMatch", "SlowDown", "Throttling", "ThrottlingException",
        "TokenRefreshRequired", "TooManyRequestsException",
    }
)  # fmt: skip
THROTTLED_CODES = frozenset(
    {"RequestLimitExceeded", "SlowDown", "Throttling", "ThrottlingException", "TooManyRequestsException"}
)
LONGEST_WAIT = 900  # seconds: the longest visibility timeout of a message that is to be retried
SHORTEST_WAIT = 15  # seconds, doubled with every receive

# Short enough that three attempts fit into a function's timeout, with time left to return the messages.
CONFIG = Config(connect_timeout=3, read_timeout=7, retries={"mode": "standard", "total_max_attempts": 3})
# What cannot be sent is sent by the next sweep; until then its lease must not expire (see pipelines.notify).
SNS_CONFIG = Config(connect_timeout=3, read_timeout=7, retries={"mode": "standard", "total_max_attempts": 2})
# Of what an alert can do without: it does not wait for it.
BRIEF_CONFIG = Config(
    connect_timeout=1, read_timeout=1, retries={"mode": "standard", "total_max_attempts": 1}
)
# A search takes longer than a read of a setting; how long is not documented.
LOOK_UP_CONFIG = BRIEF_CONFIG.merge(Config(read_timeout=3))


@overload
def client(name: Literal["dynamodb"]) -> DynamoDBClient: ...
@overload
def client(name: Literal["s3"]) -> S3Client: ...
@overload
def client(name: Literal["s3control"], region: str = ...) -> Any: ...
@overload
def client(name: Literal["sns"]) -> SNSClient: ...
@overload
def client(name: Literal["sqs"]) -> SQSClient: ...
@overload
def client(
    name: Literal["cloudformation", "cloudtrail", "events", "iam", "lambda"], region: str = ...
) -> Any: ...
@cache
def client(name: Any, region: str | None = None) -> Any:
    """Return the client of a service in a Region, by default ours, created once per process."""
    return boto3.client(name, region_name=region, config=SNS_CONFIG if name == "sns" else CONFIG)


@overload
def brief_client(name: Literal["s3"]) -> S3Client: ...
@overload
def brief_client(name: Literal["iam", "s3control"]) -> Any: ...
@overload
def brief_client(name: Literal["cloudtrail"], region: str) -> Any: ...
@cache
def brief_client(name: Any, region: str | None = None) -> Any:
    """Return a client whose calls are not repeated and end within about two seconds, CloudTrail's in four."""
    config = LOOK_UP_CONFIG if name == "cloudtrail" else BRIEF_CONFIG
    return boto3.client(name, region_name=region, config=config)


@contextmanager
def translating_errors(service: str) -> Iterator[None]:
    """Raise UnavailableError, with the service's name, in place of any error of boto3.

    This includes missing permissions: they can be granted while the messages wait in the queue.
    """
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise UnavailableError(f"{service}: {error}") from error


def ask(service: str, call: Callable[[], Any], *absent: str) -> Any:
    """Make a call and return its response, or None if it fails with one of the error codes `absent`.

    Raises RefusedError if AWS refuses the call, for whatever reason, and UnavailableError if it may succeed
    later.
    """
    with translating_errors(service):
        try:
            return call()
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in absent:
                return None
            if _is_refusal(code, error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)):
                raise RefusedError(f"{service}: {error}") from error
            raise


def _is_refusal(code: str, status: int) -> bool:
    return 400 <= status < 500 and status not in PASSING_STATUS and code not in PASSING_CODES


def is_throttled(error: UnavailableError) -> bool:
    """Return whether a service takes no more calls of the account at the moment."""
    cause = error.__cause__
    return isinstance(cause, ClientError) and cause.response["Error"]["Code"] in THROTTLED_CODES


def is_cut_off(error: UnavailableError) -> bool:
    """Return whether there is no way to a service, which does not pass by itself as a busy one does."""
    return isinstance(error.__cause__, NoConnectionError)


def publish(topic: str, publication: Publication) -> None:
    """Publish to an SNS topic. Raises UnavailableError."""
    request: dict[str, Any] = {
        "TopicArn": topic,
        "Message": publication.message,
        "MessageAttributes": publication.attributes,
    }
    if publication.subject:
        request["Subject"] = publication.subject
    if publication.structured:
        request["MessageStructure"] = "json"
    with translating_errors("SNS"):
        client("sns").publish(**request)


def send_to_dead_letter_queue(queue: str, body: str, reason: str) -> None:
    """Send an unreadable message to a dead-letter queue, with the reason. Raises UnavailableError."""
    with translating_errors("SQS"):
        client("sqs").send_message(
            QueueUrl=queue,
            MessageBody=body,
            # A reason may quote the key of a file, and SQS refuses control characters.
            MessageAttributes={"reason": {"DataType": "String", "StringValue": one_line(reason, 256)}},
        )


def download(place: LogObject, most: int) -> Iterator[bytes]:
    """Yield an object of at most `most` bytes, in the given version if there is one, in blocks.

    Each block is a request of its own, so that no connection waits for what is done with the one before; all
    are of the same content. Raises LogFileError if it is larger, RefusedError if S3 does not have it or does
    not give it out (without s3:ListBucket both are a 403), UnavailableError on any other error.
    """
    request: dict[str, Any] = {"Bucket": place.bucket, "Key": place.key}
    if place.version:
        request["VersionId"] = place.version
    answer = ask(place.uri, lambda: client("s3").get_object(**request))
    size, read = answer["ContentLength"], 0
    if size > most:
        answer["Body"].close()
        raise LogFileError(f"{place.uri}: {size:,} bytes, more than the limit of {most:,}")
    while True:
        with translating_errors("S3"), closing(answer["Body"]) as body:
            block: bytes = body.read(BLOCK)
        yield block
        read += len(block)
        if read >= size:
            return
        if not block:
            raise UnavailableError(f"{place.uri}: S3 sent {read:,} of {size:,} bytes")
        rest = request | {"Range": f"bytes={read}-{read + BLOCK - 1}", "IfMatch": answer["ETag"]}
        answer = ask(place.uri, partial(client("s3").get_object, **rest))


def postpone(queue: str, messages: Sequence[tuple[str, int]]) -> None:
    """Extend the visibility timeout of messages (receipt handle, receive count), longer with each receive.

    Raises UnavailableError.
    """
    for start in range(0, len(messages), BATCH_SIZE):
        entries = [
            {
                "Id": str(number),
                "ReceiptHandle": receipt,
                "VisibilityTimeout": min(SHORTEST_WAIT * 2 ** min(received, 10), LONGEST_WAIT),
            }
            for number, (receipt, received) in enumerate(messages[start : start + BATCH_SIZE])
        ]
        with translating_errors("SQS"):
            client("sqs").change_message_visibility_batch(QueueUrl=queue, Entries=entries)  # type: ignore[arg-type]  # a list of exactly such dicts

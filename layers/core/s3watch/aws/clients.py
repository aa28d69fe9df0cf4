"""The one place that talks to AWS: clients, and what their failures mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, overload

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from s3watch.errors import LogFileError, RefusedError, UnavailableError
from s3watch.text import clean

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

    from s3watch.alerts.sns_message import Publication
    from s3watch.sources.log_notifications import LogObject

BATCH_SIZE = 10  # messages in one ChangeMessageVisibilityBatch
LONGEST_WAIT = 900  # seconds a message waits before it is tried again, at most
SHORTEST_WAIT = 15  # seconds, doubled with every receive

# Short enough that three tries fit into a function's timeout, with room to hand messages back.
CONFIG = Config(connect_timeout=3, read_timeout=7, retries={"mode": "standard", "max_attempts": 3})


@overload
def client(name: Literal["dynamodb"]) -> DynamoDBClient: ...
@overload
def client(name: Literal["s3"]) -> S3Client: ...
@overload
def client(name: Literal["s3control"]) -> Any: ...
@overload
def client(name: Literal["sns"]) -> SNSClient: ...
@overload
def client(name: Literal["sqs"]) -> SQSClient: ...
@cache
def client(name: Any) -> Any:
    """Make a service's client once per process."""
    return boto3.client(name, config=CONFIG)


@contextmanager
def translating_errors(service: str) -> Iterator[None]:
    """Turn whatever keeps a service from translating_errors into UnavailableError.

    A missing permission counts too: it is mended in the account while the messages wait.
    """
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise UnavailableError(f"{service}: {error}") from error


def ask(service: str, call: Callable[[], Any], *absent: str) -> Any:
    """Ask for what need not be there: None where the answer is one of the error codes `absent`.

    Raises RefusedError where we may not ask, UnavailableError where there is no answer.
    """
    with translating_errors(service):
        try:
            return call()
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in absent:
                return None
            if code in ("AccessDenied", "AccessDeniedException"):
                raise RefusedError(f"{service}: {error}") from error
            raise


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
    """Put a message that can not be read aside, with the reason. Raises UnavailableError."""
    with translating_errors("SQS"):
        client("sqs").send_message(
            QueueUrl=queue,
            MessageBody=body,
            # cleaned, because a reason may quote a file's key, and SQS refuses control characters
            MessageAttributes={"reason": {"DataType": "String", "StringValue": clean(reason, 256)}},
        )


def download(place: LogObject, most: int) -> bytes:
    """Read an object, in the version named if one is.

    Raises UnavailableError, also where it is gone or may not be read; LogFileError where it is too large.
    """
    request: dict[str, Any] = {"Bucket": place.bucket, "Key": place.key}
    if place.version:
        request["VersionId"] = place.version
    with translating_errors("S3"):
        answer = client("s3").get_object(**request)
        if answer["ContentLength"] > most:
            answer["Body"].close()
            raise LogFileError(f"{place.uri}: has {answer['ContentLength']:,} bytes, more than {most:,}")
        return answer["Body"].read()


def postpone(queue: str, messages: Sequence[tuple[str, int]]) -> None:
    """Have messages (receipt handle, times received) wait longer the more often they failed."""
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

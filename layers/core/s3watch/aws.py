"""The one place that talks to AWS: clients, and what their failures mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, overload

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from s3watch.errors import UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

    from s3watch.message import Publication

CHANGES_AT_ONCE = 10  # messages in one ChangeMessageVisibilityBatch
LONGEST_WAIT = 900  # seconds a message waits before it is tried again, at most
SHORTEST_WAIT = 15  # seconds, doubled with every receive

# Short enough that three tries fit into a function's timeout, with room to hand messages back.
CONFIG = Config(connect_timeout=3, read_timeout=7, retries={"mode": "standard", "max_attempts": 3})


@overload
def client(name: Literal["dynamodb"]) -> DynamoDBClient: ...
@overload
def client(name: Literal["sns"]) -> SNSClient: ...
@overload
def client(name: Literal["sqs"]) -> SQSClient: ...
@cache
def client(name: Any) -> Any:
    """Make a service's client once per process."""
    return boto3.client(name, config=CONFIG)


@contextmanager
def answering(service: str) -> Iterator[None]:
    """Turn whatever keeps a service from answering into UnavailableError.

    A missing permission counts too: it is mended in the account while the messages wait.
    """
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise UnavailableError(f"{service}: {error}") from error


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
    with answering("SNS"):
        client("sns").publish(**request)


def send_to_dead_letters(queue: str, body: str, reason: str) -> None:
    """Put a message that can not be read aside, with the reason. Raises UnavailableError."""
    with answering("SQS"):
        client("sqs").send_message(
            QueueUrl=queue,
            MessageBody=body,
            MessageAttributes={"reason": {"DataType": "String", "StringValue": reason[:256]}},
        )


def postpone(queue: str, messages: Sequence[tuple[str, int]]) -> None:
    """Have messages (receipt handle, times received) wait longer the more often they failed."""
    for start in range(0, len(messages), CHANGES_AT_ONCE):
        entries = [
            {
                "Id": str(number),
                "ReceiptHandle": receipt,
                "VisibilityTimeout": min(SHORTEST_WAIT * 2 ** min(received, 10), LONGEST_WAIT),
            }
            for number, (receipt, received) in enumerate(messages[start : start + CHANGES_AT_ONCE])
        ]
        with answering("SQS"):
            client("sqs").change_message_visibility_batch(QueueUrl=queue, Entries=entries)  # type: ignore[arg-type]  # a list of exactly such dicts

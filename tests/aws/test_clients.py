from __future__ import annotations

import json
from collections.abc import Iterator
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError
from botocore.response import StreamingBody
from botocore.stub import Stubber
from moto import mock_aws
from s3watch.alerts.sns_message import chat_publication, publication
from s3watch.aws import clients
from s3watch.errors import LogFileError, RefusedError, UnavailableError
from s3watch.sources.log_notifications import LogObject

from tests.support.sample_alerts import make_alert

FIRST = make_alert()
TOPIC = "arn:aws:sns:eu-west-1:123456789012:alerts"


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    clients.client.cache_clear()
    with mock_aws():
        yield boto3.client("sqs")
    clients.client.cache_clear()


@pytest.fixture
def inbox(account: Any) -> str:
    """Create a queue that is subscribed to the topic and receives attributes too."""
    sns = boto3.client("sns")
    sns.create_topic(Name="alerts")
    url = account.create_queue(QueueName="inbox")["QueueUrl"]
    sns.subscribe(TopicArn=TOPIC, Protocol="sqs", Endpoint="arn:aws:sqs:eu-west-1:123456789012:inbox")
    return url


def read(account: Any, url: str) -> dict[str, Any]:
    (message,) = account.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    return message


def test_a_publication_is_delivered_with_subject_and_attributes(account: Any, inbox: str):
    wanted = publication(FIRST, {})
    clients.publish(TOPIC, wanted)
    notice = json.loads(read(account, inbox)["Body"])

    assert (notice["Subject"], notice["Message"], notice["MessageAttributes"]["severity"]["Value"]) == (
        wanted.subject, json.loads(wanted.message)["default"], FIRST.level,
    )  # fmt: skip


def test_a_chat_notification_is_the_whole_message(account: Any, inbox: str):
    clients.publish(TOPIC, chat_publication(FIRST, {}))

    assert json.loads(json.loads(read(account, inbox)["Body"])["Message"])["source"] == "custom"


def test_a_missing_topic_is_unavailable(account: Any):
    with pytest.raises(UnavailableError, match="SNS"):
        clients.publish(TOPIC, publication(FIRST, {}))


def test_a_message_in_the_dead_letter_queue_has_its_reason(account: Any):
    url = account.create_queue(QueueName="dead")["QueueUrl"]
    clients.send_to_dead_letter_queue(url, "{", "not JSON " + "x" * 1000)
    message = read(account, url)

    assert (message["Body"], len(message["MessageAttributes"]["reason"]["StringValue"])) == ("{", 256)


def test_postponed_messages_are_invisible_for_longer(account: Any):
    url = account.create_queue(QueueName="events", Attributes={"VisibilityTimeout": "0"})["QueueUrl"]
    for number in range(12):
        account.send_message(QueueUrl=url, MessageBody=str(number))
    received = [
        message
        for _ in range(2)
        for message in account.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=30)[
            "Messages"
        ]
    ]
    for message in received:
        account.change_message_visibility(
            QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=5
        )

    clients.postpone(url, [(message["ReceiptHandle"], 1) for message in received])

    assert (len(received), "Messages" in account.receive_message(QueueUrl=url)) == (12, False)


@pytest.fixture
def log_bucket(account: Any) -> Any:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="trail-logs", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_bucket_versioning(Bucket="trail-logs", VersioningConfiguration={"Status": "Enabled"})
    return s3


def test_a_log_file_is_read_in_the_version_of_the_notification(log_bucket: Any):
    version = log_bucket.put_object(Bucket="trail-logs", Key="a.gz", Body=b"this version")["VersionId"]
    log_bucket.put_object(Bucket="trail-logs", Key="a.gz", Body=b"overwritten")
    log_bucket.put_object(Bucket="trail-logs", Key="empty", Body=b"")

    assert list(clients.download(LogObject("trail-logs", "a.gz", version), 100)) == [b"this version"]
    assert list(clients.download(LogObject("trail-logs", "a.gz"), 100)) == [b"overwritten"]
    assert list(clients.download(LogObject("trail-logs", "empty"), 100)) == [b""]


def test_a_large_log_file_is_read_block_by_block(log_bucket: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(clients, "BLOCK", 4)
    log_bucket.put_object(Bucket="trail-logs", Key="a.gz", Body=b"0123456789")

    assert list(clients.download(LogObject("trail-logs", "a.gz"), 10)) == [b"0123", b"4567", b"89"]


def test_a_log_file_that_is_overwritten_between_two_blocks_is_not_mixed(
    log_bucket: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(clients, "BLOCK", 4)
    log_bucket.put_object(Bucket="trail-logs", Key="a.gz", Body=b"0123456789")
    blocks = clients.download(LogObject("trail-logs", "a.gz"), 100)

    assert next(blocks) == b"0123"
    log_bucket.put_object(Bucket="trail-logs", Key="a.gz", Body=b"abcdefghij")
    with pytest.raises(RefusedError, match="PreconditionFailed"):
        next(blocks)


def test_a_block_that_ends_early_is_continued_and_one_that_never_comes_makes_s3_unavailable(account: Any):
    with Stubber(clients.client("s3")) as s3:
        for content in (b"half", b"of", b""):
            body = StreamingBody(BytesIO(content), len(content))
            s3.add_response("get_object", {"Body": body, "ContentLength": 8, "ETag": "e"})
        blocks = clients.download(LogObject("trail-logs", "a.gz"), 100)

        assert (next(blocks), next(blocks), next(blocks)) == (b"half", b"of", b"")
        with pytest.raises(UnavailableError, match=r"s3://trail-logs/a\.gz: S3 sent 6 of 8 bytes"):
            next(blocks)


def test_a_log_file_that_is_too_large_is_refused_before_it_is_read(log_bucket: Any):
    log_bucket.put_object(Bucket="trail-logs", Key="a.gz", Body=b"1234567")

    with pytest.raises(LogFileError, match=r"s3://trail-logs/a\.gz: 7 bytes, more than the limit of 6"):
        list(clients.download(LogObject("trail-logs", "a.gz"), 6))


@pytest.mark.parametrize(
    ("place", "code"),
    [
        (LogObject("trail-logs", "gone.gz"), "NoSuchKey"),
        (LogObject("no-such-bucket", "a.gz"), "NoSuchBucket"),
    ],
    ids=["key", "bucket"],
)
def test_a_missing_log_file_is_refused(log_bucket: Any, place: LogObject, code: str):
    with pytest.raises(RefusedError, match=rf"{place.uri}: .*{code}"):
        list(clients.download(place, 100))


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (403, "AccessDenied", RefusedError),
        (400, "InvalidArgument", RefusedError),
        (400, "ExpiredToken", UnavailableError),
        (503, "SlowDown", UnavailableError),
    ],
    ids=["denied", "no such version", "expired credentials", "throttled"],
)
def test_a_log_file_that_is_denied_is_refused_and_one_that_has_to_wait_is_unavailable(
    account: Any, status: int, code: str, error: type[Exception]
):
    with Stubber(clients.client("s3")) as s3:
        s3.add_client_error("get_object", code, http_status_code=status)
        with pytest.raises(error, match=code):
            list(clients.download(LogObject("trail-logs", "a.gz"), 100))


def test_a_reason_is_cleaned_to_one_line(account: Any):
    url = account.create_queue(QueueName="dead")["QueueUrl"]
    clients.send_to_dead_letter_queue(url, "body", "s3://trail-logs/a\x01\n.gz: not gzip")

    assert (
        read(account, url)["MessageAttributes"]["reason"]["StringValue"]
        == r"s3://trail-logs/a\x01\n.gz: not gzip"
    )


@pytest.mark.parametrize(
    ("service", "call", "attempts"),
    [("dynamodb", lambda one: one.get_item(TableName="t", Key={"pk": {"S": "k"}}), 3),
     ("sns", lambda one: one.publish(TopicArn="arn:aws:sns:eu-west-1:111122223333:t", Message="m"), 2)],
    ids=["dynamodb", "sns"],
)  # fmt: skip
def test_a_call_is_attempted_as_often_as_the_timeouts_and_leases_allow(monkeypatch, service, call, attempts):
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    made = []

    def refuse(request, **_):
        made.append(request)
        return AWSResponse(request.url, 503, {}, SimpleNamespace(stream=lambda *_, **__: iter([b""])))

    one = boto3.client(
        service, "eu-west-1", config=clients.SNS_CONFIG if service == "sns" else clients.CONFIG
    )
    one.meta.events.register("before-send", refuse)
    with pytest.raises(ClientError):
        call(one)

    assert len(made) == attempts

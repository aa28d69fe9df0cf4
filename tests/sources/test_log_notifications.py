from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch.errors import RecordError
from s3watch.sources.log_notifications import (
    LogObject,
    PoisonRecord,
    read_notification,
    read_poison_record,
    write_poison_record,
)

from tests.support.log_files import make_notification

KEY = "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/11/20/a.json.gz"
FOUND = [LogObject("trail-logs", KEY)]
NOTICE = {"s3Bucket": "trail-logs", "s3ObjectKey": [KEY]}
EVENT = {
    "detail-type": "Object Created",
    "source": "aws.s3",
    "detail": {"bucket": {"name": "trail-logs"}, "object": {"key": KEY, "size": 1}},
}


def wrap(message: Any) -> str:
    text = message if isinstance(message, str) else json.dumps(message)
    return json.dumps({"Type": "Notification", "TopicArn": "arn:aws:sns:::t", "Message": text})


@pytest.mark.parametrize(
    "body",
    [
        json.dumps(make_notification(KEY)),
        wrap(make_notification(KEY)),
        json.dumps(NOTICE),
        wrap(NOTICE),
        json.dumps(EVENT),
    ],
    ids=["S3", "S3 by SNS", "CloudTrail, raw", "CloudTrail by SNS", "EventBridge"],
)
def test_a_new_log_file_is_found_in_every_kind_of_message(body: str):
    assert read_notification(body) == (FOUND, [])


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "trail-logs"}),
        wrap({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "trail-logs"}),
        wrap("CloudTrail validation message."),
        json.dumps(make_notification(KEY, event="ObjectRemoved:Delete")),
        json.dumps({"Records": []}),
    ],
    ids=["S3's test", "S3's test by SNS", "CloudTrail's test", "a removal", "nothing"],
)
def test_tests_and_removals_announce_no_file(body: str):
    assert read_notification(body) == ([], [])


def test_the_key_in_a_notification_is_decoded():
    notification = make_notification("logs/a%2Bb+c%3D%C3%BC.gz", version="v1")

    assert read_notification(json.dumps(notification)) == (
        [LogObject("trail-logs", "logs/a+b c=ü.gz", "v1")],
        [],
    )


def test_the_key_in_an_eventbridge_event_is_not_decoded():
    event = EVENT | {
        "detail": {"bucket": {"name": "trail-logs"}, "object": {"key": "a+b%20c", "version-id": "v1"}}
    }

    assert read_notification(json.dumps(event)) == ([LogObject("trail-logs", "a+b%20c", "v1")], [])


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        "7",
        "{}",
        json.dumps(EVENT | {"detail-type": "Object Deleted"}),
        "\ud800",
    ],
    ids=[
        "empty",
        "cut off",
        "list",
        "number",
        "empty object",
        "another event",
        "lone surrogate",
    ],
)
def test_a_message_of_another_kind_is_refused(body: str):
    with pytest.raises(RecordError, match="not a notification of a log file"):
        read_notification(body)


UNREADABLE = ([LogObject("trail-logs", KEY)], ["not a notification of a log file: it names no object"])


@pytest.mark.parametrize(
    "odd",
    [
        "null", "7", "{}", '{"eventName": "ObjectCreated:Put", "s3": {}}', '{"s3": {"object": "a.gz"}}',
        '{"s3": {"bucket": {"name": "trail-logs"}, "object": {"key": ["a", "b"]}}}',
    ],
    ids=["null", "number", "empty", "no object", "a text for the object", "two keys"],
)  # fmt: skip
def test_one_unreadable_object_takes_no_other_with_it(odd: str):
    body = json.dumps(make_notification(KEY)).replace('{"Records": [', f'{{"Records": [{odd}, ')

    assert read_notification(body) == UNREADABLE


@pytest.mark.parametrize("keys", [[None, KEY], [{}, KEY], ["", KEY]], ids=["null", "object", "empty"])
def test_one_unreadable_key_of_a_trail_takes_no_other_with_it(keys: list[Any]):
    assert read_notification(json.dumps(NOTICE | {"s3ObjectKey": keys})) == UNREADABLE


@pytest.mark.parametrize(
    "odd",
    ["7", "[]", "NaN", r'"\ud83d"', '"\x00"', "1e999", "[" * 20_000 + "]" * 20_000],
    ids=lambda odd: odd[:5],
)
def test_what_is_odd_beside_the_object_does_not_hide_it(odd: str):
    body = json.dumps(make_notification(KEY)).replace('"0055"', odd)

    assert read_notification(body) == (FOUND, [])


@given(st.text(max_size=100))
def test_a_poison_record_survives_writing_and_reading(text: str):
    record = PoisonRecord("s3://trail-logs/a.gz", 17, text.encode(errors="replace").decode(), "not JSON")
    body = write_poison_record(record)

    assert body.isascii()
    assert read_poison_record(body) == record


def test_a_notification_is_not_a_poison_record():
    assert read_poison_record(json.dumps(NOTICE)) is None

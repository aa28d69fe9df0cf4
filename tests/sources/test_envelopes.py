from __future__ import annotations

import json
from typing import Any

import pytest
from s3watch.sources.envelopes import BARE, Message, parse, records
from s3watch.sources.s3_events import translate

from tests.support.access_log import make_deletion
from tests.support.cloudtrail import as_bytes, make_event, make_record

EVENT = make_event(make_record()).decode()


def test_a_bare_event_is_one_message():
    assert parse(json.loads(EVENT)) == [Message(BARE, EVENT)]


def test_an_sqs_batch_is_one_message_each():
    record = {
        "messageId": "m1",
        "body": EVENT,
        "receiptHandle": "r1",
        "attributes": {"ApproximateReceiveCount": "3"},
    }

    assert parse({"Records": [record]}) == [Message("m1", EVENT, "r1", 3)]


def test_the_record_of_an_event_is_its_detail_byte_for_byte():
    assert records([Message("m1", EVENT)]) == ([("m1", as_bytes(make_record()))], {})


def test_a_message_without_an_event_is_reported_with_the_reason():
    found, unreadable = records([Message("good", EVENT), Message("bad", "{"), Message("worse", "[]")])

    assert ([name for name, _ in found], sorted(unreadable)) == (["good"], ["bad", "worse"])


def test_half_a_surrogate_pair_in_a_message_is_replaced():
    assert records([Message("m1", '{"detail": {"userAgent": "\ud83d"}}')]) == (
        [("m1", '{"userAgent": "\ufffd"}'.encode())],
        {},
    )


def test_a_surrogate_pair_in_a_message_is_one_character():
    assert Message("m1", "\ud83d\ude00").content.decode() == "\N{GRINNING FACE}"


@pytest.mark.parametrize("odd", [7, None, {}, [], {"detail-type": 7}], ids=str)
def test_members_beside_the_record_may_have_any_type(odd: Any):
    event = json.loads(EVENT) | {"detail-type": odd, "id": odd, "resources": odd}

    assert records([Message("m1", json.dumps(event))])[0] == [("m1", json.dumps(event["detail"]).encode())]


def test_a_bare_event_with_half_a_surrogate_pair_is_read():
    (message,) = parse({"detail": {"userAgent": "\ud83d"}})

    assert records([message])[0] == [(BARE, rb'{"userAgent": "\ufffd"}')]


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"messageId": "m1"}, Message("m1", "")),
        ({"messageId": "m1", "body": EVENT, "attributes": None}, Message("m1", EVENT)),
        (
            {"messageId": "m1", "body": EVENT, "attributes": {"ApproximateReceiveCount": "many"}},
            Message("m1", EVENT),
        ),
    ],
    ids=["no body", "no attributes", "no number"],
)
def test_a_message_that_lacks_something_takes_no_other_with_it(record: dict[str, Any], message: Message):
    assert parse({"Records": [record, {"messageId": "m2", "body": EVENT}]}) == [
        message,
        Message("m2", EVENT),
    ]


def test_a_bare_s3_notification_is_one_message():
    notification = {"Records": [{"eventSource": "aws:s3", "s3": {}}]}

    assert parse(notification) == [Message(BARE, as_bytes(notification).decode())]


def test_an_s3_event_is_converted_into_a_record():
    event = as_bytes(make_deletion())

    assert records([Message("m1", event.decode())]) == ([("m1", translate(event))], {})

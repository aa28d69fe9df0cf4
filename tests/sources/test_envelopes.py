from __future__ import annotations

import json

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


def test_a_message_with_a_lone_surrogate_is_reported_too():
    assert list(records([Message("m1", '{"detail": "\ud800"}')])[1]) == ["m1"]


def test_a_bare_s3_notification_is_one_message():
    notification = {"Records": [{"eventSource": "aws:s3", "s3": {}}]}

    assert parse(notification) == [Message(BARE, as_bytes(notification).decode())]


def test_an_s3_event_is_converted_into_a_record():
    event = as_bytes(make_deletion())

    assert records([Message("m1", event.decode())]) == ([("m1", translate(event))], {})

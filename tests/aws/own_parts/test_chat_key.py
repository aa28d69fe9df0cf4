from __future__ import annotations

import logging
from typing import Any

import pytest
from s3watch.aws.own_parts.chat_key import LENGTH, make_key, read_key
from s3watch.errors import RefusedError, UnavailableError

from tests.support.ledger_table import TABLE


def test_all_who_make_the_key_have_the_same(table: Any):
    first, second = make_key(table, TABLE), make_key(table, TABLE)

    assert (len(first), second, read_key(table, TABLE)) == (LENGTH, first, first)


def test_before_it_is_made_there_is_nothing_to_judge(table: Any):
    with pytest.raises(RefusedError, match="the chat has shown no alert yet"):
        read_key(table, TABLE)


def test_without_its_table_it_is_unavailable(table: Any):
    with pytest.raises(UnavailableError, match="ResourceNotFoundException"):
        read_key(table, "nope")


def test_where_it_cannot_be_made_there_are_no_buttons_and_that_is_logged(
    table: Any, caplog: pytest.LogCaptureFixture
):
    assert make_key(table, "nope") == b""
    ((_, level, message),) = caplog.record_tuples
    assert (level, message.startswith("no buttons in the chat: DynamoDB: ")) == (logging.WARNING, True)


@pytest.mark.parametrize(
    "other",
    [{"S": "another"}, {"B": b""}, {"B": b"short"}, {"NULL": True}],
    ids=["text", "empty", "short", "null"],
)
def test_what_is_no_key_makes_no_buttons_and_judges_nothing(
    table: Any, caplog: pytest.LogCaptureFixture, other: Any
):
    table.put_item(TableName=TABLE, Item={"pk": {"S": "chat-key"}, "key": other})

    assert make_key(table, TABLE) == b""
    assert [record.getMessage() for record in caplog.records] == [
        "no buttons in the chat: the item chat-key has no key of 32 bytes"
    ]
    with pytest.raises(RefusedError, match="the item chat-key has no key"):
        read_key(table, TABLE)


def test_an_item_without_a_key_gets_one(table: Any):
    table.put_item(TableName=TABLE, Item={"pk": {"S": "chat-key"}})
    with pytest.raises(RefusedError, match="the item chat-key has no key"):
        read_key(table, TABLE)

    assert make_key(table, TABLE) == read_key(table, TABLE) != b""

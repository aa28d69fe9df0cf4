from __future__ import annotations

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


@pytest.mark.parametrize("use", [make_key, read_key])
def test_without_its_table_it_is_unavailable(table: Any, use: Any):
    with pytest.raises(UnavailableError, match="ResourceNotFoundException"):
        use(table, "nope")

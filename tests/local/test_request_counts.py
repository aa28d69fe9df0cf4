"""The requests that the local AWS counts as AWS would charge for them."""

from __future__ import annotations

import pytest

from local import request_counts


@pytest.mark.parametrize(("messages", "requests"), [(0, 0), (1, 1), (10, 1), (11, 2), (500, 50)], ids=str)
def test_a_request_takes_up_to_ten_messages(messages, requests):
    assert request_counts.batches(messages) == requests


def test_a_message_is_sent_once_however_often_it_is_received():
    request_counts.receive("retried", new=12, messages=12)
    request_counts.receive("retried", new=0, messages=12)

    counted = request_counts.counted()
    assert (counted["sqs:SendMessage retried"], counted["sqs:ReceiveMessage retried"]) == (12, 4)

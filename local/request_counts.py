"""Counts the requests that AWS would charge for; GET /_local/requests shows them.

EventBridge and S3 send each message by itself. Lambda receives and deletes up to ten with one request; its
polls of an empty queue are not made here, so they are not counted.
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
"""

from __future__ import annotations

import threading
from collections import Counter

PATH = "/_local/requests"
MOST_AT_ONCE = 10  # messages of one request to SQS

_counts: Counter[str] = Counter()
_lock = threading.Lock()


def add(request: str, number: int = 1) -> None:
    """Count requests, such as `sqs:SendMessage QUEUE`."""
    with _lock:
        _counts[request] += number


def receive(queue: str, new: int, messages: int) -> None:
    """Count what receiving messages took, of which so many were sent since they were last received."""
    add(f"sqs:SendMessage {queue}", new)
    add(f"sqs:ReceiveMessage {queue}", batches(messages))


def batches(messages: int) -> int:
    """Return how many requests receive or delete so many messages."""
    return -(-messages // MOST_AT_ONCE)


def counted() -> dict[str, int]:
    """Return the numbers of requests since the local AWS was started."""
    with _lock:
        return dict(_counts)

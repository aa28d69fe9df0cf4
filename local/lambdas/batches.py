"""How Lambda forms batches from a queue or stream: when one is due, how much fits, what failures lead to.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

MAX_PAYLOAD = 6 * 1024 * 1024  # bytes of one invocation
RECORD_FRAME = 512  # bytes of a record besides its body: ids, receipt handle, attributes

Record = dict[str, Any]
Invoke = Callable[[Sequence[Record]], int]  # how many of the records, from the first, are done


def seconds_until_due(waiting: int, oldest: float, mapping: Mapping[str, Any], now: float) -> float:
    """Return the seconds until a batch is due: 0 if it is full or its batching window is over."""
    if waiting >= int(mapping.get("BatchSize", 10)):
        return 0.0
    window = float(mapping.get("MaximumBatchingWindowInSeconds") or 0)
    return max(0.0, oldest + window - now)


def fit(sizes: Sequence[int]) -> int:
    """Return how many bodies of these sizes, from the first, fit into one payload; at least one."""
    total = 0
    for count, size in enumerate(sizes):
        total += size + RECORD_FRAME
        if total > MAX_PAYLOAD and count:
            return count
    return len(sizes)


def deliver_in_order(
    records: Sequence[Record], invoke: Invoke, retries: int, *, bisect: bool, pause: Callable[[], None]
) -> Iterator[Sequence[Record]]:
    """Deliver records in order; yields the batches given up after their retries (-1: never)."""
    tries = 0
    while records := records[invoke(records) :]:
        if bisect and len(records) > 1:
            middle = len(records) // 2
            yield from deliver_in_order(records[:middle], invoke, retries, bisect=bisect, pause=pause)
            yield from deliver_in_order(records[middle:], invoke, retries, bisect=bisect, pause=pause)
            return
        if tries == retries:
            yield records
            return
        tries += 1
        pause()


def done(records: Sequence[Record], result: Mapping[str, Any], *, partial: bool) -> int:
    """Count the stream records done: with ReportBatchItemFailures, those before the first failure."""
    if result.get("error") or result.get("throttle"):
        return 0
    failures = (result.get("body") or {}).get("batchItemFailures") if partial else None
    if not failures:
        return len(records)
    failed = {failure["itemIdentifier"] for failure in failures}
    numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
    return next((index for index, number in enumerate(numbers) if number in failed), 0)

"""How Lambda takes batches from a queue or stream: when one is ripe, how much fits, what failures become.

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


def unripe(waiting: int, oldest: float, mapping: Mapping[str, Any], now: float) -> float:
    """Seconds until a batch goes out: none when it is full, or its first record has waited out the window."""
    if waiting >= int(mapping.get("BatchSize", 10)):
        return 0.0
    window = float(mapping.get("MaximumBatchingWindowInSeconds") or 0)
    return max(0.0, oldest + window - now)


def fit(sizes: Sequence[int]) -> int:
    """How many bodies of these sizes, from the first, go into one payload; at least one."""
    total = 0
    for count, size in enumerate(sizes):
        total += size + RECORD_FRAME
        if total > MAX_PAYLOAD and count:
            return count
    return len(sizes)


def work_off(
    records: Sequence[Record], invoke: Invoke, retries: int, *, bisect: bool, pause: Callable[[], None]
) -> Iterator[Sequence[Record]]:
    """Deliver records in order; yield the batches given up after their retries. -1 retries never give up."""
    tries = 0
    while records := records[invoke(records) :]:
        if bisect and len(records) > 1:
            middle = len(records) // 2
            yield from work_off(records[:middle], invoke, retries, bisect=bisect, pause=pause)
            yield from work_off(records[middle:], invoke, retries, bisect=bisect, pause=pause)
            return
        if tries == retries:
            yield records
            return
        tries += 1
        pause()


def done(records: Sequence[Record], result: Mapping[str, Any], *, partial: bool) -> int:
    """How many stream records are done; where answers may be partial, those before the first failed."""
    if result.get("error") or result.get("throttle"):
        return 0
    failures = (result.get("body") or {}).get("batchItemFailures") if partial else None
    if not failures:
        return len(records)
    failed = {failure["itemIdentifier"] for failure in failures}
    numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
    return next((index for index, number in enumerate(numbers) if number in failed), 0)

"""What events cost on their way to the ledger: through EventBridge and a queue, or in a trail's log files.

Each cost is a range. At its low end traffic comes in bursts, so that batches are full and log files large; at
its high end it is spread evenly over the month, one event at a time. Durations were measured on a full core
and are scaled to the functions' memory. A test checks the settings against the templates.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import expm1

from s3watch_cli.cost import prices as price

MONTH = 30 * 86400  # seconds
CORE = 1769  # MB of memory with which Lambda gives one full core

# settings of template.yaml
BATCH, WINDOW = 500, 2  # messages and seconds of Detect
MEMORY, SCAN_MEMORY = 512, 1024  # MB, of Detect and Sweep, of ScanLogs
QUEUES = 4  # of events, log files, findings and reviews, polled day and night
EXACT = 256  # accesses of a group that the ledger claims

# measured by the benchmarks on one core, with the rules and sample events of this repository
EVENT_SECONDS = 11e-6  # parse and evaluate an event from a queue message, without a hit
RECORD_SECONDS = 23e-6  # the same from a log file, including decompression
# what an invocation logs, for metrics, if nothing hits; a test measures it. Lambda's own lines are not logged
DETECT_LOG_BYTES, SCAN_LOG_BYTES = 250, 900
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
LINE_OVERHEAD = 26  # bytes of each line
# write units of the ledger; a test measures them
GROUP_WRITES = 64  # a group of one hit: opened, sent to three topics, closed
CLAIM_WRITES = (2.1, 10.0)  # each further hit, in a batch of many, alone
COUNT_WRITES = 3  # a batch of hits of a group that has counted 256
SEEN_WRITES = 3  # a group of which all is new: with which label, network and program its caller was seen
VOLUME_WRITES = 13 / 12  # the calls of a file: five minutes of one hour, or once an hour of two

# assumed
CALL_SECONDS = 0.001  # an invocation's own, on a full core: Lambda's runtime; our handler takes 0.06 ms
FILE_SECONDS = 0.05  # fetching a log file
POLLERS = 5  # Lambda's pollers of a queue at low rates; each fills its own batch
POLL_SECONDS = 20  # that a poller waits for a message; without one, the request is charged all the same
RECEIVED = 10  # most messages that one request to SQS receives
HIT_SHARE, HITS_PER_MAIL = 0.001, 20  # hits per event, hits per group, which is an e-mail
FILES_A_MONTH = MONTH / 300  # a trail writes about every five minutes
RECORDS_PER_FILE = (1_000, 10_000)


@dataclass(frozen=True, slots=True)
class Cost:
    """The lowest and highest cost of one option in US dollars a month, and what it includes."""

    option: str
    what: str
    low: float
    high: float


def event_path(events: float, passed: float | None = None) -> Cost:
    """Return the cost of events through EventBridge, of which so many are passed on, among them the hits."""
    number = events if passed is None else passed
    rate = number / MONTH
    batch = min(BATCH, max(1.0, rate * WINDOW / POLLERS))
    low = _queued(number, 1 / RECEIVED, 1 / RECEIVED) + _detect(number, BATCH)
    high = _queued(number, receives(rate), 1 / min(batch, RECEIVED)) + _detect(number, batch)
    what = "EventBridge, SQS, Detect and its logs, ledger, e-mails"
    return Cost("events", what, low + alerts(events), high + alerts(events))


def receives(rate: float) -> float:
    """Return how many requests an event adds to the polling of an empty queue, if it is received alone.

    An event ends a poll that would have waited longer: at few events a second half a poll is saved, on
    average, at many none. `rate` is in events a second, in no order.
    """
    waits = POLL_SECONDS * rate / POLLERS  # events that arrive while a poller would wait
    return 1 / -expm1(-waits) - 1 / waits if waits > 1e-6 else 0.5  # its limit


def log_path(events: float, recorded: float | None = None) -> Cost:
    """Return the cost of reading log files that have so many of the events, among them the hits."""
    number = events if recorded is None else recorded
    low, high = (files(number, each, VOLUME_WRITES) for each in reversed(RECORDS_PER_FILE))
    what = "SQS, reading each log file, evaluating it, ledger, e-mails"
    return Cost("log-files", what, low + alerts(events), high + alerts(events))


def files(records: float, each: int, writes: float = 0) -> float:
    """Return the cost of reading records from log files with so many each, if there are enough records.

    `writes` are the write units by which the calls of a file are counted.
    """
    number = max(min(records, FILES_A_MONTH), records / each)
    work = number * FILE_SECONDS + records * RECORD_SECONDS
    counted = price.WRITES.of(number * writes)
    read = price.READS.of(number) + called(number, work, SCAN_MEMORY, SCAN_LOG_BYTES)
    return _queued(number, 1, 1) + read + counted


def polling() -> float:
    """Return the cost of a month of polling the empty queues."""
    return price.QUEUE_REQUESTS.of(QUEUES * POLLERS * MONTH / POLL_SECONDS)


def called(calls: float, core_seconds: float, memory: int, log_bytes: int) -> float:
    """Return the cost of invocations; a function with less of a core takes proportionally longer."""
    seconds = (calls * CALL_SECONDS + core_seconds) * CORE / memory
    compute = price.COMPUTE.of(seconds * memory / 1024)
    return price.INVOCATIONS.of(calls) + compute + price.LOGS.of(calls * (log_bytes + LINE_OVERHEAD))


def alerts(events: float) -> float:
    """Return the cost of the hits: ledger writes and e-mails."""
    hits = events * HIT_SHARE
    writes = (GROUP_WRITES + SEEN_WRITES) / HITS_PER_MAIL + CLAIM_WRITES[1]
    return price.WRITES.of(hits * writes) + price.MAILS.of(hits / HITS_PER_MAIL)


def ledger_of_hits(hits: float = 1e6) -> Cost:
    """Return the cost of the ledger for hits of one group in batches of 100, and for a group each."""
    each = GROUP_WRITES + SEEN_WRITES
    one_group = each + EXACT * CLAIM_WRITES[0] + hits / 100 * COUNT_WRITES
    what = "the ledger's writes for a million hits, of one group to a group each"
    return Cost("hits", what, price.WRITES.of(one_group), price.WRITES.of(hits * each))


def _detect(events: float, batch: float) -> float:
    return called(events / batch, events * EVENT_SECONDS, MEMORY, DETECT_LOG_BYTES)


def _queued(messages: float, received: float, deleted: float) -> float:
    """Return the cost of SQS: one request sends a message, others receive and delete up to ten."""
    return price.QUEUE_REQUESTS.of(messages * (1 + received + deleted))

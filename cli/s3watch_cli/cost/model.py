"""Models what s3watch and its options cost a month, in US dollars: an estimate, not a bill.

Each cost is a range. At its low end traffic comes in bursts, so that batches are full and log files large; at
its high end it is spread evenly over the month, one event at a time. Durations were measured on a full core
and are scaled to the functions' memory. A test checks the settings against the templates.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from s3watch_cli.cost import prices as price

MONTH = 30 * 86400  # seconds
CORE = 1769  # MB of memory with which Lambda gives one full core

# settings of template.yaml
BATCH, WINDOW = 500, 2  # messages and seconds of Detect
MEMORY, SCAN_MEMORY = 512, 1024  # MB, of Detect and Sweep, of ScanLogs
ALARMS, OWN_METRICS = 39, 24  # approximate; a test counts the alarms
ACCESS_LOG_DAYS = 90
EXACT = 256  # accesses of a group that the ledger claims

# measured by the benchmarks on one core, with the rules and sample events of this repository
EVENT_SECONDS = 25e-6  # parse and evaluate an event from a queue message, without a hit
RECORD_SECONDS = 23e-6  # the same from a log file, including decompression
EVENT_BYTES, RECORD_BYTES = 1_820, 1_600  # an event on the bus; a record, as it goes into CloudWatch Logs
LINE_BYTES = 680  # a line of an access log, over 40 recorded ones
CALL_LOG_BYTES = 1_800  # what one invocation logs: start, report, counts, metrics
# write units of the ledger; a test measures them
GROUP_WRITES = 64  # a group of one hit: opened, sent to three topics, closed
CLAIM_WRITES = (2.1, 10.0)  # each further hit, in a batch of many, alone
COUNT_WRITES = 3  # a batch of hits of a group that has counted 256

# assumed
CALL_SECONDS = 0.002  # overhead of an invocation, on a full core
FILE_SECONDS = 0.05  # fetching a log file
PACKED_BYTES = 180  # a record in a log file; 157 recorded ones of 1,200 bytes are gzipped to 132
RETENTION_MONTHS = 12  # of log files, as TrailRetentionDays says
POLLERS = 5  # Lambda's pollers of a queue at low rates; each fills its own batch
RECEIVED = 10  # most messages that one request to SQS receives
HIT_SHARE, HITS_PER_MAIL = 0.001, 20  # hits per event, hits per group, which is an e-mail
FILES_A_MONTH = MONTH / 300  # a trail writes about every five minutes
RECORDS_PER_FILE = (1_000, 10_000)
LINES_PER_FILE = (50, 1_000)
WRITE_SHARE = 0.2  # requests that create or delete objects, and so cause S3 events
PRESIGNED_SHARE = 0.1
REQUEST_METRICS = 16  # metrics of a bucket; those without data are not charged
CONFIG_RULES, CHANGES = 6, 4  # rules on a bucket; its changes in a month
OBJECTS = 10  # objects or prefixes with metric filters
MANAGEMENT = 100_000  # write management events of an account and Region in a month

BY_DEFAULT = ("trail", "management-events", "events", "log-files", "standing")  # the options that are on


@dataclass(frozen=True, slots=True)
class Cost:
    """The lowest and highest cost of one option in US dollars a month, and what it includes."""

    option: str
    what: str
    low: float
    high: float


def monthly(events: float, buckets: int = 10, management: float = MANAGEMENT) -> list[Cost]:
    """Return the cost of each option for a month with so many data events on so many watched buckets.

    `management` is the number of write management events of the account in the Region.
    """
    return [
        _trail(events),
        _management_events(management),
        _event_path(events),
        _log_path(events),
        _standing(),
        _access_logs(events),
        _s3_events(events),
        _request_metrics(buckets),
        _log_group(events),
        _metric_filters(),
        _contributor_insights(events),
        _config_rules(buckets),
        _guardduty(events),
        _macie(buckets),
    ]


def total(costs: Iterable[Cost], options: Sequence[str]) -> Cost:
    """Return the sum of the costs of some options."""
    low, high = zip(*((cost.low, cost.high) for cost in costs if cost.option in options), strict=True)
    what = "what is on by default: " if options == BY_DEFAULT else ""
    return Cost("total", f"of {what}{', '.join(options)}", sum(low), sum(high))


def _trail(events: float) -> Cost:
    stored = price.STORAGE.of(events * PACKED_BYTES * RETENTION_MONTHS)
    usd = price.DATA_EVENTS.of(events) + stored + price.PUTS.of(min(events, FILES_A_MONTH))
    return Cost("trail", "CloudTrail's data events, and its log files kept for a year", usd, usd)


def _management_events(number: float) -> Cost:
    """Return the cost of TrailAlsoRecords=management: none for the account's first copy of these events."""
    what = f"TrailAlsoRecords=management: {number:,.0f} write management events; free as the first copy"
    return Cost("management-events", what, 0.0, price.MANAGEMENT_EVENTS.of(number))


def _event_path(events: float) -> Cost:
    rate = events / MONTH
    batch = min(BATCH, max(1.0, rate * WINDOW / POLLERS))
    low = _queued(events, RECEIVED, RECEIVED) + _called(events / BATCH, events * EVENT_SECONDS)
    high = _queued(events, 1, min(batch, RECEIVED)) + _called(events / batch, events * EVENT_SECONDS)
    what = "EventBridge, SQS, Detect and its logs, ledger, e-mails"
    return Cost("events", what, low + _alerts(events), high + _alerts(events))


def _log_path(events: float) -> Cost:
    low, high = (_files(events, number) for number in reversed(RECORDS_PER_FILE))
    what = "SQS, reading each log file, evaluating it, ledger, e-mails"
    return Cost("log-files", what, low + _alerts(events), high + _alerts(events))


def _files(records: float, each: int) -> float:
    files = max(min(records, FILES_A_MONTH), records / each)
    work = files * FILE_SECONDS + records * RECORD_SECONDS
    return _queued(files, 1, 1) + price.READS.of(files) + _called(files, work, SCAN_MEMORY)


def _queued(messages: float, received: float, deleted: float) -> float:
    """Return the cost of SQS: one request sends a message, others receive and delete up to ten."""
    return price.QUEUE_REQUESTS.of(messages * (1 + 1 / received + 1 / deleted))


def _called(calls: float, core_seconds: float, memory: int = MEMORY) -> float:
    """Return the cost of invocations; a function with less of a core takes proportionally longer."""
    seconds = (calls * CALL_SECONDS + core_seconds) * CORE / memory
    compute = price.COMPUTE.of(seconds * memory / 1024)
    return price.INVOCATIONS.of(calls) + compute + price.LOGS.of(calls * CALL_LOG_BYTES)


def _alerts(events: float) -> float:
    """Return the cost of the hits: ledger writes and e-mails."""
    hits = events * HIT_SHARE
    writes = GROUP_WRITES / HITS_PER_MAIL + CLAIM_WRITES[1]
    return price.WRITES.of(hits * writes) + price.MAILS.of(hits / HITS_PER_MAIL)


def ledger_of_hits(hits: float = 1e6) -> Cost:
    """Return the cost of the ledger for hits of one group in batches of 100, and for a group each."""
    one_group = GROUP_WRITES + EXACT * CLAIM_WRITES[0] + hits / 100 * COUNT_WRITES
    what = "the ledger's writes for a million hits, of one group to a group each"
    return Cost("hits", what, price.WRITES.of(one_group), price.WRITES.of(hits * GROUP_WRITES))


def _standing() -> Cost:
    """Return the cost without any event; Sweep runs for a tenth of a second each minute."""
    minutes = MONTH / 60
    polls = price.QUEUE_REQUESTS.of(POLLERS * MONTH / 20)  # an empty poll takes 20 seconds
    usd = (
        price.ALARM_MONTHS.of(ALARMS) + price.METRIC_MONTHS.of(OWN_METRICS) + _called(minutes, minutes * 0.1)
    )
    return Cost(
        "standing",
        f"about {ALARMS} alarms and {OWN_METRICS} metrics, Sweep, polling an empty queue",
        usd,
        usd + polls,
    )


def _access_logs(events: float) -> Cost:
    stored = price.STORAGE.of(events * LINE_BYTES * ACCESS_LOG_DAYS / 30)
    low, high = (_files(events, number) for number in reversed(LINES_PER_FILE))
    return Cost(
        "access-logs", f"lines kept for {ACCESS_LOG_DAYS} days, and reading them", stored + low, stored + high
    )


def _s3_events(events: float) -> Cost:
    usd = price.S3_EVENTS.of(events * WRITE_SHARE)
    return Cost("s3-events", "EventBridge notifications, each object created or deleted", 0.0, usd)


def _request_metrics(buckets: int) -> Cost:
    alarms = price.ALARM_MONTHS.of(2 * buckets)
    what = f"{REQUEST_METRICS} metrics and 2 alarms for each of {buckets} buckets"
    return Cost("request-metrics", what, alarms, alarms + price.METRIC_MONTHS.of(REQUEST_METRICS * buckets))


def _log_group(events: float) -> Cost:
    bytes_in = events * RECORD_BYTES
    usd = price.LOGS.of(bytes_in) + price.LOG_STORAGE.of(bytes_in / 7)  # compressed to a seventh
    return Cost("log-group", "the trail's events in CloudWatch Logs, kept for a month", usd, usd)


def _metric_filters() -> Cost:
    metrics = 2 * OBJECTS + 1
    usd = price.METRIC_MONTHS.of(metrics) + price.ALARM_MONTHS.of(metrics + 2) + price.DASHBOARD_MONTHS.of(1)
    what = f"metrics and alarms of {OBJECTS} objects, presigned with its anomaly alarm, a dashboard"
    return Cost("metric-filters", what, usd, usd)


def _contributor_insights(events: float) -> Cost:
    usd = price.INSIGHT_RULES.of(1) + price.INSIGHT_MATCHES.of(events * PRESIGNED_SHARE)
    return Cost("contributor-insights", "presigned reads by user, one in ten events", usd, usd)


def _config_rules(buckets: int) -> Cost:
    usd = price.RULE_EVALUATIONS.of(CONFIG_RULES * CHANGES * buckets)
    what = (
        f"{CONFIG_RULES} rules, {CHANGES} changes a month of each of {buckets} buckets; the recorder is yours"
    )
    return Cost("config-rules", what, usd, usd)


def _guardduty(events: float) -> Cost:
    first = min(events, 5e8)
    usd = price.GUARDDUTY_EVENTS.of(first) + price.GUARDDUTY_EVENTS.of(events - first) / 2
    return Cost("guardduty", "outside s3watch: S3 protection", usd, usd)


def _macie(buckets: int) -> Cost:
    usd = price.MACIE_BUCKETS.of(buckets)
    return Cost(
        "macie", f"outside s3watch: {buckets} buckets looked at; inspecting objects comes on top", usd, usd
    )


EVENTS = (
    f"costs up to {price.S3_EVENTS.usd:.2f} USD for a million objects created or deleted (check: some pages"
    " call these events free)"
)
ACCESS_LOGS = (
    f"costs storage: about {price.STORAGE.of(1e6 * LINE_BYTES * ACCESS_LOG_DAYS / 30):.2f} USD a month for a"
    f" million requests a month, kept for {ACCESS_LOG_DAYS} days"
)
METRICS = (
    f"costs up to {price.METRIC_MONTHS.of(REQUEST_METRICS):.2f} USD a month: {REQUEST_METRICS} metrics of"
    f" {price.METRIC_MONTHS.usd:.2f}, those without data free"
)
LOG_FILES = (
    f"costs about {_files(1e6, RECORDS_PER_FILE[0]):.2f} USD for a million records; see `s3watch cost`"
)


def per_million(events: float) -> Iterator[Cost]:
    """Yield the cost of a million events on each of the two paths, without CloudTrail, in such a month."""
    for cost in (_event_path(events), _log_path(events)):
        yield Cost(cost.option, cost.what, cost.low * 1e6 / events, cost.high * 1e6 / events)


def assumptions() -> Iterator[tuple[str, str, str]]:
    """Yield the assumptions of the model: what, how much, and the source."""
    yield "settings of Detect", f"batches of {BATCH} in {WINDOW} s, {MEMORY} MB, arm64", "template.yaml"
    yield "settings of ScanLogs", f"a file at a time, {SCAN_MEMORY} MB, arm64", "template.yaml"
    yield "evaluating an event from the queue", f"{EVENT_SECONDS * 1e6:.0f} us of a full core", "measured"
    yield "evaluating a record of a log file", f"{RECORD_SECONDS * 1e6:.0f} us of a full core", "measured"
    yield "the overhead of an invocation", f"{CALL_SECONDS * 1e3:.0f} ms of a full core", "assumed"
    yield "fetching a log file", f"{FILE_SECONDS * 1e3:.0f} ms of a full core", "assumed"
    yield "an event on the bus", f"{EVENT_BYTES:,} bytes", "measured over events/"
    yield "a record in CloudWatch Logs", f"{RECORD_BYTES:,} bytes", "measured over events/"
    yield "a record in a gzipped log file", f"{PACKED_BYTES} bytes", "assumed"
    yield "a line of an access log", f"{LINE_BYTES} bytes", "measured over 40 recorded ones"
    yield "what one invocation logs", f"{CALL_LOG_BYTES:,} bytes", "assumed"
    yield (
        "records in a log file",
        "{:,} to {:,}, a file every five minutes at least".format(*RECORDS_PER_FILE),
        "assumed",
    )
    yield "lines in an access-log file", "{:,} to {:,}".format(*LINES_PER_FILE), "assumed"
    yield "messages that SQS delivers at once", f"1 to {RECEIVED}", "assumed"
    yield "events that are hits", f"1 in {1 / HIT_SHARE:,.0f}; {HITS_PER_MAIL} to an e-mail", "assumed"
    yield "a group of one hit in the ledger", f"{GROUP_WRITES} write units, its messages included", "measured"
    yield "a further hit", "{:.1f} to {:.1f} write units".format(*CLAIM_WRITES), "measured"
    yield f"a batch past {EXACT} hits", f"{COUNT_WRITES} write units", "measured"
    yield "write management events", f"{MANAGEMENT:,} a month; `--management-events` says how many", "assumed"
    yield "requests that create or delete", f"1 in {1 / WRITE_SHARE:.0f}", "assumed"
    yield "requests that are presigned", f"1 in {1 / PRESIGNED_SHARE:.0f}", "assumed"

"""Models what s3watch and its options cost a month, in US dollars: an estimate, not a bill.

Each cost is a range, as in `paths`, which has the costs of an event. A test checks the settings against the
templates.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from s3watch_cli.cost import prices as price
from s3watch_cli.cost.paths import (
    FILES_A_MONTH,
    MEMORY,
    MONTH,
    QUEUES,
    RECORDS_PER_FILE,
    Cost,
    called,
    event_path,
    files,
    log_path,
    polling,
)

# settings of template.yaml
ALARMS = 40  # approximate; a test counts the alarms
OWN_METRICS = (6, 24)  # always, at most: hours without a number are free
ACCESS_LOG_DAYS = 90
SWEEP_LOG_BYTES, HOURLY_LOG_BYTES = 300, 500

# measured over the sample events of this repository
EVENT_BYTES, RECORD_BYTES = 1_820, 1_600  # an event on the bus; a record, as it goes into CloudWatch Logs
LINE_BYTES = 680  # a line of an access log, over 40 recorded ones

# assumed
PACKED_BYTES = 180  # a record in a log file; 157 recorded ones of 1,200 bytes are gzipped to 132
RETENTION_MONTHS = 12  # of log files, as TrailRetentionDays says
LINES_PER_FILE = (50, 1_000)
WRITE_SHARE = 0.2  # requests that create or delete objects, and so cause S3 events
PRESIGNED_SHARE = 0.1
REQUEST_METRICS = 16  # metrics of a bucket; those without data are not charged
CONFIG_RULES, CHANGES = 6, 4  # rules on a bucket; its changes in a month
OBJECTS = 10  # objects or prefixes with metric filters
MANAGEMENT = 100_000  # write management events of an account and Region in a month

BY_DEFAULT = ("trail", "management-events", "events", "log-files", "standing")  # the options that are on


def monthly(events: float, buckets: int = 10, management: float = MANAGEMENT) -> list[Cost]:
    """Return the cost of each option for a month with so many data events on so many watched buckets.

    `management` is the number of write management events of the account in the Region.
    """
    return [
        trail(events),
        _management_events(management),
        event_path(events),
        log_path(events),
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


def trail(events: float) -> Cost:
    """Return the cost of CloudTrail's own, for as many events as it records."""
    stored = price.STORAGE.of(events * PACKED_BYTES * RETENTION_MONTHS)
    usd = price.DATA_EVENTS.of(events) + stored + price.PUTS.of(min(events, FILES_A_MONTH))
    return Cost("trail", "CloudTrail's data events, and its log files kept for a year", usd, usd)


def _management_events(number: float) -> Cost:
    """Return the cost of TrailAlsoRecords=management: none for the account's first copy of these events."""
    what = f"TrailAlsoRecords=management: {number:,.0f} write management events; free as the first copy"
    return Cost("management-events", what, 0.0, price.MANAGEMENT_EVENTS.of(number))


def _standing() -> Cost:
    """Return the cost without any event; Sweep runs for a tenth of a second each minute.

    The canary and CheckHealth run each hour, for two seconds together.
    """
    minutes = MONTH / 60
    sweep = called(minutes, minutes * 0.1, MEMORY, SWEEP_LOG_BYTES)
    hours = MONTH / 3600
    canary = price.DATA_EVENTS.of(hours) + price.READS.of(hours) + event_path(hours).high
    hourly = called(2 * hours, 2 * hours, MEMORY, HOURLY_LOG_BYTES) + canary
    fixed = price.ALARM_MONTHS.of(ALARMS) + sweep + hourly + polling()
    low, high = (fixed + price.METRIC_MONTHS.of(number) for number in OWN_METRICS)
    metrics = "{} to {} metrics".format(*OWN_METRICS)
    clocked = "Sweep, CheckHealth, the canary"
    what = f"about {ALARMS} alarms and {metrics}, {clocked}, polling {QUEUES} empty queues"
    return Cost("standing", what, low, high)


def _access_logs(events: float) -> Cost:
    stored = price.STORAGE.of(events * LINE_BYTES * ACCESS_LOG_DAYS / 30)
    low, high = (files(events, number) for number in reversed(LINES_PER_FILE))
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
LOG_FILES = f"costs about {files(1e6, RECORDS_PER_FILE[0]):.2f} USD for a million records; see `s3watch cost`"


def per_million(events: float) -> Iterator[Cost]:
    """Yield the cost of a million events on each of the two paths, without CloudTrail, in such a month."""
    for cost in (event_path(events), log_path(events)):
        yield Cost(cost.option, cost.what, cost.low * 1e6 / events, cost.high * 1e6 / events)

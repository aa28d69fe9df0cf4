"""What attach is asked for, as settings that are to be true; what they stand on is looked at first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from s3watch.errors import RefusedError

from s3watch_cli.attach.bucket_settings import Setting, unfit_for_access_logs
from s3watch_cli.attach.calls import LOGGING, METRICS, METRICS_ID, NOTIFICATIONS, SUBSCRIPTIONS, Account, Kind
from s3watch_cli.cost import model

LOG_FILE = ".json.gz"  # what a trail writes; under any prefix, because a trail may have one of its own


@dataclass(frozen=True, slots=True)
class Options:
    """What is asked for; an empty name is the one that the stack gives."""

    access_logs: bool = False
    events: bool = False
    metrics: bool = False
    log_bucket: str = ""
    trail_bucket: str = ""
    trail: str = ""
    queue: str = ""
    stack: str = "s3watch"
    replace_logging: bool = False


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be true of a setting at a bucket or topic, and what that costs."""

    place: str
    kind: Kind
    value: Setting
    price: str


def access_log_bucket(stack: str, account: str, region: str) -> str:
    """The name of the bucket for access logs that template.yaml makes."""
    return f"{stack}-access-logs-{account}-{region}"


def log_file_queue(stack: str, account: Account) -> str:
    """The ARN of the queue of log files that template.yaml makes."""
    return f"arn:{account.partition}:sqs:{account.region}:{account.id}:{stack}-log-files"


def wishes(account: Account, bucket: str, options: Options) -> Iterator[Wish]:
    """What is to be true of a watched bucket. Raises RefusedError."""
    account.check_bucket(bucket)
    if options.events:
        yield Wish(bucket, NOTIFICATIONS, {"EventBridgeConfiguration": {}}, model.EVENTS)
    if options.access_logs:
        yield Wish(bucket, LOGGING, _logging(account, bucket, options), model.ACCESS_LOGS)
    if options.metrics:
        yield Wish(bucket, METRICS, {"MetricsConfiguration": {"Id": METRICS_ID}}, model.METRICS)


def _log_bucket(account: Account, options: Options) -> str:
    return options.log_bucket or access_log_bucket(options.stack, account.id, account.region)


def _logging(account: Account, bucket: str, options: Options) -> Setting:
    target = _log_bucket(account, options)
    if target == bucket:
        raise RefusedError(
            f"{bucket}: would log into itself, and each log is a request to log; name another one"
        )
    return {
        "LoggingEnabled": {
            "TargetBucket": target,
            "TargetPrefix": "",
            "TargetObjectKeyFormat": {"PartitionedPrefix": {"PartitionDateSource": "EventTime"}},
        }
    }


def check_log_bucket(account: Account, options: Options) -> None:
    """Raise RefusedError where S3 could not write access logs."""
    bucket = _log_bucket(account, options)
    try:
        account.check_bucket(bucket)
    except RefusedError as error:
        raise RefusedError(
            f"{error}; access logs go there: deploy with AccessLogDays=90, or name it with --log-bucket"
        ) from error
    if reasons := list(unfit_for_access_logs(account.log_bucket_facts(bucket))):
        raise RefusedError("\n".join(f"{bucket}: {reason}" for reason in reasons))


def trail_wishes(account: Account, options: Options) -> Iterator[Wish]:
    """What is to be true of an existing trail's bucket or topic. Raises RefusedError."""
    queue = options.queue or log_file_queue(options.stack, account)
    if options.trail_bucket:
        account.check_bucket(options.trail_bucket)
        told = {
            "Id": f"{options.stack}-log-files",
            "QueueArn": queue,
            "Events": ["s3:ObjectCreated:*"],
            "Filter": {"Key": {"FilterRules": [{"Name": "suffix", "Value": LOG_FILE}]}},
        }
        yield Wish(options.trail_bucket, NOTIFICATIONS, {"QueueConfigurations": [told]}, model.LOG_FILES)
    if options.trail:
        topic = account.topic_of_trail(options.trail)
        yield Wish(topic, SUBSCRIPTIONS, {"Queues": [queue]}, model.LOG_FILES)
